"""The supervisors' admin: tickets, SLA policies and escalation rules."""

from tickets.admin import paths  # noqa: F401 (says what can be asked)
from tickets.admin.accounts import TicketHolderAdmin
from tickets.admin.calendar import CalendarAdmin
from tickets.admin.capacity import PersonAdmin
from tickets.admin.custom_fields import CustomFieldAdmin
from tickets.admin.logs import CommunicationAdmin, EscalationAdmin
from tickets.admin.mailbox import BlockedSenderAdmin, MailboxAdmin
from tickets.admin.policy import PolicyAdmin, PolicyVersionAdmin
from tickets.admin.retention import RetentionRuleAdmin, RetentionRunAdmin
from tickets.admin.rule import EscalationRuleAdmin, RecalculationAdmin
from tickets.admin.ticket import TicketAdmin
from tickets.admin.webhook import WebhookAdmin
from tickets.admin.workspace import (
    AbsenceAdmin,
    CannedReplyAdmin,
    RoutingRuleAdmin,
    SavedViewAdmin,
    TeamAdmin,
    TicketTemplateAdmin,
)

__all__ = [
    "AbsenceAdmin",
    "BlockedSenderAdmin",
    "CalendarAdmin",
    "CannedReplyAdmin",
    "CommunicationAdmin",
    "CustomFieldAdmin",
    "EscalationAdmin",
    "EscalationRuleAdmin",
    "MailboxAdmin",
    "PersonAdmin",
    "PolicyAdmin",
    "PolicyVersionAdmin",
    "RecalculationAdmin",
    "RetentionRuleAdmin",
    "RetentionRunAdmin",
    "RoutingRuleAdmin",
    "SavedViewAdmin",
    "TeamAdmin",
    "TicketAdmin",
    "TicketHolderAdmin",
    "TicketTemplateAdmin",
    "WebhookAdmin",
]
