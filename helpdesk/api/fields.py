"""What the fields and parameters of the API mean: one name means one thing, wherever it stands.

Each app describes its own. A schema that says more of a field than its name does says it itself.
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
    """Add what an app's fields mean. Raises ValueError where a name has another meaning already."""
    for name, meaning in fields.items():
        if _known.setdefault(name, meaning) != meaning:
            raise ValueError(f"The API's {name} has a second meaning.")


def complete(schema: dict[str, Any]) -> None:
    """Fill in what the fields of a schema do not say themselves."""
    for name, field in schema.get("properties", {}).items():
        words, example = _known.get(name, (None, None))
        if words:
            field.setdefault("description", words)
        if example is not None:
            field.setdefault("examples", [example])


def complete_parameter(parameter: dict[str, Any]) -> None:
    """Fill in what a parameter does not say itself."""
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
