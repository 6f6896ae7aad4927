"""Incoming email: received, read, and added to its ticket. The contract is in docs/email.md.

receive.py       a raw message is stored and recorded; then processed
process.py       the outcome of a recorded message
outcomes.py      each outcome, written in one transaction
matching.py      which ticket it belongs to, and who writes
messages.py      the message as a line of a ticket's log
limits.py        limits that end mail loops
bounces.py       reports about mails of ours
suspended.py     what a person has to decide
mailboxes.py     the desk's addresses, and what it signs
raw_messages.py  the original bytes
unrecorded.py    originals that a crash left without a record
"""
