"""The size limit of request bodies, checked before anything reads them.

The Content-Length decides, so a body that is too large costs no more than its headers. A server
never passes on more bytes than that.
"""

from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from helpdesk.accounts.tokens import token_of
from helpdesk.api.auth import bearer_token
from helpdesk.api.problems import PREFIX, problem
from helpdesk.errors import NoRoom
from helpdesk.middleware import error_page
from helpdesk.parsing import whole_number

FORM_DATA, RAW_MAIL = "multipart/form-data", "message/rfc822"
MAIL = f"{PREFIX}mail/"
"""Where mail services hand in raw messages."""

log = structlog.get_logger(__name__)


class BodyLimitMiddleware:
    """Refuse bodies that are larger than the sender may send.

    It comes after the middleware that knows the user, and before everything that reads bodies. The
    user is only looked up for sizes that a stranger may not send.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.headers.get("Transfer-Encoding"):
            words = _("Send the body’s length as Content-Length.")
            return _refused(request, 411, words)
        # A length that is no number is one that the server has not understood either: no body.
        length = whole_number(request.headers.get("Content-Length") or "0") or 0
        limit = _largest(request)
        if length > settings.BODY_OF_A_STRANGER and not _is_known(request):
            limit = min(limit, settings.BODY_OF_A_STRANGER)
        if length > limit:
            words = _("The request is too large. Send at most %(most)s.")
            return _refused(request, 413, words % {"most": filesizeformat(limit)})
        if request.content_type == FORM_DATA:
            try:
                request.POST  # noqa: B018 (reads the body; what is large is written to a disk)
            except OSError as error:
                if error.errno not in NoRoom.CAUSES:
                    raise
                log.exception("no_room_for_uploads")
                return _refused(request, 503, str(NoRoom()))
        return self.get_response(request)


def _largest(request: HttpRequest) -> int:
    """Return how many bytes this known sender may send here."""
    if request.path.startswith(MAIL) and request.content_type == RAW_MAIL:
        return int(settings.BODY_OF_A_MAIL)
    if request.path.startswith(PREFIX) or request.content_type != FORM_DATA:
        return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    return int(settings.BODY_WITH_FILES)


def _is_known(request: HttpRequest) -> bool:
    text = bearer_token(request) if request.path.startswith(PREFIX) else None
    return request.user.is_authenticated if text is None else token_of(text) is not None


def _refused(request: HttpRequest, status: int, words: str) -> HttpResponseBase:
    if request.path.startswith(PREFIX):
        return problem(status, words)
    return error_page(request, status=status, message=words)
