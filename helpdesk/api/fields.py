"""Descriptions of the API's fields and parameters. A name has the same meaning everywhere.

Each app describes its own. A schema overrides a description by giving one itself.
"""

from collections.abc import Mapping
from typing import Any

from pydantic.alias_generators import to_camel

Fields = Mapping[str, tuple[str, Any]]
"""By the outside name: the description, and an example."""

_known: dict[str, tuple[str, Any]] = {
    "items": ("The rows of this page.", None),
    "nextCursor": ("Send this as `cursor` for the next page. Null on the last page.", "Y3Vyc29y"),
    "limit": ("The most rows of a page.", 25),
    "cursor": ("The `nextCursor` of the previous page.", "Y3Vyc29y"),
    "version": ("Increases with every change.", 3),
}


def describe(fields: Fields) -> None:
    """Add descriptions of fields. Raises ValueError if a name has another description already."""
    for name, meaning in fields.items():
        if _known.setdefault(name, meaning) != meaning:
            raise ValueError(f"The API's {name} has a second meaning.")


def complete(schema: dict[str, Any]) -> None:
    """Add what the fields of a schema do not describe themselves."""
    for name, field in schema.get("properties", {}).items():
        words, example = _known.get(name, (None, None))
        if words:
            field.setdefault("description", words)
        if example is None:  # of a flag or a choice any value is one
            example = (
                True if field.get("type") == "boolean" else next(iter(field.get("enum", ())), None)
            )
        if example is not None:
            field.setdefault("examples", [example])


def complete_parameter(parameter: dict[str, Any]) -> None:
    """Add what a parameter does not describe itself."""
    words, example = _known.get(to_camel(parameter["name"]), (None, None))
    held = parameter.get("schema", {})
    if len(held.get("allOf", ())) == 1:  # generators take a list of one for an object
        parameter["schema"] = held = {**held.pop("allOf")[0], **held}
    if words:
        parameter.setdefault("description", held.get("description") or words)
    # Pydantic gives a list, OpenAPI wants one value here.
    examples = parameter.pop("examples", None) or held.get("examples") or [example]
    if examples[0] is not None:
        parameter["example"] = examples[0]
