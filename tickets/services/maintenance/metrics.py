"""How tickets and the outbox are right now, as gauges of /metrics."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily

from helpdesk.accounts.actors import SYSTEM
from tickets.services.lists.counts import snapshot
from tickets.services.maintenance.health import pulse


def gauges() -> Iterator[GaugeMetricFamily]:
    """Yield the gauges. Cost: as `pulse` and `snapshot`. Raises where an engine is away."""
    found = pulse(by=SYSTEM)
    oldest = found.oldest_event_age.total_seconds() if found.oldest_event_age else 0.0
    yield GaugeMetricFamily(
        "helpdesk_outbox_oldest_seconds",
        "Age of the oldest unprocessed event; 0 if there is none.",
        oldest,
    )
    yield GaugeMetricFamily(
        "helpdesk_outbox_failed_events",
        "Events that a consumer failed to process. Retried at least every hour.",
        found.failed_events,
    )
    if found.since_sweep is not None:
        yield GaugeMetricFamily(
            "helpdesk_sweep_age_seconds",
            "Seconds since the last sweep.",
            found.since_sweep.total_seconds(),
        )
    standing = snapshot(by=SYSTEM).all
    tickets = GaugeMetricFamily(
        "helpdesk_tickets", "Active tickets by SLA status.", labels=["standing"]
    )
    for name in ("active", "at_risk", "overdue", "waiting", "unassigned", "escalated"):
        tickets.add_metric([name], float(getattr(standing, name)))
    yield tickets
