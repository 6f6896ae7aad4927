"""From a new ticket to a closed one: creation, changes, status, escalation, links and merges."""
