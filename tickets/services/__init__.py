"""What can be done with tickets: one verb a module, and the only writers of the table.

change.py        the one way a ticket changes: read, decide, write under its version
create.py        open a ticket
communicate.py   answer, note, record what the customer wrote
assign.py        assign and unassign
status.py        the workflow, waiting and resuming
edit.py          subject, description, category, priority, vehicle, tags
escalate.py      the sweep, and escalation by hand
outbox.py        pass on what happened
read.py          queues and the ticket page
promises.py      which terms and rules a ticket runs under
"""
