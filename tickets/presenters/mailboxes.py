"""How mailboxes are shown: the result of the last fetch, and problems."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from tickets.domain.mail.fetching import Problem
from tickets.models import Mailbox
from tickets.store.mail import MailboxState

PROBLEMS: Mapping[str, Promise] = {
    Problem.UNAVAILABLE: _("The mail server cannot be reached."),
    Problem.CERTIFICATE: _("The mail server’s certificate is not valid for its name."),
    Problem.REJECTED: _("The mail server rejected the username or password."),
    Problem.FOLDER: _("The folder could not be opened."),
    Problem.CLOSED: _("The mail server closed the connection."),
    Problem.REFUSED: _("The mail server refused a request."),
    Problem.PROVIDER_UNAVAILABLE: _("The OAuth2 token URL cannot be reached."),
    Problem.REFRESH_TOKEN: _("The OAuth2 provider refused the refresh token. Sign in again."),
    Problem.HERE: _("The message could not be stored here. See the log."),
}


def problem_words(problem: str, detail: str | None = "") -> str:
    """Return the problem, and what the server said about it, as text."""
    words = str(PROBLEMS.get(problem, problem))
    return f"{words} ({detail})" if detail else words


def last_fetch(mailbox: Mailbox, state: MailboxState | None) -> str:
    """Return the time and result of a mailbox's last fetch, as text."""
    if not mailbox.imap_host:
        return gettext("Not fetched")
    if state is None or (state.fetched_at is None and not state.problem):
        return gettext("Not yet")
    left_out = len(state.left_out or ())
    at = f"{state.fetched_at:%Y-%m-%d %H:%M:%S} UTC" if state.fetched_at else ""
    if state.problem:
        failed = ngettext(
            "Failed %(times)s time: %(problem)s", "Failed %(times)s times: %(problem)s",
            state.failures,
        )  # fmt: skip
        words = problem_words(state.problem, state.problem_detail)
        return failed % {"times": state.failures, "problem": words}
    if left_out:
        also = ngettext(
            "%(count)s message could not be fetched.", "%(count)s messages could not be fetched.",
            left_out,
        )  # fmt: skip
        return f"{at}. {also % {'count': left_out}}"
    return at
