"""What a user has seen of tickets, and which they follow, snoozed, or want to be reminded of."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Attention(models.Model):
    """One user's attention to one ticket. Instants are seconds since 1970, as in the search index.

    It has no people's words, and goes with its user.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    ticket = models.BigIntegerField()
    seen = models.CharField(max_length=26, blank=True, default="")
    """The id of the last message that was shown to them."""
    follows = models.BooleanField(default=False)
    snoozed_at = models.BigIntegerField(null=True)
    snoozed_until = models.BigIntegerField(null=True)  # FAR: until the customer replies
    snoozed_after = models.CharField(max_length=26, blank=True, default="")
    """The last message when it was snoozed: a later one of the customer wakes it."""
    remind_at = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "ticket"], name="attention_once"),
        ]
        indexes = [
            models.Index(fields=["ticket"], name="attention_ticket"),
            models.Index(
                fields=["snoozed_until"],
                name="attention_snoozed",
                condition=Q(snoozed_until__isnull=False),
            ),
            models.Index(
                fields=["remind_at"],
                name="attention_reminders",
                condition=Q(remind_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} #{self.ticket}"


class MutedKind(models.Model):
    """A kind of notification that a user does not want."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=30)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="muted_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind}"


class UnreadSince(models.Model):
    """When a desk was upgraded to a release that knows what is unread: the only row, or none.

    Its migration writes it. Nothing older is unread for anybody.
    """

    second = models.BigIntegerField()  # since 1970

    def __str__(self) -> str:
        return str(self.second)
