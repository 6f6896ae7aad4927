"""What a changelist does not show, as text for the person who asked."""

from collections.abc import Iterable, Sequence

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

from helpdesk.dynamo.cursor import InvalidCursor
from helpdesk.dynamo_admin.paths import ByKey, Conditions, Listing, NotServed, paths_of
from helpdesk.errors import Invalid
from helpdesk.parsing import BadValue


def in_words(model: type[Model], refused: Exception) -> str:
    """Return why a list is not shown as it was asked for, which filters it has, and that all of it
    is shown instead."""
    why = _why(model, _cause(refused))
    return " ".join([why, *_filters_of(model), _("Now the whole list is shown.")])


def _cause(refused: Exception) -> object:
    """Return what Django's changelist wrapped into its own exception."""
    wrapped = isinstance(refused, IncorrectLookupParameters) and refused.args
    return refused.args[0] if wrapped else refused


def _why(model: type[Model], cause: object) -> str:
    if isinstance(cause, NotServed):
        return _not_served(model, cause.conditions, cause.order)
    if isinstance(cause, Invalid):
        return " ".join(cause.errors.values())
    if isinstance(cause, BadValue):
        return str(cause)
    if isinstance(cause, ValidationError):
        return " ".join(cause.messages)
    if isinstance(cause, InvalidCursor):
        return _("This page is no longer there.")
    return _("The address has a filter that this list does not have.")


def _not_served(model: type[Model], conditions: Conditions, order: Sequence[str]) -> str:
    fields = list(conditions)
    unknown = [field for field in fields if field not in _known(model)]
    if unknown:
        return _("The list can’t be filtered by: %(fields)s.") % {"fields": _names(model, unknown)}
    if any(isinstance(path, Listing) and path.serves(conditions, ()) for path in paths_of(model)):
        by = _names(model, (name.removeprefix("-") for name in order))
        return _("With these filters the list can’t be sorted by: %(fields)s.") % {"fields": by}
    if len(fields) > 1:
        names = _names(model, fields)
        return _("These filters can’t be combined: %(fields)s.") % {"fields": names}
    if fields:
        names = _names(model, fields)
        return _("The list can’t be filtered in this way by: %(fields)s.") % {"fields": names}
    return _("The list can’t be sorted in this way.")


def _filters_of(model: type[Model]) -> list[str]:
    names = _names(model, _known(model))
    return [_("It has these filters: %(fields)s.") % {"fields": names}] if names else []


def _known(model: type[Model]) -> list[str]:
    """Return the fields by which some path of the model finds rows, in the paths' order."""
    found: dict[str, None] = {}
    for path in paths_of(model):
        if isinstance(path, Listing):
            found |= dict.fromkeys(path.takes)
        elif isinstance(path, ByKey):
            found |= dict.fromkeys([model._meta.pk.attname] if model._meta.pk else [])
        else:
            found |= dict.fromkeys(path.by)
    return list(found)


def _names(model: type[Model], fields: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(_name(model, field) for field in fields))


def _name(model: type[Model], field: str) -> str:
    try:
        return str(model._meta.get_field(field).verbose_name)  # type: ignore[union-attr]
    except FieldDoesNotExist:
        return field
