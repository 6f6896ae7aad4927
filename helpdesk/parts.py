"""Parts of `make run` that run only while something is to be done.

Each is named in OPTIONAL_PARTS with a function that says whether it is wanted. `make run` looks at
a folder: while a file there has the name of a part, that part runs. So whoever changes what a part
is there for (a mailbox in the admin) starts it, and no part that does nothing takes memory.
"""

from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string


def ask_for_wanted() -> None:
    """Let `make run` start what is wanted now, and stop what no longer is. Elsewhere: nothing."""
    folder = Path(settings.PARTS_FOLDER)
    if not settings.PARTS_FOLDER or not folder.is_dir():
        return
    for name, is_wanted in settings.OPTIONAL_PARTS.items():
        if import_string(is_wanted)():
            (folder / name).touch()
        else:
            (folder / name).unlink(missing_ok=True)
