"""The SLA clock of SLA.md.

policy.py       policy snapshots: targets under a calendar
timeline.py     what happened to a ticket, and the state it is in
clock.py        both clocks at an instant: elapsed, deadlines, breaches
milestones.py   what escalation waits for
sla_status.py   on track, at risk, overdue, waiting, met, breached: from what a ticket stores
explain.py      why a deadline is what it is, stretch by stretch
scenario.py     made-up timelines as JSON
"""
