"""A message from its arrival to its outcome.

receive.py   a raw message is stored and recorded; then processed
process.py   the outcome of a recorded message
outcomes.py  each outcome, written in one transaction
matching.py  which ticket it belongs to, and who writes
messages.py  the message as a line of a ticket's log
limits.py    limits that end mail loops
bounces.py   reports about mails of ours
"""
