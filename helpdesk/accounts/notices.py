"""Mail to a user whose password, second factor or recovery codes have changed.

It follows from the queue of the audit record, so it is sent as surely as that is written: a process
that dies in between sends one mail twice, and never none.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from django.core.mail import EmailMessage
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import User
from helpdesk.audit.models import QueuedEntry
from helpdesk.dynamo.transaction import Transaction
from helpdesk.mail import queue
from helpdesk.mail.delivery import send_soon
from helpdesk.mail.kinds import MailKind, Reference, recipient
from helpdesk.mail.templates import composed

KIND = "account"

WORDS: Mapping[tuple[str, str], Promise] = MappingProxyType(
    {
        ("password", "changed"): _("Your password was changed."),
        ("second factor", "created"): _("Two-factor authentication was turned on."),
        ("second factor", "deleted"): _("Two-factor authentication was turned off."),
        ("recovery codes", "created"): _("New recovery codes were made."),
        ("recovery codes", "used"): _("A recovery code was used to sign in."),
    }
)
"""What is told, by kind and action of an audit entry."""

OLD = timedelta(days=1)
"""What happened so long ago is not told: after a restore the queue is gone through again."""


def tell(entries: Sequence[QueuedEntry], *, now: datetime) -> None:
    """Queue a mail for each entry that is told. A repeat before they are sent queues none twice."""
    told = [entry for entry in entries if (entry.kind, entry.action) in WORDS]
    fresh = [entry for entry in told if now - entry.at < OLD]
    if not fresh:
        return
    with Transaction() as transaction:
        for entry in fresh:
            user_id = entry.object_id.removeprefix("user:")
            about = {"userId": user_id, "kind": entry.kind, "action": entry.action}
            at = entry.at.replace(microsecond=0)
            transaction.put(
                queue.queued(
                    KIND, {**about, "at": at.isoformat()}, group=entry.key, key=entry.key, at=at
                )
            )
    send_soon()


def _compose(about: Sequence[Reference]) -> EmailMessage | None:
    """Return the mail, or None if the account is gone, deactivated or without an address."""
    one = about[0]
    user = User.objects.filter(pk=int(one["userId"]), is_active=True).first()
    if user is None or not user.email:
        return None
    with translation.override(user.mail_language), timezone.override(user.time_zone or None):
        context = {
            "person": user,
            "what": WORDS[one["kind"], one["action"]],
            "at": timezone.localtime(datetime.fromisoformat(one["at"])),
        }
        return composed(KIND, context, to=[recipient(user.email)])


EMAIL = MailKind(_compose)
