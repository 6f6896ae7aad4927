"""SLA simulations in progress, and televisions. Figures themselves are not in Django's database."""

from reporting.models.simulation import Simulation
from reporting.models.television import Television

__all__ = ["Simulation", "Television"]
