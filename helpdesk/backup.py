"""Back up an installation on one machine into a folder, and restore it into an empty one.

The embedded DynamoDB first, then SQL and files: it names both, so each is there that it names.
Each database is one instant of itself, while all of it is in use. A folder is there whole or not at
all. Secrets are not in it. See docs/backup.md, and for why it is so
docs/decisions/0069-backups-on-one-machine.md.
"""

import fcntl
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any

from django.conf import settings

from helpdesk.clock import this_second

MANIFEST = "backup.json"
DYNAMODB, SQLITE, POSTGRES, FILES = (
    *("dynamodb.sqlite3", "django.sqlite3", "postgres.dump"),
    "attachments",
)
PATIENCE = 60
"""Seconds to wait for a lock of SQLite."""


class Refused(Exception):
    """Nothing was written. The message says why, and what to do instead."""


@dataclass(frozen=True)
class Manifest:
    """What a backup has. It is written last: without it a backup is not one."""

    begun_at: str
    """Everything that was confirmed before it is in the backup."""
    databases: dict[str, str]
    """SHA-256 of each, by the name of its file."""
    files: int
    """Attachments and emails; 0 if they are in a bucket."""


def engines_file() -> Path:
    """Return where the embedded DynamoDB of `make run` keeps its data."""
    return Path(settings.DATA_DIR) / DYNAMODB


def backup(folder: Path, *, dynamodb: Path, sql: bool = True) -> Manifest:
    """Write a backup to a new folder. `dynamodb` is the file of the embedded engine.

    Without `sql` somebody else dumps PostgreSQL, after this.

    Cost: reads and writes all data once; others write meanwhile. Raises Refused, OSError.
    """
    if folder.exists():
        raise Refused(f"{folder} is there already.")
    if not dynamodb.is_file():
        raise Refused(
            f"There is no {dynamodb}. Name the file of the embedded DynamoDB with --dynamodb; "
            "DynamoDB of AWS is backed up by AWS: docs/backup.md."
        )
    begun = this_second()
    with _whole(folder) as part:
        _snapshot(dynamodb, part / DYNAMODB)
        if sql and _is_sqlite():
            _snapshot(Path(_database()["NAME"]), part / SQLITE)
        elif sql:
            _postgres("pg_dump", "--format=custom", "--no-owner", f"--file={part / POSTGRES}")
        files = 0 if settings.ATTACHMENTS_BUCKET else _copy_files(_files(), part / FILES)
        made = Manifest(
            begun_at=f"{begun:%Y-%m-%dT%H:%M:%SZ}",
            databases={path.name: _digest(path) for path in part.iterdir() if path.is_file()},
            files=files,
        )
        (part / MANIFEST).write_text(json.dumps(asdict(made), indent=1))
        _keep(part / MANIFEST)
    return made


def restore(folder: Path, *, dynamodb: Path) -> Manifest:
    """Restore a backup to where nothing is yet, with everything stopped.

    Raises Refused if the backup is not whole, if something is there already, or if the desk is
    running.
    """
    found = _manifest(folder)
    _refuse_running()
    sql = {SQLITE, POSTGRES} & found.databases.keys()
    if sql and sql != {SQLITE if _is_sqlite() else POSTGRES}:
        raise Refused("The backup is of the other kind of database: see DATABASE_URL.")
    sqlite = Path(_database()["NAME"])
    for there in (dynamodb, *([sqlite] if SQLITE in sql else [])):
        if there.exists() and there.stat().st_size:
            raise Refused(f"{there} is there already. Move it away: a restore replaces nothing.")
    if found.files and _files().is_dir() and any(_files().iterdir()):
        raise Refused(f"{_files()} has files. Move it away: a restore replaces nothing.")
    if POSTGRES in sql and _postgres(
        "psql", "-Atc", "SELECT 1 FROM pg_tables WHERE schemaname='public'"
    ):
        raise Refused("The database has tables. Restore into an empty one.")
    if found.files:
        _copy_files(folder / FILES, _files())
    if SQLITE in sql:
        _copy(folder / SQLITE, sqlite)
    elif POSTGRES in sql:
        words = ("--no-owner", "--exit-on-error", "--single-transaction", str(folder / POSTGRES))
        _postgres("pg_restore", f"--dbname={_database()['NAME']}", *words)
    _copy(folder / DYNAMODB, dynamodb)
    return found


def _manifest(folder: Path) -> Manifest:
    try:
        found = Manifest(**json.loads((folder / MANIFEST).read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise Refused(f"{folder} is no whole backup: it has no {MANIFEST}.") from error
    for name, digest in found.databases.items():
        if not (folder / name).is_file() or _digest(folder / name) != digest:
            raise Refused(f"{folder / name} is not as it was written.")
    return found


def _refuse_running() -> None:
    """`make run` holds this lock as long as it runs."""
    lock = Path(settings.DATA_DIR) / "desk.lock"
    if not lock.is_file():
        return
    with lock.open() as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Refused("Helpdesk is running on this data. Stop it first.") from error


def _snapshot(source: Path, target: Path) -> None:
    """Write one instant of a SQLite database in use to a new file, and check that it is sound.

    The file alone lacks what is still in its write-ahead log. VACUUM INTO also leaves out freed
    pages, in which erased data would be.
    """
    with closing(sqlite3.connect(f"{source.as_uri()}?mode=rw", uri=True, timeout=PATIENCE)) as live:
        live.execute("VACUUM INTO ?", (str(target),))
    with closing(sqlite3.connect(target)) as copy:
        if copy.execute("PRAGMA quick_check").fetchall() != [("ok",)]:
            raise Refused(f"{source} is damaged.")
    _keep(target)


def _copy_files(source: Path, target: Path) -> int:
    """Copy every whole file, and return how many. What is erased meanwhile is left out."""
    count = 0
    for path in sorted(source.rglob("*")) if source.is_dir() else ():
        if path.is_file() and path.suffix != ".part":
            to = target / path.relative_to(source)
            to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                shutil.copy2(path, to)
            except FileNotFoundError:
                continue
            _keep(to)
            count += 1
    return count


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    shutil.copyfile(source, part)
    _keep(part)
    os.replace(part, target)


def _keep(path: Path) -> None:
    """Make a file its owner's alone, and see that it is on the disk."""
    path.chmod(0o600)
    _to_disk(path)


def _to_disk(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """Yield a folder that gets its name at the end, and is removed after an error."""
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700, parents=True)
    try:
        yield part
        os.replace(part, folder)
        _to_disk(folder.parent)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _postgres(*words: str) -> str:
    """Run a program of PostgreSQL on the desk's database, and return what it prints.

    Its password is in the environment, where other users do not see it.
    """
    database = _database()
    connection = {
        "PGHOST": database["HOST"],
        "PGPORT": str(database["PORT"] or ""),
        "PGUSER": database["USER"],
        "PGPASSWORD": database["PASSWORD"],
        "PGDATABASE": database["NAME"],
    }
    env = {**os.environ, **{name: value for name, value in connection.items() if value}}
    try:
        done = subprocess.run(  # noqa: S603 (words of this module)
            words, env=env, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise Refused(f"{words[0]} is missing: install PostgreSQL's client programs.") from error
    if done.returncode:
        raise Refused(f"{words[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


def _is_sqlite() -> bool:
    return bool(_database()["ENGINE"].endswith("sqlite3"))


def _database() -> dict[str, Any]:
    return dict(settings.DATABASES["default"])


def _files() -> Path:
    storages: Any = settings.STORAGES
    return Path(storages["attachments"]["OPTIONS"]["location"])


def _digest(path: Path) -> str:
    with path.open("rb") as opened:
        return file_digest(opened, "sha256").hexdigest()
