"""Why a mail was not delivered: a code with its detail, put into words when it is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class ProblemCode(StrEnum):
    """The kinds of problems with a mail. Stored, and given out by the API."""

    RESPONSE = "response"  # the detail is what the mail server responded
    RETURNED = "returned"  # a delivery report came; the detail is what it says
    UNAVAILABLE = "unavailable"
    CLOSED = "closed"
    LOGIN = "login"
    NO_TLS = "no-tls"
    NO_OAUTH2_MAILBOX = "no-oauth2-mailbox"  # the detail is its name
    NO_ACCESS_TOKEN = "no-access-token"  # noqa: S105 (the name of a problem); the detail says why
    ADDRESS_REJECTED = "address-rejected"
    EMAIL_REJECTED = "email-rejected"
    LOST_AFTER_SENDING = "lost-after-sending"  # it may have been delivered
    WORKER_STOPPED = "worker-stopped"  # it may have been delivered
    NOT_READ = "not-read"
    NOT_COMPOSED = "not-composed"  # the detail is the error's class
    INVALID_ADDRESS = "invalid-address"
    NO_ADDRESS = "no-address"
    FILE_MISSING = "file-missing"  # the detail is its name
    NO_DESK_URL = "no-desk-url"


SENTENCES: Mapping[str, Promise] = {
    ProblemCode.RESPONSE: _("Response from the mail server: %(detail)s"),
    ProblemCode.RETURNED: _("The mail server of the recipient returned it."),
    ProblemCode.UNAVAILABLE: _("The mail server is unavailable."),
    ProblemCode.CLOSED: _("The mail server closed the connection."),
    ProblemCode.LOGIN: _(
        "The mail server rejected the configured username, password or access token."
    ),
    ProblemCode.NO_TLS: _("OAuth2 requires TLS: use smtp+tls or smtp+ssl in EMAIL_URL."),
    ProblemCode.NO_OAUTH2_MAILBOX: _("There is no mailbox %(detail)s with OAuth2."),
    ProblemCode.NO_ACCESS_TOKEN: _("No OAuth2 access token for mailbox %(detail)s."),
    ProblemCode.ADDRESS_REJECTED: _("The mail server rejected the address."),
    ProblemCode.EMAIL_REJECTED: _("The mail server rejected the email."),
    ProblemCode.LOST_AFTER_SENDING: _(
        "The connection was lost after sending. The email may have been delivered."
    ),
    ProblemCode.WORKER_STOPPED: _(
        "The worker stopped while sending. The email may have been delivered."
    ),
    ProblemCode.NOT_READ: _("The ticket or account this email is about could not be read."),
    ProblemCode.NOT_COMPOSED: _("The email could not be composed (%(detail)s)."),
    ProblemCode.INVALID_ADDRESS: _("Invalid email address."),
    ProblemCode.NO_ADDRESS: _("The customer has no email address."),
    ProblemCode.FILE_MISSING: _("The file %(detail)s is no longer available."),
    ProblemCode.NO_DESK_URL: _("Links can’t be created because the setting DESK_URL is missing."),
}


@dataclass(frozen=True)
class MailProblem:
    """Why a mail was not delivered. As text, it is a sentence in the reader's language."""

    code: str
    """A ProblemCode; empty on rows of earlier releases, whose detail is an English sentence."""
    detail: str = ""

    def __str__(self) -> str:
        if not self.code:
            return gettext(self.detail) if self.detail else ""
        if self.code == ProblemCode.RETURNED and self.detail:
            return self.detail
        sentence = SENTENCES.get(self.code)
        return str(sentence) % {"detail": self.detail} if sentence else self.detail


class MailError(Exception):
    """A mail was not delivered; `problem` says why."""

    def __init__(self, code: ProblemCode, detail: str = "") -> None:
        super().__init__(code, detail)
        self.problem = MailProblem(code, detail)

    def __str__(self) -> str:
        return str(self.problem)


def problem_of(code: str | None, detail: str | None) -> MailProblem | None:
    """Return the problem that a row has stored as its code and detail, or None without one."""
    return MailProblem(code or "", detail or "") if code or detail else None
