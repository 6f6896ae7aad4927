"""SLA simulations in progress. Figures themselves are not in Django's database."""

from reporting.models.simulation import Simulation

__all__ = ["Simulation"]
