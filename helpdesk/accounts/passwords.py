"""Change a password with the old one, or reset it with a link by email.

The views are Django's. The email goes through the one mail queue, which names the account by id;
the link is made when the mail is sent. Whether the account exists cannot be found out: both cases
cost the same reads and one write, and give the same response.
"""

from collections.abc import Sequence
from secrets import token_urlsafe
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordChangeForm, PasswordResetForm
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.accounts import events, sessions, throttle
from helpdesk.accounts.addresses import client_address
from helpdesk.accounts.guessing import forget_tries, may_use_password
from helpdesk.accounts.models import User
from helpdesk.clock import this_second
from helpdesk.dynamo.transaction import Transaction
from helpdesk.errors import NotAllowed, TooManyTries, worded
from helpdesk.mail import queue
from helpdesk.mail.address import AddressRefused, as_kept
from helpdesk.mail.delivery import send_soon
from helpdesk.mail.kinds import MailKind, Reference, Undeliverable, recipient
from helpdesk.mail.problems import ProblemCode
from helpdesk.mail.templates import composed

KIND = "password"

MOST_ACCOUNTS = 5
"""Accounts of one mailbox that get a mail; more have to ask an administrator."""


class ChangeForm(PasswordChangeForm):
    """Compares the old password under the same limits as a login."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)

    def clean_old_password(self) -> str:
        old: str = self.cleaned_data["old_password"]
        if authenticate(self.request, username=self.user.get_username(), password=old) is None:
            raise forms.ValidationError(
                self.error_messages["password_incorrect"], code="password_incorrect"
            )
        return old


class ChangePassword(views.PasswordChangeView):
    """Change one's own password. This session stays; all others and the API tokens end.

    Raises NotAllowed for users who do not log in with a password.
    """

    form_class = ChangeForm
    template_name = "accounts/password.html"
    success_url = reverse_lazy("preferences")
    extra_context = {"view": "preferences"}

    def dispatch(self, *args: Any, **kwargs: Any) -> Any:
        user = self.request.user
        if isinstance(user, User) and not (user.has_usable_password() and may_use_password(user)):
            raise NotAllowed(_("You sign in with the account of your organization."))
        return super().dispatch(*args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        sessions.end_others(self.request)
        messages.success(
            self.request,
            _(
                "Your password was changed. You were signed out on other devices, and your API "
                "tokens were revoked."
            ),
        )
        return answer

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


class AskForm(PasswordResetForm):
    """Queues an email for each account with the address, and one that is never sent if there is
    none.
    """

    def clean_email(self) -> str:
        """Return the address in its canonical form, by which accounts are compared."""
        try:
            return as_kept(self.cleaned_data["email"])
        except AddressRefused as refused:
            raise forms.ValidationError(worded(refused)) from refused

    def save(self, *args: Any, request: HttpRequest | None = None, **kwargs: Any) -> None:
        email: str = self.cleaned_data["email"]
        try:
            throttle.count([throttle.MAILBOX.of(email.casefold())])
        except TooManyTries:
            return
        found = [str(user.pk) for user in self.get_users(email)][:MOST_ACCOUNTS]
        now = this_second()
        with Transaction() as transaction:
            for user_id in found or [""]:
                # Each mail without a recipient has a key of its own, as those to two accounts have.
                key = "" if user_id else token_urlsafe(8)
                transaction.put(
                    queue.queued(KIND, {"userId": user_id}, group=user_id, key=key, at=now)
                )
        send_soon()
        accounts: list[str | None] = [*found] or [None]
        for account in accounts:
            events.log_event("password_reset_asked", account=account, request=request)


@method_decorator(login_not_required, name="dispatch")
class _WherePasswordsAre:
    """No page where nobody but superusers signs in with a password."""

    def dispatch(self, *args: Any, **kwargs: Any) -> Any:
        if not settings.PASSWORD_LOGIN:
            raise Http404
        return super().dispatch(*args, **kwargs)  # type: ignore[misc]


class AskForReset(_WherePasswordsAre, views.PasswordResetView):
    form_class = AskForm
    template_name = "registration/reset.html"
    success_url = reverse_lazy("password_reset_done")

    def form_valid(self, form: Any) -> HttpResponse:
        address = throttle.network(client_address(self.request))
        throttle.count([throttle.RESETS.of(address, address=address)])
        return super().form_valid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


class ResetPassword(_WherePasswordsAre, views.PasswordResetConfirmView):
    """The page that the link in the email opens. It logs nobody in: a second factor is still
    required.
    """

    template_name = "registration/set_password.html"

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        forget_tries(self.request, form.user)
        sessions.end_all(form.user)
        events.log_event("password_reset_done", account=form.user.pk, request=self.request)
        return answer

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


reset_sent = views.PasswordResetDoneView.as_view(
    template_name="registration/done.html",
    extra_context={
        "heading": gettext_lazy("Check your email"),
        "words": gettext_lazy(
            "If an account uses this address, we sent a link to set a new password. The link "
            "expires in one hour. Check your spam folder, too."
        ),
    },
)
reset_done = views.PasswordResetCompleteView.as_view(
    template_name="registration/done.html",
    extra_context={
        "heading": gettext_lazy("Password changed"),
        "words": gettext_lazy(
            "Sign in with your new password. You were signed out on all devices."
        ),
    },
)


def _compose(about: Sequence[Reference]) -> EmailMessage | None:
    """Return the email with the link, or None if the account is gone or deactivated."""
    user = User.objects.filter(pk=int(about[0]["userId"] or 0), is_active=True).first()
    if user is None or not user.email or not user.has_usable_password():
        return None
    if not settings.DESK_URL:
        raise Undeliverable(ProblemCode.NO_DESK_URL)
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    link = {"uidb64": uid, "token": default_token_generator.make_token(user)}
    address = settings.DESK_URL + reverse("password_reset_confirm", kwargs=link)
    with translation.override(user.mail_language):
        context = {"person": user, "address": address}
        return composed("password", context, to=[recipient(user.email)])


EMAIL = MailKind(_compose)
