"""Configuration in Django's database, the search index, and the admin's models of a ticket."""

from tickets.models.attention import Attention, MutedKind, UnreadSince
from tickets.models.data_version import DataVersion
from tickets.models.mailbox import BlockedSender, Mailbox
from tickets.models.policy import Calendar, Policy, PolicyVersion
from tickets.models.recalculation import Recalculation
from tickets.models.retention import RetentionRule, RetentionRun
from tickets.models.routing import RoutingRule
from tickets.models.rule import EscalationRule
from tickets.models.search import Entry, EntryField, EntryTag
from tickets.models.template import TicketTemplate
from tickets.models.ticket import Communication, Escalation, Tag, Ticket
from tickets.models.webhook import Webhook
from tickets.models.workspace import Bulk, CannedReply, CustomerJob, SavedView

__all__ = [
    "Attention",
    "BlockedSender",
    "Bulk",
    "Calendar",
    "CannedReply",
    "Communication",
    "CustomerJob",
    "DataVersion",
    "Entry",
    "EntryField",
    "EntryTag",
    "Escalation",
    "EscalationRule",
    "Mailbox",
    "MutedKind",
    "Policy",
    "PolicyVersion",
    "Recalculation",
    "RetentionRule",
    "RetentionRun",
    "RoutingRule",
    "SavedView",
    "Tag",
    "Ticket",
    "TicketTemplate",
    "UnreadSince",
    "Webhook",
]
