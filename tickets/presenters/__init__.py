"""How tickets are shown, to pages and admin alike: labels, choices, lines of lists and logs."""
