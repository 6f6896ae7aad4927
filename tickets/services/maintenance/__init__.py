"""Import, verification, and what keeps indexes and the desk in order."""
