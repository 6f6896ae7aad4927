"""The base of models whose changes are recorded: what was created, changed from what to what, or
deleted, in the transaction that does it.

Of text nothing is recorded but that it changed, unless the model says that it is no secret and no
personal data: a new field is kept out until somebody decides.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from django.db import models, transaction
from django.db.models.signals import class_prepared, m2m_changed, post_delete
from django.dispatch import receiver

from helpdesk.audit.record import Change, record

_PLAIN = (
    models.BooleanField,
    models.DateField,
    models.ForeignKey,
    models.IntegerField,
)
"""Fields whose values are no text. A foreign key's is an id."""

_EMPTY = (None, "")

models_on_record: dict[str, type["Audited"]] = {}
"""By kind."""


class Audited(models.Model):
    """A model whose rows are configuration. `QuerySet.update` and bulk writes are not recorded:
    audited fields are written by `save`."""

    shown_texts: ClassVar[frozenset[str]] = frozenset()
    """Text fields whose values are recorded."""
    shown_in_part: ClassVar[Mapping[str, Callable[[str], str]]] = MappingProxyType({})
    """Text fields with what of their values is recorded."""
    not_recorded: ClassVar[frozenset[str]] = frozenset()
    """Fields that the desk writes for itself."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and record what that changed. Cost: two SELECTs, and an INSERT if it did."""
        only = kwargs.get("update_fields")
        names = _recorded(type(self))
        if only is not None and names.isdisjoint(only):
            super().save(*args, **kwargs)
            return
        with transaction.atomic():
            before = _stored(self, lock=True)
            super().save(*args, **kwargs)
            after = _stored(self)
            changes = list(_differences(type(self), before or {}, after or {}))
            if changes or before is None:
                action = "changed" if before else "created"
                _record(self, action, changes)


def kind_of(model: type[models.Model]) -> str:
    """Return the kind of entries about rows of a model; a proxy's are those of its model."""
    concrete = model._meta.concrete_model or model
    return str(concrete._meta.model_name)


def _record(row: Audited, action: str, changes: Iterable[Change]) -> None:
    kind = kind_of(type(row))
    record(kind, action, f"{kind}:{row.pk}", changes=changes)


def _recorded(model: type[Audited]) -> set[str]:
    return {
        field.name
        for field in model._meta.concrete_fields
        if not field.primary_key and field.name not in model.not_recorded
    }


def _stored(row: Audited, *, lock: bool = False) -> dict[str, Any] | None:
    """Return the row's values as they are stored; None if it is not."""
    if row.pk is None:
        return None
    rows = type(row)._base_manager.filter(pk=row.pk)
    found = (rows.select_for_update() if lock else rows).values(*_recorded(type(row))).first()
    return dict(found) if found is not None else None


def _differences(
    model: type[Audited], before: dict[str, Any], after: dict[str, Any]
) -> Iterable[Change]:
    for field in model._meta.concrete_fields:
        was, becomes = before.get(field.name), after.get(field.name)
        if was == becomes or (was in _EMPTY and becomes in _EMPTY):
            continue
        if isinstance(field, _PLAIN) or field.choices or field.name in model.shown_texts:
            yield Change(field.name, (_text(was), _text(becomes)))
        elif part := model.shown_in_part.get(field.name):
            shown = (part(was) if was else None, part(becomes) if becomes else None)
            yield Change(field.name, shown)
        else:
            yield Change(field.name)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


@receiver(class_prepared)
def _watch(sender: type[models.Model], **_more: Any) -> None:
    if issubclass(sender, Audited):
        models_on_record.setdefault(kind_of(sender), sender)
        post_delete.connect(_deleted, sender=sender)


def _deleted(sender: type[Audited], instance: Audited, **_more: Any) -> None:
    """Record a deleted row, in the transaction that deletes it."""
    names = _recorded(sender)
    was = {
        field.name: getattr(instance, field.attname)
        for field in sender._meta.concrete_fields
        if field.name in names
    }
    _record(instance, "deleted", _differences(sender, was, {}))


def membership_recorder(owner: type[models.Model], name: str) -> None:
    """Record what a many-to-many field of `owner` gets and loses, such as a user's groups.

    Their rows are named by their text. Django calls this in the transaction of the change.
    """
    field: Any = owner._meta.get_field(name)
    kind = kind_of(owner)

    def changed(
        action: str,
        instance: models.Model,
        reverse: bool,
        model: type[models.Model],
        pk_set: set[Any] | None,
        **_more: Any,
    ) -> None:
        if action not in ("post_add", "post_remove", "pre_clear"):
            return
        accessor = field.remote_field.get_accessor_name() if reverse else name
        others: Any = model._base_manager.filter(pk__in=pk_set) if pk_set else ()
        if action == "pre_clear":
            others = getattr(instance, accessor).all()
        for other in others:
            row, text = (other, str(instance)) if reverse else (instance, str(other))
            values = (None, text) if action == "post_add" else (text, None)
            record(kind, "changed", f"{kind}:{row.pk}", changes=[Change(name, values)])

    m2m_changed.connect(changed, sender=field.remote_field.through, weak=False)
