"""Folding of text for searches, and its split into words."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

_MARKS = re.compile(
    # Accents; the points of Hebrew, the vowel signs and the stretcher of Arabic; what is not seen.
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]"
)
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ‛ʹ′`´＇", "'"))
_LETTERS = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "ħ": "h",
        "ŧ": "t",
        "ı": "i",
        "ĸ": "k",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ŋ": "n",
    }
)
"""Letters that Unicode does not take apart, as keyboards without them write them."""

_INNER = "".join(chr(at) for at in range(0x300, 0xABFF) if unicodedata.category(chr(at))[0] == "M")
_RUN = re.compile(rf"[^\W_{_INNER}](?:[^\W_]|[{_INNER}])*(?:'[^\W_](?:[^\W_]|[{_INNER}])*)*")
"""A word, with vowel signs inside it and apostrophes between letters."""

_SPACELESS = re.compile(
    # Thai, Lao, Burmese, Khmer; kana; Han; Hangul: words in a row, or names of two words in one.
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]+"
)


def folded(text: str) -> str:
    """Return `text` as searches compare it: no case, no accents, plain letters, single spaces."""
    return " ".join(_plain(text).split())


def words_asked(text: str) -> list[str]:
    """Return the words of a search, each once; each has to begin a word of what is found.

    A word of a script without spaces is cut into pairs of letters, so that it is found within a
    longer one.
    """
    return list(dict.fromkeys(_cut(run.replace("'", "") for run in _RUN.findall(_plain(text)))))


def words_to_find(text: str) -> list[str]:
    """Return the words that `text` is found by, each once.

    Those are the ones of `words_asked`, and the parts of a word with an apostrophe.
    """
    runs: list[str] = []
    for run in _RUN.findall(_plain(text)):
        runs += [run.replace("'", ""), *run.split("'")] if "'" in run else [run]
    return list(dict.fromkeys(_cut(runs)))


def folded_in_place(text: str) -> tuple[str, list[int]]:
    """Return `text` without case and accents, and for each of its letters the position
    in `text`."""
    if text.isascii():
        return _plain(text), list(range(len(text)))
    parts = [_plain_letter(letter) for letter in text]
    places = [place for place, part in enumerate(parts) for _letter in part]
    return "".join(parts), places


def pattern_of(asked: Sequence[str]) -> re.Pattern[str]:
    """Return a pattern for words in folded text that begin with one of `asked`."""
    return re.compile(
        "|".join(
            ("" if _SPACELESS.match(word) else rf"(?<![^\W_{_INNER}])")
            + "'?".join(map(re.escape, word))
            for word in asked
        )
    )


def sets_spaces(letter: str) -> bool:
    """Return whether words of the script of `letter` are separated by spaces."""
    return not _SPACELESS.match(letter)


def _cut(runs: Iterable[str]) -> list[str]:
    found: list[str] = []
    for run in runs:
        if run.isascii():
            found.append(run)
            continue
        at = 0
        for spaceless in _SPACELESS.finditer(run):
            found += [run[at : spaceless.start()]]
            row = spaceless[0]
            found += [row[place : place + 2] for place in range(len(row))]
            at = spaceless.end()
        found += [run[at:]]
    return [word for word in found if word]


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower().replace("`", "'")
    apart = _MARKS.sub("", unicodedata.normalize("NFKD", text.translate(_APOSTROPHES)))
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", apart.casefold())).translate(_LETTERS)
    return unicodedata.normalize("NFC", plain).translate(_APOSTROPHES)


@lru_cache(maxsize=4_096)
def _plain_letter(letter: str) -> str:
    return _plain(letter)
