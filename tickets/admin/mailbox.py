"""Mailboxes in the admin: the desk's addresses, and how their mail is fetched."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from helpdesk.accounts.confirm import question
from helpdesk.accounts.rights import SupervisorsOnly
from helpdesk.accounts.tokens import make_mail_token
from tickets.admin.workspace import Deletable
from tickets.models import BlockedSender, Mailbox
from tickets.presenters.mailboxes import last_fetch, problem_words
from tickets.services.email.fetching.fetch import try_connection
from tickets.services.email.fetching.imap import Unfetchable
from tickets.store.mail import mailbox_state

SECRETS = ("imap_secret", "oauth_client_secret")


class MailboxForm(forms.ModelForm):
    """Never shows a secret; an empty field keeps the stored one."""

    class Meta:
        model = Mailbox
        fields = (
            *("name", "address", "active", "sender_name", "signature", "quotes"),
            *("team", "category", "acknowledges"),
            *("authentication_hosts", "relays", "colleagues_reply"),
            *("imap_host", "imap_port", "imap_folder", "imap_user", "login", "imap_secret"),
            *("oauth_token_url", "oauth_client_id", "oauth_client_secret"),
        )
        widgets = {name: forms.PasswordInput(render_value=False) for name in SECRETS}

    def clean(self) -> Any:
        cleaned = super().clean()
        for name in SECRETS:
            if not self.cleaned_data.get(name) and self.instance.pk:
                self.cleaned_data[name] = getattr(Mailbox.objects.get(pk=self.instance.pk), name)
        if self.cleaned_data.get("imap_host") and not self.cleaned_data.get("imap_user"):
            self.add_error("imap_user", _("Enter the username of the mailbox."))
        return cleaned


@admin.register(Mailbox)
class MailboxAdmin(SupervisorsOnly):
    form = MailboxForm
    list_display = ("name", "address", "active", "team", "category", "last_fetch")
    actions = ("test_connection", "make_token")
    fieldsets = (
        (None, {"fields": ("name", "address", "active", "sender_name", "signature", "quotes")}),
        (_("New tickets"), {"fields": ("team", "category", "acknowledges")}),
        (
            _("Senders"),
            {"fields": ("authentication_hosts", "relays", "colleagues_reply")},
        ),
        (
            _("Fetch mail (IMAP)"),
            {
                "fields": (
                    *("last_fetch", "imap_host", "imap_port", "imap_folder", "imap_user"),
                    *("login", "imap_secret"),
                    *("oauth_token_url", "oauth_client_id", "oauth_client_secret"),
                )
            },
        ),
    )

    def get_readonly_fields(
        self, request: HttpRequest, obj: Mailbox | None = None
    ) -> tuple[str, ...]:
        # Its tickets, its mails and how far it was read are kept under the name.
        return ("last_fetch", "name") if obj else ("last_fetch",)

    @admin.display(description=_("last fetch"))
    def last_fetch(self, mailbox: Mailbox) -> str:
        return last_fetch(mailbox, mailbox_state(mailbox.name) if mailbox.name else None)

    @admin.action(description=_("Test the connection"))
    def test_connection(self, request: HttpRequest, mailboxes: QuerySet[Mailbox]) -> None:
        for mailbox in mailboxes:
            try:
                found = try_connection(mailbox)
            except Unfetchable as error:
                words = problem_words(error.problem, error.detail)
                self.message_user(request, f"{mailbox}: {words}", messages.ERROR)
            else:
                words = ngettext(
                    "%(mailbox)s: connected. %(count)s message in %(folder)s.",
                    "%(mailbox)s: connected. %(count)s messages in %(folder)s.",
                    found,
                ) % {"mailbox": mailbox, "count": found, "folder": mailbox.imap_folder}
                self.message_user(request, words, messages.SUCCESS)

    @admin.action(description=_("Create a webhook token"))
    def make_token(self, request: HttpRequest, mailboxes: QuerySet[Mailbox]) -> HttpResponse:
        """Show new tokens, once, on a page of their own: messages are kept in a cookie."""
        if asked := question(request):
            return asked
        answer = render(
            request,
            "admin/tickets/mail_tokens.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("Webhook tokens"),
                "made": [(mailbox, *make_mail_token(mailbox.name)) for mailbox in mailboxes],
            },
        )
        add_never_cache_headers(answer)
        return answer


@admin.register(BlockedSender)
class BlockedSenderAdmin(Deletable, SupervisorsOnly):
    list_display = ("address", "blocked_by", "blocked_at")
    search_fields = ("address",)
