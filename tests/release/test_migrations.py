"""Migrations run while the release before them serves: CONTRIBUTING.md, "Migrations"."""

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState
from django.utils import timezone

from helpdesk.concurrent_indexes import AddIndexConcurrently, RemoveIndexConcurrently
from helpdesk.release.operations import HARMLESS, Effect, steps
from helpdesk.release.reviewed import REVIEWED

BEFORE = [
    ("accounts", "0005_api_tokens"),
    ("customers", "0002_admin_models"),
    ("reporting", "0001_what_if"),
    ("tickets", "0008_covering_indexes"),
]
"""The last migrations of the release before (bcb00ae), which may serve meanwhile."""
OURS = ("helpdesk", "tickets", "customers", "reporting", "theme")
"""Packages whose apps are ours."""


@pytest.fixture(scope="module")
def loader():
    return MigrationLoader(None)


def test_no_migration_holds_up_or_breaks_the_release_before(loader):
    ours = [config for config in apps.get_app_configs() if config.name.split(".")[0] in OURS]
    app_labels = {config.label for config in ours} & loader.migrated_apps
    leaves = [node for node in loader.graph.leaf_nodes() if node[0] in app_labels]
    done = {node for last in BEFORE for node in loader.graph.forwards_plan(last)}
    plan = [
        loader.graph.nodes[node]
        for node in dict.fromkeys(
            node for leaf in leaves for node in loader.graph.forwards_plan(leaf)
        )
        if node not in done and node[0] in app_labels
    ]
    assert len(plan) > 20
    assert {one.app_label for one in plan} == app_labels > {app for app, _name in BEFORE}

    risky = {
        str(step): step.effect.value
        for step in steps(plan, loader.project_state(BEFORE))
        if step.effect not in HARMLESS
    }
    assert {name: effect for name, effect in risky.items() if name not in REVIEWED} == {}
    assert not REVIEWED.keys() - risky.keys(), "these need no excuse any more"


def test_what_the_release_before_writes_is_taken(db, loader):
    """Each column that it does not know is null or has a default in the database."""
    before = loader.project_state(BEFORE).apps
    with connection.cursor() as cursor:
        for app, _name in BEFORE:
            for model in before.get_app_config(app).get_models():
                if not model._meta.managed:
                    continue
                known = {field.column for field in model._meta.concrete_fields}
                table = connection.introspection.get_table_description(cursor, model._meta.db_table)
                asked = {one.name for one in table if not one.null_ok and one.default is None}
                assert known <= {one.name for one in table}, model
                assert asked <= known, model

    user = before.get_model("accounts", "User").objects.create(username="wanda")
    token = before.get_model("accounts", "ApiToken").objects.create(
        user=user, name="till", beginning="abc", digest="d", expires_at=timezone.now()
    )
    bulk = before.get_model("tickets", "Bulk").objects.create(
        asked_by=user, action="status", ticket_ids=[]
    )
    assert apps.get_model("accounts", "User").objects.get(pk=user.pk).language == ""
    assert apps.get_model("accounts", "ApiToken").objects.get(pk=token.pk).mailbox == ""
    assert apps.get_model("tickets", "Bulk").objects.get(pk=bulk.pk).filters == {}


def _crate(**more):
    fields = [
        ("id", models.BigAutoField(primary_key=True)),
        ("label", models.CharField(max_length=9)),
    ]
    return ModelState("yard", "Crate", fields, options=more)


INDEX = models.Index(fields=["label"], name="crate_label")
ALTER = ("crate", "label")
EFFECTS = [
    (operations.AddIndex("crate", INDEX), Effect.HOLDS_UP),
    (AddIndexConcurrently("crate", INDEX), Effect.BESIDE),
    (operations.AddField("crate", "a", models.CharField(max_length=9, default="")), Effect.BREAKS),
    (operations.AddField("crate", "a", models.BooleanField(db_default=True)), Effect.AT_ONCE),
    (operations.AddField("crate", "a", models.CharField(null=True, unique=True)), Effect.HOLDS_UP),
    (operations.AlterField(*ALTER, models.CharField("Label", max_length=9)), Effect.NOTHING),
    (operations.AlterField(*ALTER, models.CharField(max_length=9, default="-")), Effect.NOTHING),
    (operations.AlterField(*ALTER, models.CharField(max_length=20)), Effect.AT_ONCE),
    (operations.AlterField(*ALTER, models.CharField(max_length=8)), Effect.BREAKS),
    (operations.AlterField(*ALTER, models.CharField(max_length=9, null=True)), Effect.AT_ONCE),
    (operations.AlterField(*ALTER, models.IntegerField()), Effect.BREAKS),
    (operations.AlterField(*ALTER, models.CharField(max_length=9, unique=True)), Effect.HOLDS_UP),
    (operations.RemoveField("crate", "label"), Effect.BREAKS),
    (operations.RenameField("crate", "label", "name"), Effect.BREAKS),
    (operations.RenameModel("Crate", "Box"), Effect.BREAKS),
    (operations.DeleteModel("Crate"), Effect.BREAKS),
    (
        operations.CreateModel("Lid", [("id", models.BigAutoField(primary_key=True))]),
        Effect.AT_ONCE,
    ),
    (operations.RunSQL("VACUUM"), Effect.OWN_CODE),
]


def effects(*asked, state=()):
    migration = Migration("0002", "yard")
    migration.operations = list(asked)
    project = ProjectState()
    for model in state:
        project.add_model(model)
    return [step.effect for step in steps([migration], project)]


def test_what_an_operation_does_to_the_release_that_serves(subtests):
    for operation, effect in EFFECTS:
        with subtests.test(operation.describe()):
            assert effects(operation, state=[_crate()]) == [effect]
    renamed = [operations.RenameModel("Crate", "Box"), operations.AddIndex("box", INDEX)]
    table = _crate(db_table="crates")
    assert effects(*renamed, state=[table]) == [Effect.NOTHING, Effect.HOLDS_UP]
    new = operations.CreateModel("Crate", _crate().fields.items())
    assert effects(new, operations.AddIndex("crate", INDEX)) == [Effect.AT_ONCE, Effect.AT_ONCE]


def indexes():
    with connection.cursor() as cursor:
        return connection.introspection.get_constraints(cursor, "tickets_entrytag").keys()


@pytest.mark.django_db(transaction=True)
def test_an_index_is_built_and_dropped_however_often_a_migration_was_interrupted(loader):
    state = loader.project_state([("tickets", "0008_covering_indexes")])
    index = models.Index(fields=["entry"], name="tag_entry_again")
    build = AddIndexConcurrently("entrytag", index)
    after = state.clone()
    build.state_forwards("tickets", after)
    drop = RemoveIndexConcurrently("entrytag", index.name)

    def run(operation, old, new):
        with connection.schema_editor(atomic=False) as editor:
            operation.database_forwards("tickets", editor, old, new)

    assert index.name not in indexes()
    for _ in range(2):
        run(build, state, after)
        assert index.name in indexes()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            mark = "UPDATE pg_index SET indisvalid = %s WHERE indexrelid = %s::regclass"
            cursor.execute(mark, [False, index.name])
            run(build, state, after)
            cursor.execute(
                "SELECT indisvalid FROM pg_index WHERE indexrelid = %s::regclass", [index.name]
            )
            assert cursor.fetchone() == (True,)
    for _ in range(2):
        run(drop, after, state)
        assert index.name not in indexes()
