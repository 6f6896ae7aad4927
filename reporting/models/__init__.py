"""What Django's database keeps of reports: questions that are being worked out. No figures."""

from reporting.models.what_if import WhatIf

__all__ = ["WhatIf"]
