"""Pages about customers and vehicles only; those with tickets are in
tickets/web/customer_detail.py."""
