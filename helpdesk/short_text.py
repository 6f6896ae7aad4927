"""Short texts on one line: names, subjects, tags, reasons."""

import re
from typing import Any

from django.db import models

_UNSEEN = re.compile(
    "[\N{SOFT HYPHEN}\N{ARABIC LETTER MARK}\N{ZERO WIDTH SPACE}\N{LEFT-TO-RIGHT MARK}"
    "\N{RIGHT-TO-LEFT MARK}\u202a-\u202e\u2060-\u2069\ufeff]"
)


def one_line(text: str) -> str:
    """Return `text` on one line with single spaces and without invisible characters.

    Those change the direction of the text beside them, and make two lines differ that look the
    same. Joiners, which letters of some scripts and emoji need, stay.
    """
    return " ".join(_UNSEEN.sub("", text).split())


class LineField(models.CharField):
    """A CharField of one line. Forms and the admin normalize it before they validate it, so that
    two names that look the same are the same."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return one_line(text) if isinstance(text, str) else text

    def deconstruct(self) -> Any:
        """Deconstruct as a CharField, which it is to the database, so that migrations do not
        differ."""
        name, _path, arguments, named = super().deconstruct()
        return name, "django.db.models.CharField", arguments, named
