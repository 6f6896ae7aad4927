"""What a customer and a vehicle are. Pure Python: no Django, no I/O."""
