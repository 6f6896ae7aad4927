"""Simulations, reports that people keep or get by mail, televisions. Figures are not in Django's
database."""

from reporting.models.saved_report import LastReport, SavedReport
from reporting.models.scheduled_report import ScheduledReport
from reporting.models.simulation import Simulation
from reporting.models.television import Television

__all__ = ["LastReport", "SavedReport", "ScheduledReport", "Simulation", "Television"]
