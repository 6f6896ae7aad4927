"""The audit record's gauge of /metrics."""

from collections.abc import Iterator

from django.db.models import Min
from prometheus_client.core import GaugeMetricFamily, Metric

from helpdesk.audit.models import QueuedEntry
from helpdesk.clock import this_second


def gauges() -> Iterator[Metric]:
    """Yield how long the oldest entry of the queue has waited. One SQL query."""
    oldest = QueuedEntry.objects.filter(delivered_at=None).aggregate(at=Min("at"))["at"]
    yield GaugeMetricFamily(
        "helpdesk_audit_queue_age_seconds",
        "How long the oldest entry waits for the audit record; 0 if there is none.",
        (this_second() - oldest).total_seconds() if oldest else 0.0,
    )
