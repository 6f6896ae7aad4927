"""Django's own Query and QuerySet with another executor, and the base of models that use them."""

from collections.abc import Iterator
from itertools import chain
from typing import Any, NoReturn

from django.core.exceptions import FieldError
from django.db import NotSupportedError, connections, models
from django.db.models.sql import Query
from django.db.models.sql.compiler import SQLCompiler
from django.db.models.sql.constants import MULTI, SINGLE

from helpdesk.dynamo_admin.paths import Row
from helpdesk.dynamo_admin.plan import MOST, Plan, completed, plan


class Executor(SQLCompiler):
    """Replaces Django's SQL compiler, with its interface and without SQL."""

    def as_sql(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise FieldError: what is not in SQL cannot be part of an SQL query."""
        model = self.query.model
        raise FieldError(f"{model.__name__ if model else 'This'} is not in SQL.")

    def execute_sql(self, result_type: Any = MULTI, *args: Any, **kwargs: Any) -> Any:
        self.setup_query()
        assert self.select is not None  # noqa: S101 (setup_query has set it)
        rows = plan(self.query).rows()
        names = [column.target.attname for column, _sql, _alias in self.select]
        if not self.query.default_cols:  # values(): nothing can be read later
            rows = completed(names, list(rows), self.query)
        found = (tuple(row.get(name, models.DEFERRED) for name in names) for row in rows)
        return next(found, None) if result_type == SINGLE else [list(found)]

    def results_iter(self, results: Any = None, *args: Any, **kwargs: Any) -> Iterator[Any]:
        return chain.from_iterable(self.execute_sql() if results is None else results)

    def explain_query(self) -> Iterator[str]:
        yield plan(self.query).in_words()


class PlannedQuery(Query):
    """A query that an access path executes, whichever database it names."""

    def get_compiler(
        self, using: Any = None, connection: Any = None, elide_empty: bool = True
    ) -> Executor:
        return Executor(self, connection or connections[using], using, elide_empty)

    def chain(self, klass: Any = None) -> Any:
        if klass is not None:
            raise _read_only(self.model)
        return super().chain()

    def get_count(self, using: str) -> int:
        return plan(self).count()

    def has_results(self, using: str) -> bool:
        query = self.clone()
        query.clear_ordering(force=True)
        query.set_limits(high=1)
        return next(plan(query).rows(), None) is not None

    def get_aggregation(self, using: Any, aggregate_exprs: Any) -> NoReturn:
        """Raise FieldError: sums over rows belong to reports."""
        raise FieldError(f"{self.model.__name__ if self.model else 'This'} is not in SQL: no sums.")


class PlannedQuerySet(models.QuerySet[Any]):
    """Reads like any QuerySet. Does not write."""

    def plan(self) -> Plan:
        """Return how the query would be executed. Raises FieldError."""
        return plan(self.query)

    def count_up_to(self, most: int = MOST) -> int:
        """Return how many rows there are, up to `most`."""
        return self.plan().count_up_to(most) if self._result_cache is None else min(len(self), most)

    def raw(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise FieldError(f"{self.model.__name__} is not in SQL.")

    def _write(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise _read_only(self.model)

    update = delete = create = bulk_create = bulk_update = get_or_create = _write
    update_or_create = _insert = _update = _raw_delete = _write


class Reads(models.Manager.from_queryset(PlannedQuerySet)):  # type: ignore[misc]
    """The manager of a model without a table."""

    def get_queryset(self) -> PlannedQuerySet:
        query = PlannedQuery(self.model)
        return PlannedQuerySet(self.model, query=query, using=self._db, hints=self._hints)


class PlannedModel(models.Model):
    """A model without a table: access paths read it, services write it."""

    objects = Reads()

    class Meta:
        abstract = True
        managed = False
        base_manager_name = "objects"
        default_manager_name = "objects"

    def save(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise NotSupportedError."""
        raise _read_only(type(self))

    def save_base(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise _read_only(type(self))

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise NotSupportedError."""
        raise _read_only(type(self))

    @classmethod
    def from_row(cls, row: Row) -> "PlannedModel":
        """Return an instance of a row. Attributes that the row lacks are read when they
        are used."""
        names = [field.attname for field in cls._meta.concrete_fields]
        return cls.from_db("default", names, [row.get(name, models.DEFERRED) for name in names])


def _read_only(model: Any) -> NotSupportedError:
    return NotSupportedError(f"{model.__name__} is written by services, not by its model.")
