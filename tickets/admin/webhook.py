"""Webhooks in the admin: where events go, and what was answered."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.rights import SupervisorsOnly
from tickets.domain.webhooks import EVENTS
from tickets.models import Webhook
from tickets.services.delivery.webhooks import ping


class WebhookForm(forms.ModelForm):
    events = forms.MultipleChoiceField(
        label=_("Events"),
        required=False,
        choices=[(event, event) for event in EVENTS],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None: every event."),
    )

    class Meta:
        model = Webhook
        fields = ("name", "url", "active", "events")


@admin.register(Webhook)
class WebhookAdmin(SupervisorsOnly):
    form = WebhookForm
    list_display = ("name", "url", "active", "last_answer")
    actions = ("send_ping",)
    readonly_fields = ("signing_secret", "last_answers")
    fieldsets = (
        (
            None,
            {
                "fields": ("name", "url", "active", "events"),
                "description": _(
                    "Each event of a ticket is sent as JSON, in the order of its ticket, until it "
                    "is answered with a status of 200 to 299: again after half a minute, two, ten, "
                    "an hour, four and twelve. A receiver can get an event twice, with the same id."
                ),
            },
        ),
        (_("What comes back"), {"fields": ("last_answers",)}),
        (
            _("Signature"),
            {
                "fields": ("signing_secret",),
                "description": _(
                    "Helpdesk-Signature is t=SECONDS,v1=HEX: HMAC-SHA256 of the seconds, a full "
                    "stop and the body, with this secret. Refuse what is older than five minutes."
                ),
            },
        ),
    )

    @admin.display(description=_("last answer"))
    def last_answer(self, hook: Webhook) -> str:
        return hook.answers[0]["answer"] if hook.answers else ""

    @admin.display(description=_("last answers"))
    def last_answers(self, hook: Webhook) -> SafeString | str:
        if not hook.answers:
            return str(_("Nothing was sent yet."))
        rows = format_html_join(
            "",
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            ((one["at"], one["event"], one["ticketId"], one["answer"]) for one in hook.answers),
        )
        words = (_("time"), _("event"), _("ticket"), _("answer"))
        head = format_html_join("", "<th>{}</th>", ((word,) for word in words))
        return format_html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", head, rows)

    @admin.display(description=_("secret"))
    def signing_secret(self, hook: Webhook) -> SafeString | str:
        if not hook.pk:
            return str(_("Shown when the webhook is saved."))
        return format_html("<code>{}</code>", hook.secret)

    @admin.action(description=_("Send a test message"))
    def send_ping(self, request: HttpRequest, hooks: QuerySet[Any]) -> None:
        for hook in hooks:
            self.message_user(request, f"{hook}: {ping(hook)['answer']}", messages.INFO)
