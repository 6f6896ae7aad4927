"""The lifecycle of a ticket: creation, changes, status, escalation, links and merges."""
