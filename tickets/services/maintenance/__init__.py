"""Import, verification, and the upkeep of indexes and of the desk."""
