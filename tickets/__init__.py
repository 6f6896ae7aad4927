"""Tickets: the desk's work, its SLA clock, escalation, and the log of every interaction.

domain/     workflow, calendars, the SLA clock, milestones: pure
store/      the table: every key, index and query
services/   the verbs: create, assign, communicate, change status, escalate; the only writers
web/        pages and HTMX fragments
"""
