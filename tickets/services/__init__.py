"""Use cases of tickets, a folder for each capability. Only services write.

lifecycle/         from a new ticket to a closed one: create, change, status, escalate, merge
assignment/        who works a ticket: assign, hand over, workload
conversation/      replies and notes, attachments, canned replies
email/             incoming mail: received, matched, suspended, bounced; participants; IMAP
sla/               policies, escalation rules, recalculation, how a deadline is calculated
lists/             filters, search, saved views, counts, one change to many tickets
customer_records/  a customer with their tickets: detail, merge, erasure, export of their data
delivery/          the outbox and its consumers: notifications, e-mail, webhooks, open pages
maintenance/       import, verification, health

read.py            one ticket with everything that its page shows
"""
