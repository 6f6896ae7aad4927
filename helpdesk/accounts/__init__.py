"""Users, groups and permissions. Knows nothing of tickets."""
