"""How tickets are shown on pages and in the admin: labels, choices, rows of lists, log entries."""
