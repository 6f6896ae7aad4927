"""Webhooks in the admin: where events are sent, and the last responses."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.rights import SupervisorsOnly
from theme.templatetags.desk import moment
from tickets.domain import instant
from tickets.domain.webhooks import EVENTS
from tickets.models import Webhook
from tickets.services.delivery.webhooks import ping


class WebhookForm(forms.ModelForm):
    events = forms.MultipleChoiceField(
        label=_("Events"),
        required=False,
        choices=[(event, event) for event in EVENTS],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Blank means every event."),
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
                    "Each ticket event is sent as JSON, in order per ticket. Deliveries without "
                    "a 2xx response are retried after 30 seconds, 2 minutes, 10 minutes, 1 hour,"
                    " 4 hours and 12 hours. An event can arrive twice with the same id."
                ),
            },
        ),
        (_("Deliveries"), {"fields": ("last_answers",)}),
        (
            _("Signature"),
            {
                "fields": ("signing_secret",),
                "description": _(
                    "Helpdesk-Signature is t=SECONDS,v1=HEX: the HMAC-SHA256 of the seconds, a "
                    "full stop and the body, signed with this secret. Reject requests older than"
                    " five minutes."
                ),
            },
        ),
    )

    @admin.display(description=_("last response"))
    def last_answer(self, hook: Webhook) -> str:
        return hook.answers[0]["answer"] if hook.answers else ""

    @admin.display(description=_("last responses"))
    def last_answers(self, hook: Webhook) -> SafeString | str:
        if not hook.answers:
            return str(_("No deliveries yet."))
        rows = format_html_join(
            "",
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            (
                (moment(instant.parse(one["at"])), one["event"], one["ticketId"], one["answer"])
                for one in hook.answers
            ),
        )
        words = (_("time"), _("event"), _("ticket"), _("response"))
        head = format_html_join("", "<th>{}</th>", ((word,) for word in words))
        return format_html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", head, rows)

    @admin.display(description=_("secret"))
    def signing_secret(self, hook: Webhook) -> SafeString | str:
        if not hook.pk:
            return str(_("Shown after you save the webhook."))
        return format_html("<code>{}</code>", hook.secret)

    @admin.action(description=_("Send test event"))
    def send_ping(self, request: HttpRequest, hooks: QuerySet[Any]) -> None:
        for hook in hooks:
            self.message_user(request, f"{hook}: {ping(hook)['answer']}", messages.INFO)
