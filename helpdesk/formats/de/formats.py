"""See helpdesk/formats."""

from helpdesk.formats.dates import DATE_FORMAT, DATETIME_FORMAT

__all__ = ["DATETIME_FORMAT", "DATE_FORMAT"]
