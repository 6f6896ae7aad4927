"""Email of customers: received, read, and added to its ticket. The contract is in docs/email.md.

incoming/       a message from its arrival to its outcome
fetching/       mailboxes on their IMAP servers
storage/        the bytes of messages as they came
replies/        email that goes to customers
participation/  who takes part in a ticket beside its customer
development/    the customer's side, on a developer's machine
suspended.py    what a person has to decide
mailboxes.py    the desk's addresses, and what it signs
"""
