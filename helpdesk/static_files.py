"""Whether the static files of pages are there: the stylesheet is built, and all are collected.

A process reads the manifest once, when it starts. So what is collected later needs a new start,
and of gunicorn a new master: workers are forked from what the master has read.
"""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import structlog
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.checks import CheckMessage, Error

log = structlog.get_logger(__name__)

STYLESHEET = "css/desk.css"
BUILD = "npm ci --prefix theme/static_src && npm run build --prefix theme/static_src"
COLLECT = "python manage.py collectstatic --no-input"


def are_known() -> bool:
    """Return whether this process has read a manifest with the stylesheet. Costs nothing."""
    manifest = _manifest()
    return manifest is None or STYLESHEET in manifest


def are_there() -> bool:
    """Return whether pages can name the stylesheet, and it is in its place. Cost: one stat."""
    manifest = _manifest()
    if manifest is None:
        return True
    return STYLESHEET in manifest and staticfiles_storage.exists(manifest[STYLESHEET])


def is_built() -> bool:
    """Return whether the stylesheet is among the sources of collectstatic."""
    return finders.find(STYLESHEET) is not None


def not_collected() -> list[str]:
    """Return our own files that are not collected as they are in the code.

    A name has a digest of what the file is once the names in it have theirs. So the files are
    collected for a trial, in a folder that is deleted. Empty in development, where files are served
    from where they are.
    """
    manifest, stylesheet = _manifest(), finders.find(STYLESHEET)
    if manifest is None or not isinstance(stylesheet, str):
        return []
    with TemporaryDirectory() as place:
        for folder in (stylesheet.removesuffix(STYLESHEET), *settings.STATICFILES_DIRS):
            shutil.copytree(str(folder), place, dirs_exist_ok=True)
        names = sorted(
            path.relative_to(place).as_posix() for path in Path(place).rglob("*") if path.is_file()
        )
        storage: Any = staticfiles_storage.__class__
        trial = storage(location=place)
        for _name, _hashed, done in trial.post_process({name: (trial, name) for name in names}):
            if isinstance(done, Exception):
                raise done
        return [name for name in names if manifest.get(name) != trial.hashed_files[name]]


def report_missing() -> None:
    """Log an error if pages cannot be shown."""
    if not are_there():
        log.error("static_files_missing", stylesheet_built=is_built())


def check(**_: Any) -> list[CheckMessage]:
    """Check of `manage.py check --deploy`: what has to be built or collected."""
    if are_there():
        return []
    if not is_built():
        return [Error("The stylesheet is not built.", hint=BUILD, id="helpdesk.E001")]
    return [
        Error(
            "The static files are not collected in STATIC_ROOT.",
            hint=f"{COLLECT}; then restart the web processes.",
            id="helpdesk.E002",
        )
    ]


def _manifest() -> dict[str, str] | None:
    """Return the names of collected files by those of their sources; None in development."""
    return getattr(staticfiles_storage, "hashed_files", None)
