"""Refuse query parameters that an endpoint does not have.

A misspelt name would otherwise be a filter that filters nothing.
"""

import re
from collections.abc import Mapping
from functools import cache

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import ValidationError

from helpdesk.api.problems import PREFIX

MOST_NAMED = 20
_PLACE = re.compile(r"<(?:[a-z]+:)?(\w+)>")

Known = Mapping[tuple[str, str], Mapping[str, bool]]
"""By method and path of the description: each parameter, and whether it may be repeated."""


@cache
def known_parameters(api: NinjaAPI) -> Known:
    """Return the parameters of each endpoint, read once from the API's own description."""
    return {
        (method.upper(), path): {
            parameter["name"]: parameter["schema"].get("type") == "array"
            for parameter in operation.get("parameters", ())
            if parameter["in"] == "query"
        }
        for path, methods in api.get_openapi_schema(path_prefix=PREFIX)["paths"].items()
        for method, operation in methods.items()
    }


def refuse_unknown(request: HttpRequest, known: Known) -> None:
    """Raise ValidationError for unknown parameters, and for repeated ones that are taken once."""
    if not request.GET or request.resolver_match is None:
        return
    path = "/" + _PLACE.sub(r"{\1}", request.resolver_match.route)
    taken = known[str(request.method), path]
    wrong = []
    for name, values in request.GET.lists():
        if name not in taken:
            names = ", ".join(taken) or _("none")
            words = _("Unknown parameter. Allowed: %(names)s.") % {"names": names}
        elif len(values) > 1 and not taken[name]:
            words = _("Send this parameter only once.")
        else:
            continue
        wrong.append({"loc": ("query", name), "msg": words})
        if len(wrong) == MOST_NAMED:
            break
    if wrong:
        raise ValidationError(wrong)
