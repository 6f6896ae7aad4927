"""Who works a ticket: assigning, handing over, and how much everybody has."""
