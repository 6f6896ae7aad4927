"""No regular expression of ours takes longer than in proportion for what somebody types."""

import ast
import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from functools import cache

import pytest

import customers
import helpdesk
import reporting
import theme
import tickets
from tickets.domain import target
from tickets.domain.errors import TargetRefused

OURS = (helpdesk, tickets, customers, reporting, theme)
SIZES = (16, 20, 24, 28, 60, 200, 600)
SECONDS = 0.05
"""Of processor time for 600 repetitions: in proportion they take microseconds, cubed some ten
seconds."""


def modules() -> Iterator[str]:
    for package in OURS:
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            # Those two do something when they are loaded.
            if "migrations" not in found.name and not found.name.endswith(("__main__", "wsgi")):
                yield found.name


@cache
def expressions() -> dict[str, str]:
    """Every pattern that stands in our code, by place: names of modules, and what is written."""
    found: dict[str, str] = {}
    for name in modules():
        spec = importlib.util.find_spec(name)
        if spec is None or not spec.origin or not spec.origin.endswith(".py"):
            continue
        with open(spec.origin) as file:
            tree = ast.parse(file.read())
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            owner = node.func.value
            if not (isinstance(owner, ast.Name) and owner.id == "re" and node.args):
                continue
            written = node.args[0]
            if isinstance(written, ast.Constant) and isinstance(written.value, str):
                found[f"{name}:{node.lineno}"] = written.value
            elif isinstance(written, ast.Constant):
                found[f"{name}:{node.lineno}"] = written.value.decode("latin-1")
        module = importlib.import_module(name)
        for attribute, value in vars(module).items():
            if isinstance(value, re.Pattern):
                text = value.pattern
                found[f"{name}.{attribute}"] = text if isinstance(text, str) else text.decode()
    return found


PIECES = [" ", "0", "a", "A", "-", ".", "_", "@", "(", "[", '"', "\\", "é", "a ", "0 ", "a.", "(("]


def slow(pattern: str, ask: str) -> str | None:
    """What makes `pattern` slow, if anything of the kind that is tried does."""
    compiled = re.compile(pattern)
    own = {sign for sign in pattern if sign.isalnum() or sign in " .:/@-#\"'<>"}
    for piece in [*PIECES, *sorted(own)]:
        for start in ("", '"', "(", "@", "1", "a:"):
            for end in ("", "!", "\n"):
                for size in SIZES:
                    text = start + piece * size + end
                    begun = time.thread_time()
                    getattr(compiled, ask)(text)
                    if time.thread_time() - begun > SECONDS:
                        return f"{start!r} + {piece!r} * {size} + {end!r}"
    return None


def test_the_walk_finds_our_expressions_and_the_check_finds_slow_ones():
    assert len(expressions()) > 20
    assert "tickets.domain.target._SHAPE" in expressions()
    assert slow(
        r"\s*(?:(\d+)\s*d)?\s*(?:(\d+)\s*h)?\s*(?:(\d+)\s*m)?\s*(?:(\d+)\s*s)?", "fullmatch"
    )
    assert slow(r"(a+)+b", "match")


def test_no_expression_grows_faster_than_what_it_reads(subtests):
    place_of = {pattern: place for place, pattern in expressions().items()}
    for pattern, place in place_of.items():  # each once, wherever it is imported
        with subtests.test(place):
            for ask in ("fullmatch", "search"):
                assert slow(pattern, ask) is None


@pytest.mark.parametrize(
    "text", ["1d" + " " * 200_000 + "!", " " * 1_000_000, "9" * 5_000 + "h", "1d4h" * 50_000]
)
def test_a_duration_of_any_length_is_refused_at_once(text):
    begun = time.thread_time()
    with pytest.raises(TargetRefused) as refused:
        target.parse(text)

    assert time.thread_time() - begun < 1
    assert len(str(refused.value)) < 200
