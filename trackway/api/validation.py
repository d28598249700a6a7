"""Requests checked against the service model: types, required members, lengths, ranges, patterns, enumerations (SPEC R7).

botocore checks only half of that before it sends, other clients nothing. Like AWS we ignore members that the model does not know,
treat null as absent, and collect every violated constraint into one sentence:

    2 validation errors detected: Value '' at 'jobId' failed to satisfy constraint: Member must have length greater than or equal
    to 1; Value 'X' at 'sortBy' failed to satisfy constraint: Member must satisfy enum value set: [INDEX, TIMESTAMP]
"""

from __future__ import annotations

import base64
import binascii
import re
import sys
from collections.abc import Sized
from typing import Any, TypeVar

from trackway.api.errors import InvalidParameter, SerializationError
from trackway.api.model import ServiceModel, Shape

__all__ = ["Validator"]

T = TypeVar("T")

_SHOWN_CHARACTERS = 200  # of a refused value
_TOLD_VIOLATIONS = 10
_MATCHED_CHARACTERS = 4096  # nothing that the model has a pattern for is longer, and some patterns take the square of the length
_DEEPEST = 32  # of what the model leaves open
_LARGEST_FLOAT = 3.4028234663852886e38  # of four bytes
_COLLECTIONS = {"structure": "Expected null", "list": "Expected list or null", "map": "Expected map or null"}
_INTEGER_BITS = {"integer": 31, "long": 63}
# Unicode classes that Python's `re` lacks, as they occur inside the model's character sets. \w is \p{L}, \p{N} and the underscore,
# which those sets allow anyway.
_UNICODE_CLASSES = {r"\p{L}": r"\w", r"\p{N}": r"\w", r"\p{Z}": " \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"}


class Validator:
    """Reads request bodies by a service model.

    Args:
        model: what may be asked.
    """

    def __init__(self, model: ServiceModel) -> None:
        self._shapes = model.shapes
        self._operations = model.operations

    def knows(self, operation: str) -> bool:
        """Whether the model has an operation of that name."""
        return operation in self._operations

    def read(self, operation: str, body: Any) -> dict[str, Any]:
        """The request's members: known ones only, no nulls, blobs decoded.

        Args:
            operation: name of a modelled operation.
            body: the decoded JSON.

        Raises:
            SerializationError: a value of another JSON type than the model has.
            InvalidParameter: values that break the model's constraints.
        """
        described = self._operations[operation].input
        violations: list[str] = []
        if not isinstance(body, dict):
            raise SerializationError(_mismatch(body, "structure"))
        if described is None:
            return {}
        request: dict[str, Any] = self._value(described.shape, body, "", violations)
        if violations:
            count = f"{len(violations)} validation error{'s' if len(violations) > 1 else ''} detected: "
            raise InvalidParameter(count + "; ".join(violations[:_TOLD_VIOLATIONS]))
        return request

    def _value(self, shape_name: str, value: Any, path: str, violations: list[str]) -> Any:
        shape = self._shapes[shape_name]
        match shape.type:
            case "structure":
                return self._structure(shape, value, path, violations)
            case "list":
                return self._list(shape, value, path, violations)
            case "map":
                return self._map(shape, value, path, violations)
            case "string":
                return _string(shape, value, path, violations)
            case "integer" | "long":
                return _integer(shape, value, path, violations)
            case "float" | "double" | "timestamp":
                return _float(shape, value, path, violations)
            case "boolean":
                return _expect(bool, value, shape)
            case "blob":
                return _blob(shape, value, path, violations)

    def _structure(self, shape: Shape, value: Any, path: str, violations: list[str]) -> dict[str, Any]:
        given = {name: member for name, member in _expect(dict, value, shape).items() if member is not None}
        if shape.document:
            _check_depth(given, _DEEPEST)
            return given
        for name in shape.required:
            if name not in given:
                violations.append(_violation(None, _join(path, name), "Member must not be null"))
        return {
            name: self._value(member.shape, given[name], _join(path, name), violations)
            for name, member in shape.members.items()
            if name in given
        }

    def _list(self, shape: Shape, value: Any, path: str, violations: list[str]) -> list[Any]:
        items = _expect(list, value, shape)
        _check_length(shape, items, path, violations)
        element = shape.member
        if element is None or (shape.max is not None and len(items) > shape.max):
            return items  # as refused as it would be if each of a million members were looked at
        return [self._value(element.shape, item, f"{path}.{place}.member", violations) for place, item in enumerate(items, 1)]

    def _map(self, shape: Shape, value: Any, path: str, violations: list[str]) -> dict[str, Any]:
        entries = _expect(dict, value, shape)
        _check_length(shape, entries, path, violations)
        keys, values = shape.key, shape.value
        if keys is None or values is None:
            return entries
        return {
            self._value(keys.shape, key, f"{path}.key", violations): self._value(values.shape, entry, f"{path}.{key}.value", violations)
            for key, entry in entries.items()
        }


def _string(shape: Shape, value: Any, path: str, violations: list[str]) -> str:
    text = _expect(str, value, shape)
    _check_length(shape, text, path, violations)
    if shape.pattern is not None and not (len(text) <= _MATCHED_CHARACTERS and _pattern(shape.pattern).fullmatch(text)):
        violations.append(_violation(text, path, f"Member must satisfy regular expression pattern: {shape.pattern}"))
    if shape.enum and text not in shape.enum:
        violations.append(_violation(text, path, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"))
    return text


def _integer(shape: Shape, value: Any, path: str, violations: list[str]) -> int:
    number = int(value) if isinstance(value, float) and value.is_integer() else value
    limit = 1 << _INTEGER_BITS[shape.type]
    if not isinstance(number, int) or isinstance(number, bool) or not -limit <= number < limit:
        raise SerializationError(_mismatch(value, shape.type))
    _check_range(shape, number, path, violations)
    return number


def _float(shape: Shape, value: Any, path: str, violations: list[str]) -> float:
    largest = _LARGEST_FLOAT if shape.type == "float" else sys.float_info.max
    if not isinstance(value, int | float) or isinstance(value, bool) or not -largest <= value <= largest:
        raise SerializationError(_mismatch(value, shape.type))
    _check_range(shape, value, path, violations)
    return float(value)


def _blob(shape: Shape, value: Any, path: str, violations: list[str]) -> bytes:
    try:
        content = base64.b64decode(_expect(str, value, shape), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SerializationError("Expected a blob as base64 text, found other characters") from error
    _check_length(shape, content, path, violations)
    return content


def _check_depth(value: Any, deepest: int) -> None:
    if deepest == 0:
        raise SerializationError(f"Expected at most {_DEEPEST} levels of nesting, found more")
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_depth(inner, deepest - 1)


def _expect(kind: type[T], value: Any, shape: Shape) -> T:
    if not isinstance(value, kind):
        raise SerializationError(_mismatch(value, shape.type))
    return value


def _mismatch(value: Any, kind: str) -> str:
    """AWS's sentence for a JSON value of another type than the model has."""
    match value:
        case dict():
            return "Start of structure or map found where not expected."
        case list():
            return "Start of list found where not expected"
    if kind in _COLLECTIONS:
        return _COLLECTIONS[kind]
    found = {str: "STRING", bool: str(value).upper(), type(None): "NULL"}.get(type(value), "NUMBER")
    return f"{found}_VALUE can not be converted to {'an' if kind == 'integer' else 'a'} {kind.capitalize()}"


def _check_length(shape: Shape, value: Sized, path: str, violations: list[str]) -> None:
    size = len(value)
    if shape.min is not None and size < shape.min:
        violations.append(_violation(value, path, f"Member must have length greater than or equal to {shape.min}"))
    if shape.max is not None and size > shape.max:
        violations.append(_violation(value, path, f"Member must have length less than or equal to {shape.max}"))


def _check_range(shape: Shape, value: float, path: str, violations: list[str]) -> None:
    if shape.min is not None and value < shape.min:
        violations.append(_violation(value, path, f"Member must have value greater than or equal to {shape.min}"))
    if shape.max is not None and value > shape.max:
        violations.append(_violation(value, path, f"Member must have value less than or equal to {shape.max}"))


def _violation(value: Any, path: str, constraint: str) -> str:
    shown = "null" if value is None else f"'{_shown(value)}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def _shown(value: Any) -> str:
    if isinstance(value, bytes | list | dict):
        return f"<{len(value)} elements>"
    text = str(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "..."


def _join(path: str, name: str) -> str:
    """A member's place as AWS writes it: video.s3Object.bucket."""
    lowered = name[:1].lower() + name[1:]
    return f"{path}.{lowered}" if path else lowered


def _pattern(pattern: str) -> re.Pattern[str]:
    if r"\p{" not in pattern:
        return re.compile(pattern, re.ASCII)  # as in Java, whose \w and \d are ASCII
    for java, python in _UNICODE_CLASSES.items():
        pattern = pattern.replace(java, python)
    return re.compile(pattern)
