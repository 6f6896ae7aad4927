"""A faster parser for DynamoDB's responses.

botocore walks each attribute of each item through its description of the service, and tries every
type an attribute may have: 6.9 ms of processor for a page of 50 tickets, where this takes 1.4. The
JSON on the wire already has the form that PynamoDB reads, except for binary values.

`_handle_structure` and `_handle_map` are private methods of botocore: its version is pinned, and
tests/dynamo/test_reading.py fails if one of them is gone, or reads something else.
"""

import base64
from typing import Any

from botocore.parsers import JSONParser, ResponseParser, ResponseParserFactory

_VALUE = "AttributeValue"


class Factory(ResponseParserFactory):
    """A component of a botocore session."""

    def create_parser(self, protocol_name: str) -> ResponseParser:
        if protocol_name == "json":
            return _Parser(**self._defaults)
        return super().create_parser(protocol_name)


class _Parser(JSONParser):
    def _handle_structure(self, shape: Any, value: Any) -> Any:
        return _read(value) if shape.name == _VALUE else super()._handle_structure(shape, value)

    def _handle_map(self, shape: Any, value: Any) -> Any:
        if shape.value.name == _VALUE:
            return {name: _read(held) for name, held in value.items()}
        return super()._handle_map(shape, value)


def _read(value: dict[str, Any]) -> dict[str, Any]:
    """Return an attribute's value with its binary parts decoded."""
    ((kind, held),) = value.items()
    if kind == "M":
        return {kind: {name: _read(part) for name, part in held.items()}}
    if kind == "L":
        return {kind: [_read(part) for part in held]}
    if kind == "B":
        return {kind: base64.b64decode(held)}
    if kind == "BS":
        return {kind: [base64.b64decode(part) for part in held]}
    return value
