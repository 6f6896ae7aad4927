"""People: users, groups, and what each may do. Knows no ticket."""
