"""Who the tickets are about: customers and their vehicles. Knows nothing of tickets."""
