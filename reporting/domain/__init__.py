"""Figures, and how they add up. Pure Python: no Django, no I/O, no clock."""
