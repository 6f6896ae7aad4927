"""A customer with their tickets: detail, merge, erasure, export of their data."""
