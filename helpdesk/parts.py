"""Parts of `make run` that run only while they are needed.

Each is named in OPTIONAL_PARTS with a function that says whether it is wanted. `make run` watches a
folder: while it has a file with the name of a part, that part runs. So a change (of a mailbox in
the admin) starts the part that it needs, and a part with nothing to do takes no memory.
"""

from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string


def ask_for_wanted() -> None:
    """Let `make run` start the parts that are wanted now, and stop the others.
    Elsewhere no effect."""
    folder = Path(settings.PARTS_FOLDER)
    if not settings.PARTS_FOLDER or not folder.is_dir():
        return
    for name, is_wanted in settings.OPTIONAL_PARTS.items():
        if import_string(is_wanted)():
            (folder / name).touch()
        else:
            (folder / name).unlink(missing_ok=True)
