"""Lists of tickets: filters, search, saved views, counts, and bulk changes."""
