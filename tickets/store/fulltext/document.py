"""What full text consists of, in any database."""

from dataclasses import dataclass
from enum import Enum, auto


@dataclass(frozen=True)
class Document:
    """The words of a ticket: `strong` (number, subject, people, vehicle) and `weak` (description
    and conversation), plain and folded; and `original`, for snippets."""

    number: int
    strong: list[str]
    weak: list[str]
    original: str


class Field(Enum):
    """Where all the words of a search have to be."""

    STRONG = auto()
    ANYWHERE = auto()
    NOT_ONLY_STRONG = auto()
    """Anywhere, but not all of them in the strong words."""
