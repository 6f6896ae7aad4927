"""The supervisors' admin: tickets, and the configuration of promises and escalation."""

from tickets.admin.policy import CalendarAdmin, PolicyAdmin, PolicyVersionAdmin
from tickets.admin.rule import EscalationRuleAdmin, ReplanAdmin
from tickets.admin.ticket import TicketAdmin

__all__ = [
    "CalendarAdmin",
    "EscalationRuleAdmin",
    "PolicyAdmin",
    "PolicyVersionAdmin",
    "ReplanAdmin",
    "TicketAdmin",
]
