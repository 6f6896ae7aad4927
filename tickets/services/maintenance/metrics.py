"""Gauges of /metrics for tickets, the outbox and the mailboxes."""

from collections.abc import Iterator
from math import inf

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from helpdesk.accounts.actors import SYSTEM
from tickets.services.lifecycle import escalation_counts
from tickets.services.lists.counts import snapshot
from tickets.services.maintenance.health import milestone_lag, pulse
from tickets.services.maintenance.mail_health import (
    MOST_COUNTED,
    greatest_delay,
    mail_ages,
    mail_counts,
    mailbox_health,
)


def gauges() -> Iterator[Metric]:
    """Yield the gauges, and the counter of escalations. Raises if an engine is away.

    Cost: that of `pulse`, `milestone_lag`, `by_rule`, `snapshot`, and the mail's.
    """
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
    if (lag := milestone_lag(by=SYSTEM)) is not None:
        yield GaugeMetricFamily(
            "helpdesk_milestone_lag_seconds",
            "How late the last sweep found the earliest milestone; 0 if none was due.",
            lag.total_seconds(),
        )
    ages = GaugeMetricFamily(
        "helpdesk_outbox_consumer_age_seconds",
        "Age of the oldest event that a consumer has yet to handle; 0 if there is none.",
        labels=["consumer"],
    )
    for consumer, age in found.consumer_ages.items():
        ages.add_metric([consumer], age.total_seconds())
    yield ages
    escalations = CounterMetricFamily(
        "helpdesk_escalations", "Escalations by the rule that fired.", labels=["rule"]
    )
    for rule, count in escalation_counts.by_rule().items():
        escalations.add_metric([rule], count)
    yield escalations
    counts = snapshot(by=SYSTEM).all
    tickets = GaugeMetricFamily(
        "helpdesk_tickets", "Active tickets by SLA status.", labels=["standing"]
    )
    for name in ("active", "at_risk", "overdue", "waiting", "unassigned", "escalated"):
        tickets.add_metric([name], float(getattr(counts, name)))
    yield tickets
    yield from _mail_gauges()


def _mail_gauges() -> Iterator[Metric]:
    """Yield the gauges of the email channel.

    Cost: that of `mailbox_health`, `greatest_delay`, `mail_counts` and `mail_ages`.
    """
    age = GaugeMetricFamily(
        "helpdesk_mailbox_fetch_age_seconds",
        "Seconds since a mailbox was last fetched; +Inf if it never was.",
        labels=["mailbox"],
    )
    failures = GaugeMetricFamily(
        "helpdesk_mailbox_fetch_failures", "Failed fetches in a row.", labels=["mailbox"]
    )
    left_out = GaugeMetricFamily(
        "helpdesk_mailbox_messages_left_out",
        "Messages on the mail server that could not be fetched. Retried every hour.",
        labels=["mailbox"],
    )
    token = GaugeMetricFamily(
        "helpdesk_mailbox_token_seconds",
        "Seconds until the newest webhook token of a mailbox expires; negative if it has.",
        labels=["mailbox"],
    )
    for mailbox in mailbox_health(by=SYSTEM):
        if mailbox.is_fetched:
            since = mailbox.since_fetch
            age.add_metric([mailbox.name], since.total_seconds() if since is not None else inf)
            failures.add_metric([mailbox.name], mailbox.failures)
            left_out.add_metric([mailbox.name], mailbox.left_out)
        if mailbox.token_left is not None:
            token.add_metric([mailbox.name], mailbox.token_left.total_seconds())
    yield from (age, failures, left_out, token)
    yield GaugeMetricFamily(
        "helpdesk_email_delay_seconds",
        "Longest time from reaching the mailbox to being recorded, of the last hour's emails.",
        greatest_delay(by=SYSTEM).total_seconds(),
    )
    counts = mail_counts(by=SYSTEM)
    emails = GaugeMetricFamily(
        "helpdesk_emails_waiting",
        f"Emails by what they wait for; {MOST_COUNTED} means {MOST_COUNTED} or more.",
        labels=["state"],
    )
    for name in ("stored", "suspended", "parked", "undelivered"):
        emails.add_metric([name], getattr(counts, name))
    yield emails
    waits = GaugeMetricFamily(
        "helpdesk_email_age_seconds",
        "Age of the oldest email of each list; due: how long an outgoing one has been due.",
        labels=["state"],
    )
    for state, waited in mail_ages(by=SYSTEM).items():
        waits.add_metric([state], waited.total_seconds())
    yield waits
