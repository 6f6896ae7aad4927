"""The SLA clock of SLA.md.

policy.py       policy snapshots: targets under a calendar
timeline.py     the events of a ticket's clocks, and the state that follows
clock.py        the clocks at an instant: elapsed, deadlines, breaches
milestones.py   instants at which escalation rules fire
sla_status.py   on track, at risk, overdue, waiting, met, breached: from stored deadlines
explain.py      how a deadline is calculated, stretch by stretch
scenario.py     hypothetical timelines as JSON
"""
