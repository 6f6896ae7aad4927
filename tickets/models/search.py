"""The search index: derived from the tickets, and rebuilt at any time.

The full text itself is in a table of the database's own kind: tickets/store/fulltext.
"""

from django.db import models
from django.db.models import Q

MOST_TEXT = 60
FAR = 10**11
"""Seconds: beyond every instant that a ticket can have."""


class Entry(models.Model):
    """The attributes that lists filter and sort by. Instants are seconds since 1970."""

    number = models.BigIntegerField(primary_key=True)
    version = models.BigIntegerField()
    text_version = models.BigIntegerField(default=0)
    active = models.BooleanField()
    status = models.CharField(max_length=20)
    priority = models.CharField(max_length=20)
    category = models.CharField(max_length=20)
    assignee = models.CharField(max_length=40, blank=True)
    team = models.CharField(max_length=40, blank=True)
    customer = models.CharField(max_length=MOST_TEXT)
    vehicle = models.CharField(max_length=MOST_TEXT, blank=True)
    channel = models.CharField(max_length=10, blank=True, default="", db_default="")
    level = models.PositiveSmallIntegerField()
    waiting = models.BooleanField()
    created = models.BigIntegerField()
    updated = models.BigIntegerField()
    urgency = models.BigIntegerField()  # active: by deadline; after them the done, latest first
    due_at = models.BigIntegerField(null=True)
    risk_at = models.BigIntegerField(null=True)
    # How the clocks ended, for a customer's SLA attainment. None: not yet, or a merged duplicate's
    response_met = models.BooleanField(null=True)
    resolution_met = models.BooleanField(null=True)
    needs_reply = models.BigIntegerField(default=FAR, db_default=FAR)  # FAR: it needs none
    last_message = models.BigIntegerField(default=0, db_default=0)  # 0: not known

    class Meta:
        # A list has one value of a column, in one order. An index that has both is read from its
        # beginning; without it, all that have the value are read and sorted. By the last change
        # no column has one: it would be written with each change.
        indexes = [
            *(
                models.Index(fields=[column, "created", "number"], name=f"entry_{column}_created")
                for column in ("status", "assignee", "team", "category", "priority", "channel")
            ),
            models.Index(fields=["urgency", "number"], name="entry_urgency"),
            models.Index(
                fields=["urgency", "number"], name="entry_active", condition=Q(active=True)
            ),
            models.Index(
                fields=["created", "number"], name="entry_active_created", condition=Q(active=True)
            ),
            models.Index(fields=["status", "urgency", "number"], name="entry_status"),
            models.Index(fields=["assignee", "urgency", "number"], name="entry_assignee"),
            models.Index(fields=["team", "urgency", "number"], name="entry_team"),
            models.Index(fields=["category", "urgency", "number"], name="entry_category"),
            models.Index(fields=["priority", "urgency", "number"], name="entry_priority"),
            models.Index(fields=["channel", "urgency", "number"], name="entry_channel"),
            models.Index(fields=["customer", "created"], name="entry_customer"),
            models.Index(fields=["vehicle", "created"], name="entry_vehicle"),
            models.Index(fields=["created", "number"], name="entry_created"),
            models.Index(fields=["updated", "number"], name="entry_updated"),
            models.Index(fields=["due_at"], name="entry_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["risk_at"], name="entry_risk", condition=Q(risk_at__isnull=False)),
            models.Index(
                fields=["urgency", "number"], name="entry_raised", condition=Q(level__gt=0)
            ),
            models.Index(
                fields=["urgency", "number"], name="entry_waiting", condition=Q(waiting=True)
            ),
            models.Index(fields=["needs_reply", "number"], name="entry_needs_reply"),
            models.Index(fields=["last_message", "number"], name="entry_message"),
            models.Index(
                fields=["last_message", "number"],
                name="entry_active_message",
                condition=Q(active=True),
            ),
            # For counts of active tickets: the loads at each creation, and the SLA status of all.
            # It has every column of those queries, the condition's too: without that one SQLite
            # would read each row.
            models.Index(
                fields=[
                    *("assignee", "priority", "team"),
                    *("due_at", "risk_at", "waiting", "level", "active"),
                ],
                name="entry_standing",
                condition=Q(active=True),
            ),
        ]

    def __str__(self) -> str:
        return str(self.number)


class EntryTag(models.Model):
    """A tag of a ticket."""

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="tags")
    tag = models.CharField(max_length=MOST_TEXT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tag", "entry"], name="tag_once")]

    def __str__(self) -> str:
        return self.tag


class EntryField(models.Model):
    """A custom value of a ticket: folded, its place in the order of numbers or dates, and as it was
    written, for columns of lists."""

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="custom", db_index=False)
    key = models.CharField(max_length=30)
    text = models.CharField(max_length=120)
    rank = models.BigIntegerField(null=True)
    written = models.CharField(max_length=500, blank=True, default="", db_default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "key"], name="entry_field_once")]
        indexes = [
            models.Index(fields=["key", "text", "entry"], name="entry_field_text"),
            models.Index(fields=["key", "rank", "entry"], name="entry_field_rank"),
        ]

    def __str__(self) -> str:
        return f"{self.key}={self.text}"
