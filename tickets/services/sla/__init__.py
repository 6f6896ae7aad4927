"""SLA policies, escalation rules, recalculation, and how a deadline is calculated."""
