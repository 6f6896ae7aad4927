"""Operations of migrations that could disturb the release before, and why they do not.

tests/release holds every migration since that release against this list.
"""

REVIEWED = {
    "accounts.0007_addresses_in_one_form: Raw Python operation": (
        "rewrites accounts with an odd address, one by one"
    ),
    "tickets.0009_rules_since_and_replans: Raw Python operation": "changes a few rules",
    "tickets.0009_rules_since_and_replans: Create constraint one_target on model escalationrule": (
        "until the new release serves, save no escalation rule that names a person and a team"
    ),
    "tickets.0010_words_as_they_are_split: Raw Python operation": "does something on SQLite only",
    "tickets.0013_bulk_key: Add field key to bulk": "a small table: changes of many tickets",
    "tickets.0023_data_version: Raw Python operation": "writes a row into a table that is new",
    "tickets.0036_unread_since: Raw Python operation": "writes a row into a table that is new",
}
