"""Who works a ticket: assignment, hand-over, workload."""
