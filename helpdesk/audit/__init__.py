"""The audit record: who did what, and when. Nobody changes or deletes an entry.

acting.py    who acts: the user of the request, a command, or the desk itself
audited.py   the base of models whose changes are recorded
record.py    put an entry into the queue, in the transaction of what it records
models.py    the queue in SQL; the entries as the admin sees them
chain.py     an entry's hash, which holds the one before it
store.py     the entries in DynamoDB, with their keys and queries
deliver.py   append entries from the queue, each once and in order
verify.py    find gaps and changes
words.py     what kinds and actions are called
admin.py     search and export, for supervisors

Why so: docs/decisions/0068-the-audit-record.md.
"""
