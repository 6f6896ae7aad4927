"""Conditional writes: all of a change or nothing."""

from typing import Any

from django.utils.translation import gettext as _
from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.condition import Condition as Condition
from pynamodb.expressions.update import Action as Action
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from helpdesk.dynamo.table import connection
from helpdesk.errors import Busy


class ConditionFailed(Exception):
    """Conditions of a transaction did not hold, and nothing was written.

    `failed` holds the items whose conditions failed.
    """

    def __init__(self, failed: list[Model]) -> None:
        self.failed = failed
        super().__init__(f"{len(failed)} condition(s) of the transaction did not hold")


class Contended(Busy):
    """Another transaction held an item of this one; nothing was written, a retry may succeed."""


class Transaction:
    """At most 100 items that are written together or not at all.

    A context manager: leaving the block commits; an exception inside writes nothing. Raises
    ConditionFailed or Contended on leaving.
    """

    def __init__(self) -> None:
        self._write = TransactWrite(connection=connection(), return_consumed_capacity="TOTAL")
        self._checked: list[Model] = []
        self._put: list[Model] = []
        self._updated: list[Model] = []
        self._deleted: list[Model] = []

    def put(self, item: Model, condition: Condition | None = None) -> None:
        self._write.save(item, condition)
        self._put.append(item)

    def update(
        self, item: Model, actions: list[Action], condition: Condition | None = None
    ) -> None:
        self._write.update(item, actions, condition)
        self._updated.append(item)

    def delete(self, item: Model, condition: Condition | None = None) -> None:
        self._write.delete(item, condition)
        self._deleted.append(item)

    def check(self, kind: type[Model], hash_key: str, range_key: str, condition: Condition) -> None:
        """Commit only if `condition` holds for an item that the transaction does not write."""
        self._write.condition_check(kind, hash_key, range_key, condition)
        self._checked.append(kind(hash_key, range_key))

    def _has_items(self) -> bool:
        return bool(self._checked or self._put or self._updated or self._deleted)

    def __enter__(self) -> "Transaction":
        return self

    def __exit__(self, error_type: Any, error: Any, traceback: Any) -> None:
        if error_type is not None or not self._has_items():
            return
        try:
            self._write.__exit__(None, None, None)  # PynamoDB commits on the way out
        except TransactWriteError as cancelled:
            # PynamoDB sends checks, deletes, puts, updates; reasons come back in that order.
            sent = [*self._checked, *self._deleted, *self._put, *self._updated]
            codes = [reason.code if reason else None for reason in cancelled.cancellation_reasons]
            failed = [
                item
                for item, code in zip(sent, codes, strict=False)
                if code == "ConditionalCheckFailed"
            ]
            if failed:
                raise ConditionFailed(failed) from cancelled
            if "TransactionConflict" in codes:
                raise Contended(_("Someone else is updating this. Try again.")) from cancelled
            raise


def changes(before: Model, after: Model) -> list[Action]:
    """Return the actions that turn the stored `before` into `after`: only what differs.

    Attributes that neither has stay as they are, so that an older release that is still running
    does not delete what a newer one wrote.
    """
    was, becomes = before.serialize(), after.serialize()
    actions: list[Action] = []
    for name, attribute in type(after).get_attributes().items():
        key = attribute.attr_name
        if attribute.is_hash_key or attribute.is_range_key or was.get(key) == becomes.get(key):
            continue
        value = getattr(after, name)
        actions.append(attribute.remove() if value is None else attribute.set(value))
    return actions
