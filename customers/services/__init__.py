"""Use cases of customers and vehicles. Only services write."""
