"""Who takes part in a ticket by email beside its customer."""
