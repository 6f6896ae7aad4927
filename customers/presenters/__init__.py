"""How customers, vehicles and custom fields are shown."""
