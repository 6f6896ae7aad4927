"""What the operations of migrations do to a database in which another release serves.

Judged by what PostgreSQL locks; it has to hold for tables of any size.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.db.migrations import Migration, operations
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import ForeignKey, ManyToManyField
from django.db.models.fields import NOT_PROVIDED

from helpdesk.concurrent_indexes import AddIndexConcurrently, RemoveIndexConcurrently

_NO_MATTER = {"default", "auto_now", "auto_now_add"}
"""What the database is not told of a field, besides Django's own `non_db_attrs`."""
_OF_THE_MODEL = (
    operations.AlterModelOptions,
    operations.AlterModelManagers,
    operations.AlterModelTableComment,
    operations.AlterConstraint,
)


class Effect(Enum):
    """What an operation does; `value` is said to operators."""

    NOTHING = "nothing in the database"
    AT_ONCE = "done at once"
    BESIDE = "takes time, while others go on"
    HOLDS_UP = "holds up writes to the table until it is done"
    BREAKS = "the running release can fail afterwards"
    OWN_CODE = "code of its own: read it"


HARMLESS = {Effect.NOTHING, Effect.AT_ONCE, Effect.BESIDE}


@dataclass(frozen=True)
class Step:
    """An operation of a migration, and its effect."""

    migration: Migration
    operation: Operation
    effect: Effect

    def __str__(self) -> str:
        """Names it for good: app, migration, operation."""
        name = f"{self.migration.app_label}.{self.migration.name}"
        return f"{name}: {self.operation.describe()}"


def steps(plan: Iterable[Migration], state: ProjectState) -> Iterator[Step]:
    """Yield the operations of `plan`, which begins with the models of `state`.

    What happens to tables that the plan creates holds nobody up. `state` becomes what the plan
    leaves.
    """
    known = {key for key, model in state.models.items() if _has_a_table(model)}
    for migration in plan:
        for operation in migration.operations:
            before = state.clone()
            operation.state_forwards(migration.app_label, state)
            effect = _effect(operation, migration.app_label, before, state)
            key = _model_of(operation, migration.app_label)
            if key not in known:
                effect = _unless_known(operation, effect)
            if isinstance(operation, operations.RenameModel) and key in known:
                known.add((migration.app_label, operation.new_name_lower))
            yield Step(migration, operation, effect)


def _unless_known(operation: Operation, effect: Effect) -> Effect:
    if isinstance(operation, operations.CreateModel) or effect is Effect.NOTHING:
        return effect
    return effect if effect is Effect.OWN_CODE else Effect.AT_ONCE


def _effect(operation: Operation, app: str, before: ProjectState, after: ProjectState) -> Effect:
    match operation:
        case AddIndexConcurrently() | RemoveIndexConcurrently():
            return Effect.BESIDE
        case operations.AddIndex():
            return Effect.HOLDS_UP
        case operations.CreateModel():
            model = after.models[app, operation.name_lower]
            return Effect.AT_ONCE if _has_a_table(model) else Effect.NOTHING
        case operations.RemoveIndex() | operations.RemoveConstraint():
            return Effect.AT_ONCE
        case operations.AddField():
            return _added(operation.field)
        case operations.AlterField():
            fields = before.models[app, operation.model_name_lower].fields
            return _altered(fields[operation.name], operation.field)
        case operations.AlterModelTable() | operations.RenameModel():
            old, new = _tables(operation, app, before, after)
            return Effect.NOTHING if old == new else Effect.BREAKS
        case operations.SeparateDatabaseAndState():
            return Effect.OWN_CODE if operation.database_operations else Effect.NOTHING
        # The running release reads what is removed, and may write what a constraint refuses.
        case (
            operations.RemoveField()
            | operations.RenameField()
            | operations.DeleteModel()
            | operations.AddConstraint()
        ):
            return Effect.BREAKS
        case _ if isinstance(operation, _OF_THE_MODEL):
            return Effect.NOTHING
    return Effect.OWN_CODE


def _added(field: Any) -> Effect:
    if isinstance(field, ManyToManyField):
        return Effect.AT_ONCE  # a table of its own
    if not field.null and field.db_default is NOT_PROVIDED:
        return Effect.BREAKS  # Django removes the default again, and the running release gives none
    indexed = field.db_index or field.unique
    return Effect.HOLDS_UP if indexed else Effect.AT_ONCE


def _altered(old: Any, new: Any) -> Effect:
    was, becomes = _in_database(old), _in_database(new)
    changed = {name for name in was.keys() | becomes.keys() if was.get(name) != becomes.get(name)}
    if changed <= _NO_MATTER:
        return Effect.NOTHING
    widened = new.max_length is None or (old.max_length or 0) <= new.max_length
    if changed <= {"null", "db_default", "max_length"} and (new.null or not old.null) and widened:
        return Effect.AT_ONCE
    if changed <= {"unique", "db_index"}:
        return Effect.HOLDS_UP if new.db_index or new.unique else Effect.AT_ONCE
    return Effect.BREAKS


def _in_database(field: Any) -> dict[str, Any]:
    """Return what the database knows of a field; another model as its name."""
    _name, path, positional, named = field.deconstruct()
    known = {name: one for name, one in named.items() if name not in field.non_db_attrs}
    if isinstance(field, ForeignKey):
        known["to"] = str(known["to"]).lower()
    return {**known, "": (path, positional), "column": field.db_column}


def _tables(operation: Any, app: str, before: ProjectState, after: ProjectState) -> tuple[str, str]:
    if isinstance(operation, operations.RenameModel):
        names = (operation.old_name_lower, operation.new_name_lower)
    else:
        names = (operation.name_lower, operation.name_lower)
    old, new = before.models[app, names[0]], after.models[app, names[1]]
    return _table(old), _table(new)


def _table(model: ModelState) -> str:
    return model.options.get("db_table") or f"{model.app_label}_{model.name_lower}"


def _has_a_table(model: ModelState) -> bool:
    return model.options.get("managed", True) and not model.options.get("proxy", False)


def _model_of(operation: Operation, app: str) -> tuple[str, str] | None:
    """Return the model whose table an operation changes; None where it names none."""
    for attribute in ("model_name_lower", "old_name_lower", "name_lower"):
        if name := getattr(operation, attribute, None):
            return app, name
    return None
