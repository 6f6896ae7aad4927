"""What can be asked of the figures, and how they come about."""
