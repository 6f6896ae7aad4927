"""Migration operations that build and drop indexes while a release serves.

PostgreSQL does so outside of a transaction: a migration with these says `atomic = False`. Since it
may then end between two of them, each can be repeated. Elsewhere they are Django's own.
"""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import AddIndex, RemoveIndex
from django.db.migrations.state import ProjectState
from django.db.models import Index, Model


class AddIndexConcurrently(AddIndex):
    """Builds the index without holding up writes, unless it is there."""

    atomic = False

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        _add(schema_editor, to_state.apps.get_model(app_label, self.model_name), self.index)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        _remove(schema_editor, from_state.apps.get_model(app_label, self.model_name), self.index)

    def describe(self) -> str:
        return f"Concurrently create index {self.index.name} on {self.model_name}"


class RemoveIndexConcurrently(RemoveIndex):
    """Drops the index without waiting for whoever reads the table, if it is there."""

    atomic = False

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        index = from_state.models[app_label, self.model_name_lower].get_index_by_name(self.name)
        _remove(schema_editor, model, index)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        index = to_state.models[app_label, self.model_name_lower].get_index_by_name(self.name)
        _add(schema_editor, model, index)

    def describe(self) -> str:
        return f"Concurrently remove index {self.name} from {self.model_name}"


def _add(schema_editor: BaseDatabaseSchemaEditor, model: type[Model], index: Index) -> None:
    """Build an index that is not there. What an interrupted build has left is dropped first:
    PostgreSQL keeps it, and never reads it."""
    found = _is_whole(schema_editor, model, index)
    if found is False:
        schema_editor.remove_index(model, index, **_how(schema_editor))
    if not found:
        schema_editor.add_index(model, index, **_how(schema_editor))


def _remove(schema_editor: BaseDatabaseSchemaEditor, model: type[Model], index: Index) -> None:
    if _is_whole(schema_editor, model, index) is not None:
        schema_editor.remove_index(model, index, **_how(schema_editor))


def _how(schema_editor: BaseDatabaseSchemaEditor) -> dict[str, Any]:
    return {"concurrently": True} if schema_editor.connection.vendor == "postgresql" else {}


def _is_whole(
    schema_editor: BaseDatabaseSchemaEditor, model: type[Model], index: Index
) -> bool | None:
    """Return None without such an index, and False for what an interrupted build has left."""
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            table = model._meta.db_table
            return index.name in connection.introspection.get_constraints(cursor, table) or None
        cursor.execute(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)",
            [connection.ops.quote_name(index.name)],
        )
        row = cursor.fetchone()
    return row[0] if row else None
