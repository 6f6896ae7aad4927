"""HCL, the language of Terraform: as much of it as terraform.py writes, in the form of its fmt."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Expression:
    """Text that is written as it is, such as `var.prefix`."""

    text: str


@dataclass(frozen=True)
class Block:
    """`kind "label" { … }`. A body's values are attributes; blocks stand between them."""

    kind: str
    labels: tuple[str, ...]
    body: Sequence["Block | tuple[str, Any]"]


def text_of(blocks: Sequence[Block]) -> str:
    """Return the text of a file."""
    return "\n".join("\n".join(_block(block)) + "\n" for block in blocks)


def _block(block: Block) -> list[str]:
    head = " ".join([block.kind, *(json.dumps(label) for label in block.labels), "{"])
    if not block.body:
        return [f"{head}}}"]
    return [head, *(f"  {line}".rstrip() for line in _body(block.body)), "}"]


def _body(body: Sequence[Block | tuple[str, Any]]) -> list[str]:
    lines: list[str] = []
    run: list[tuple[str, list[str]]] = []
    for one in body:
        if isinstance(one, Block):
            lines += _aligned(run)
            run = []
            lines += ([""] if lines else []) + _block(one)
        else:
            if lines and not run:
                lines.append("")
            run.append((one[0], _value(one[1])))
    return lines + _aligned(run)


def _aligned(run: list[tuple[str, list[str]]]) -> list[str]:
    """Attributes whose values are one line have their equals signs below each other."""
    lines: list[str] = []
    start = 0
    while start < len(run):
        end = start
        while end < len(run) and len(run[end][1]) == 1:
            end += 1
        width = max((len(name) for name, _ in run[start:end]), default=0)
        lines += [f"{name.ljust(width)} = {value[0]}" for name, value in run[start:end]]
        if end < len(run):
            name, (first, *rest) = run[end]
            lines += [f"{name} = {first}", *rest]
            end += 1
        start = end
    return lines


def _value(value: Any) -> list[str]:
    if isinstance(value, Expression):
        return value.text.split("\n")
    if isinstance(value, bool | int):
        return [json.dumps(value)]
    if isinstance(value, str):
        return [json.dumps(value)]
    if isinstance(value, Mapping):
        run = [(name, _value(one)) for name, one in value.items()]
        return ["{", *(f"  {line}" for line in _aligned(run)), "}"]
    short = f"[{', '.join(' '.join(_value(one)) for one in value)}]"
    if len(short) <= 80 and not any(isinstance(one, Mapping) for one in value):
        return [short]
    inner: list[str] = []
    for one in value:
        *most, last = _value(one)
        inner += [*most, f"{last},"]
    return ["[", *(f"  {line}" for line in inner), "]"]


def call(function: str, value: Any) -> Expression:
    """Return `function(value)`."""
    first, *rest = _value(value)
    return Expression("\n".join([f"{function}({first}", *rest]) + ")")


def only_if(condition: str, value: Any) -> Expression:
    """Return a list that holds `value`, or nothing where the condition does not hold."""
    lines = "\n".join(_value([value]))
    return Expression(f"[for one in {lines} : one if {condition}]")


def concat(lists: Sequence[Any]) -> Expression:
    """Return `concat(…)`: one list of several."""
    inner: list[str] = []
    for one in lists:
        *most, last = _value(one)
        inner += [*most, f"{last},"]
    return Expression("\n".join(["concat(", *(f"  {line}" for line in inner), ")"]))
