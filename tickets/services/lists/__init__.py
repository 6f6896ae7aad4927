"""Lists of tickets: filters, search, saved views, counts, and one change to many."""
