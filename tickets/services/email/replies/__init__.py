"""Email that goes to customers: to whom, from which mailbox, and how it threads."""
