"""What an upgrade of this desk to this release will do. Reads; changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.module_loading import import_string

from helpdesk import static_files
from helpdesk.dynamo.table import missing_from_tables
from helpdesk.release.operations import HARMLESS, Effect, Step, steps
from helpdesk.release.reviewed import REVIEWED
from helpdesk.release.settings import GONE, NEW


class Due(IntEnum):
    """What somebody has to do; the exit code of `check_release`."""

    NOTHING = 0
    COMMANDS = 1
    THOUGHT = 2
    """Something may hold up or break the release that serves."""


@dataclass(frozen=True)
class Part:
    """A part of the report: what will be done, and the command that does it."""

    title: str
    lines: list[str] = field(default_factory=list)
    command: str = ""
    due: Due = Due.NOTHING


def report(environ: Mapping[str, str]) -> list[Part]:
    """Return all parts, in the order in which an upgrade goes.

    Cost: describes each table of DynamoDB, and reads static files of our own.
    """
    return [_settings(environ), _migrations(), _tables(), _static_files(), _data()]


def _settings(environ: Mapping[str, str]) -> Part:
    new = [
        f"{name} is new, and not set: {text}" for name, text in NEW.items() if name not in environ
    ]
    gone = [
        f"{name} is set, and not read any more. {text}".rstrip()
        for name, text in GONE.items()
        if name in environ
    ]
    return Part("Settings", [*gone, *new], due=Due.THOUGHT if gone else Due.NOTHING)


def _migrations() -> Part:
    executor = MigrationExecutor(connection)
    applied = [
        node for node in executor.loader.applied_migrations if node in executor.loader.graph.nodes
    ]
    plan = [
        migration
        for migration, _back in executor.migration_plan(executor.loader.graph.leaf_nodes())
    ]
    found = list(steps(plan, executor.loader.project_state(applied)))
    if not plan:
        return Part("Migrations")
    told = [step for step in found if step.effect is not Effect.NOTHING]
    lines = [_line(step) for step in told]
    if quiet := len(found) - len(told):
        lines.append(f"{quiet} more operations change nothing in the database")
    # A database without tables has no release that serves.
    risky = applied and any(
        step.effect not in HARMLESS and str(step) not in REVIEWED for step in told
    )
    due = Due.THOUGHT if risky else Due.COMMANDS
    return Part("Migrations", lines, "python manage.py migrate", due)


def _line(step: Step) -> str:
    if step.effect not in HARMLESS and str(step) in REVIEWED:
        return f"{step} (reviewed: {REVIEWED[str(step)]})"
    return f"{step} ({step.effect.value})"


def _tables() -> Part:
    lines = [f"{missing} is to be made" for missing in missing_from_tables()]
    due = Due.COMMANDS if lines else Due.NOTHING
    return Part("DynamoDB", lines, "python manage.py create_tables", due)


def _static_files() -> Part:
    if not static_files.is_built():
        return Part(
            "Static files", ["The stylesheet is not built."], static_files.BUILD, Due.COMMANDS
        )
    lines = [f"{name} is to be collected" for name in static_files.not_collected()]
    due = Due.COMMANDS if lines else Due.NOTHING
    return Part("Static files", lines, static_files.COLLECT, due)


def _data() -> Part:
    if not import_string(settings.DATA_UPGRADE_IS_DUE)():
        return Part("Data")
    line = "Data of an earlier release, to be upgraded while the new release serves"
    return Part("Data", [line], "python manage.py upgrade_data", Due.COMMANDS)
