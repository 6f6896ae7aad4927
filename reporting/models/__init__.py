"""SLA simulations in progress. Figures themselves are not in Django's database."""

from reporting.models.what_if import WhatIf

__all__ = ["WhatIf"]
