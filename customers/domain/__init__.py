"""Rules of customers and vehicles. Pure Python: no Django, no I/O."""
