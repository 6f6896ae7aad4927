"""Which release of the reader this is."""

READER = 1
"""Raise it with whatever makes mail readable that was not: what an earlier release could not read
is then tried again, once."""
