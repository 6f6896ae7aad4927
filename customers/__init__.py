"""Customers and their vehicles. Knows nothing of tickets."""
