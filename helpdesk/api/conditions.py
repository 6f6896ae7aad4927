"""ETag and If-Match: the version of an item in HTTP."""

import re

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from helpdesk.errors import Invalid

_TAG = re.compile(r'\s*"(\d{1,15})"\s*')


def set_etag(response: HttpResponse, version: int) -> None:
    response["ETag"] = f'"{version}"'


def requested_version(request: HttpRequest, version: int | None = None) -> int | None:
    """Return the version that a change requires, from `If-Match` or the body; None without one.

    Raises Invalid for a tag that no response has given, and if the two differ.
    """
    header = request.headers.get("If-Match", "*").strip()
    if header == "*":
        return version
    match = _TAG.fullmatch(header)
    if match is None:
        raise Invalid(
            {
                "If-Match": _("Send a single ETag as you received it, such as %(tag)s.")
                % {"tag": '"3"'}
            }
        )
    wanted = int(match[1])
    if version not in (None, wanted):
        raise Invalid({"version": _("`version` and If-Match name different versions.")})
    return wanted


def unchanged(request: HttpRequest, version: int) -> bool:
    """Return whether `If-None-Match` names this version, so that nothing has to be sent."""
    tags = [
        tag.strip().removeprefix("W/")
        for tag in request.headers.get("If-None-Match", "").split(",")
    ]
    return f'"{version}"' in tags
