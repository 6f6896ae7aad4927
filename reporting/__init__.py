"""Figures about the desk's work. Reads what tickets and customers publish."""
