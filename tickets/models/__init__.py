"""Configuration of the desk's promises, in Django's database, and the admin's name for a ticket."""

from tickets.models.policy import Calendar, Policy, PolicyVersion
from tickets.models.replan import Replan
from tickets.models.rule import EscalationRule
from tickets.models.ticket import Ticket

__all__ = ["Calendar", "EscalationRule", "Policy", "PolicyVersion", "Replan", "Ticket"]
