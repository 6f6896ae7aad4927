"""Pages that need customers and vehicles alone; with tickets: tickets/web/customer_detail.py."""
