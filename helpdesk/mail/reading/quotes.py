"""Find the quotes and the signature in a text, so that they can be folded. Nothing is removed.

People answer above a quotation, below it, or between its lines. Quoted lines with an answer below
them stay visible, because the answer needs them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from helpdesk.mail.reading.headings import heading_at, introduction_at


class BlockKind(StrEnum):
    TEXT = "text"
    QUOTE = "quote"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class Block:
    kind: BlockKind
    text: str


MOST_LINES = 20_000
"""Lines that are looked at; those after them are text."""

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_QUOTED = re.compile(r"\s{0,3}(?:>|[A-Z][a-z]{0,12}>(?:\s|$)|[A-Z]{1,3}>(?:\s|$))")
_SIGNED = re.compile(r"\s{0,3}(?:--|—-|-- |—|–|_{5,}|-{5,}|={5,}|\*{3}|ᐧ)\s*$")
_STRICT = re.compile(r"-- ?\r?\n?$")
_DEVICE = re.compile(
    r"\s{0,3}\W{0,2}(?:sent (?:from|via|with)|von meinem|von mein|gesendet (?:von|mit|aus)|"
    r"diese nachricht wurde von|envoyé de(?:puis)? m|envoyé (?:de|à partir)|"
    r"enviado (?:desde|do|de) |inviato da|verzonden (?:vanaf|met|vanuit)|verstuurd vanaf|"
    r"sendt fra|skickat från|lähetetty |отправлено (?:с|из)|надіслано з|wysłan[eoy] z|"
    r"odesláno z|get outlook for|outlook für|outlook pour|télécharge[rz] outlook|"
    r"obtener outlook|来自|从我的|发自我的|iphoneから)"
    r"[^.,;!?]{0,60}(?:<[^>]{0,200}>|\([^)]{0,200}\))?\.?\s*$",
    re.IGNORECASE,
)
_LONGEST_SIGNATURE = 15
_LONGEST_CLOSING = 10


def folded(text: str) -> tuple[Block, ...]:
    """Return `text` as blocks, whose texts joined are always `text` again.

    If there is nothing but quotations, they are text: a forwarded message is to be read.
    """
    lines = _LINE.findall(text)
    looked_at = lines[:MOST_LINES]
    kinds = _kinds(looked_at) if looked_at else []
    kinds += [BlockKind.TEXT] * (len(lines) - len(looked_at))
    if not any(
        kind is BlockKind.TEXT and line.strip() for kind, line in zip(kinds, lines, strict=True)
    ):
        kinds = [BlockKind.TEXT] * len(lines)
    blocks = []
    for kind, group in groupby(zip(kinds, lines, strict=True), key=lambda pair: pair[0]):
        blocks.append(Block(kind, "".join(line for _kind, line in group)))
    return tuple(blocks)


class _Mark(StrEnum):
    """The kind of a line, before it is known where the answer is."""

    TEXT = "text"
    CODE = "code"
    """Between fences: nothing in it is a quotation or a signature."""
    BLANK = "blank"
    QUOTED = "quoted"
    INTRODUCTION = "introduction"
    SIGNATURE = "signature"
    EARLIER = "earlier"
    """Of an earlier mail that is quoted without signs."""


def _kinds(lines: Sequence[str]) -> list[BlockKind]:
    marks = _marks(lines)
    _mark_signature(lines, marks)
    kinds = [
        {
            _Mark.QUOTED: BlockKind.QUOTE,
            _Mark.INTRODUCTION: BlockKind.QUOTE,
            _Mark.EARLIER: BlockKind.QUOTE,
            _Mark.SIGNATURE: BlockKind.SIGNATURE,
        }.get(mark, BlockKind.TEXT)
        for mark in marks
    ]
    _show_answered(marks, kinds)
    _assign_blanks(lines, kinds)
    return kinds


def _marks(lines: Sequence[str]) -> list[_Mark]:
    marks: list[_Mark] = []
    answered = False
    in_code = False
    while len(marks) < len(lines):
        here = len(marks)
        line = lines[here]
        if line.lstrip().startswith("```"):
            in_code = not in_code and any(
                other.lstrip().startswith("```") for other in lines[here + 1 : here + 200]
            )
        if not line.strip():
            marks.append(_Mark.BLANK)
        elif in_code or line.lstrip().startswith("```"):
            marks.append(_Mark.CODE)
            answered = True
        elif _QUOTED.match(line):
            marks.append(_Mark.QUOTED)
        elif heading := heading_at(lines, here):
            if answered:
                marks += [_Mark.EARLIER] * (len(lines) - here)
            else:
                marks += [_Mark.EARLIER] * (heading.end - here)
        elif introduction := introduction_at(lines, here):
            after = _next(lines, introduction.end)
            quoted = after < len(lines) and bool(_QUOTED.match(lines[after]))
            if quoted or (introduction.sure and not answered):
                marks += [_Mark.INTRODUCTION] * (introduction.end - here)
            elif introduction.sure and answered:
                marks += [_Mark.EARLIER] * (len(lines) - here)
            else:
                marks.append(_Mark.TEXT)
                answered = True
        else:
            marks.append(_Mark.TEXT)
            answered = True
    return marks


def _next(lines: Sequence[str], position: int) -> int:
    """Return the next line that is not empty."""
    while position < len(lines) and not lines[position].strip():
        position += 1
    return position


def _mark_signature(lines: Sequence[str], marks: list[_Mark]) -> None:
    """Mark the signature at the end of the text, or above the quotation after it."""
    end = len(marks)
    while end and marks[end - 1] in (_Mark.EARLIER, _Mark.QUOTED, _Mark.BLANK, _Mark.INTRODUCTION):
        end -= 1
    start = end
    while start and marks[start - 1] in (_Mark.TEXT, _Mark.BLANK):
        start -= 1
    before = any(mark is not _Mark.BLANK for mark in marks[:start])
    below = 0
    found = None
    for position in range(end - 1, start - 1, -1):
        if below > _LONGEST_SIGNATURE:
            break
        text_above = before or any(mark is _Mark.TEXT for mark in marks[start:position])
        if not text_above:
            break
        if _SIGNED.match(lines[position]):
            most = _LONGEST_SIGNATURE if _STRICT.match(lines[position]) else _LONGEST_CLOSING
            found = position if below <= most else found
        elif below == 0 and _DEVICE.match(lines[position]):
            found = position
            continue
        below += bool(lines[position].strip())
    if found is not None:
        for position in range(found, end):
            marks[position] = _Mark.SIGNATURE


def _show_answered(marks: Sequence[_Mark], kinds: list[BlockKind]) -> None:
    """Show quoted lines that have an answer below them, unless it answers the whole quotation."""
    runs = _runs(marks)
    texts = [position for position, mark in enumerate(marks) if mark in (_Mark.TEXT, _Mark.CODE)]
    if not texts:
        return
    for number, (start, end, introduced) in enumerate(runs):
        if end > texts[-1]:
            continue
        rest = [run for run in runs[number + 1 :] if run[1] <= texts[-1]]
        if introduced and start < texts[0] and not rest:
            continue
        for position in range(start, end):
            if marks[position] is _Mark.QUOTED:
                kinds[position] = BlockKind.TEXT


def _runs(marks: Sequence[_Mark]) -> list[tuple[int, int, bool]]:
    """Return consecutive quoted lines: where they begin and end, and whether they are
    introduced."""
    runs: list[tuple[int, int, bool]] = []
    introduced = False
    start = end = None
    for position, mark in enumerate([*marks, _Mark.TEXT]):
        if mark is _Mark.QUOTED:
            start = position if start is None else start
            end = position + 1
        elif mark is _Mark.INTRODUCTION:
            introduced = True
        elif mark is not _Mark.BLANK:
            if start is not None and end is not None:
                runs.append((start, end, introduced))
            start = end = None
            introduced = False
    return runs


def _assign_blanks(lines: Sequence[str], kinds: list[BlockKind]) -> None:
    """Assign empty lines to the quotation or signature that they precede or are in."""
    written = [position for position, line in enumerate(lines) if line.strip()]
    following = kinds[written[-1]] if written else BlockKind.TEXT
    for position in range(len(lines) - 1, -1, -1):
        if lines[position].strip():
            following = kinds[position]
        else:
            kinds[position] = following
