"""Short texts that people read in one line: names, subjects, tags, reasons."""

import re
from typing import Any

from django.db import models

_UNSEEN = re.compile(
    "[\N{SOFT HYPHEN}\N{ARABIC LETTER MARK}\N{ZERO WIDTH SPACE}\N{LEFT-TO-RIGHT MARK}"
    "\N{RIGHT-TO-LEFT MARK}\u202a-\u202e\u2060-\u2069\ufeff]"
)


def one_line(text: str) -> str:
    """`text` as a line that shows what it holds: single spaces, and no marks that cannot be seen.

    Such marks turn the direction of whatever stands beside them, and make two lines that look the
    same differ. Joiners, which letters of some scripts and emoji need, stay.
    """
    return " ".join(_UNSEEN.sub("", text).split())


class LineField(models.CharField):
    """A CharField of one line: what a form or the admin takes is brought into form before it is
    checked, so that two names that look the same are the same."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return one_line(text) if isinstance(text, str) else text

    def deconstruct(self) -> Any:
        """As a CharField, which it is to the database: no migration knows of the difference."""
        name, _path, arguments, named = super().deconstruct()
        return name, "django.db.models.CharField", arguments, named
