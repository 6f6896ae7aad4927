"""File storage in a folder, in which a file is there whole or not at all."""

import os
from typing import Any

from django.core.files.storage import FileSystemStorage


class WholeFiles(FileSystemStorage):
    """A file gets its name when all of it is on the disk.

    A failure before that leaves nothing. Only a process that dies leaves a `.part` file, which no
    message names.
    """

    def _save(self, name: str, content: Any) -> str:
        part = f"{name}.part"
        try:
            part = super()._save(part, content)  # type: ignore[misc]  # its documented hook
            _to_disk(self.path(part))
            os.replace(self.path(part), self.path(name))
            _to_disk(os.path.dirname(self.path(name)))
        except BaseException:
            self.delete(part)
            self.delete(name)
            raise
        return name


def _to_disk(path: str) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
