"""Pages that need customers and vehicles alone; with their tickets: tickets/web/about.py."""
