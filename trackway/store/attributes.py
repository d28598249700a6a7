"""Python values as DynamoDB attributes and back, exactly.

boto3's own serializer knows Decimal only, which would change floats on their way (SPEC R8).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef as AttributeValue
    from mypy_boto3_dynamodb.type_defs import UniversalAttributeValueTypeDef as GivenValue

_LEAST_NUMBER = 1e-130  # DynamoDB refuses numbers that are nearer to 0, but 0 itself

__all__ = ["from_item", "to_attribute", "to_item"]


def to_item(values: Mapping[str, Any]) -> dict[str, GivenValue]:
    """An item; a value of None is left out."""
    return {name: to_attribute(value) for name, value in values.items() if value is not None}


def to_attribute(value: Any) -> GivenValue:
    """One attribute.

    Raises:
        TypeError: a type that is never stored.
    """
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float):
        return {"N": repr(0.0 if 0 < abs(value) < _LEAST_NUMBER else value)}
    if isinstance(value, bytes):
        return {"B": value}
    if isinstance(value, Mapping):
        return {"M": to_item(value)}
    if isinstance(value, list | tuple):
        return {"L": [to_attribute(member) for member in value]}
    if isinstance(value, frozenset):
        return {"SS": sorted(value)}
    raise TypeError(f"expected str, bool, int, float, bytes, a mapping or list of them, or a frozenset of str, got {type(value).__name__}")


def from_item(item: Mapping[str, AttributeValue]) -> dict[str, Any]:
    """The values of an item that `to_item` made."""
    return {name: _from_attribute(attribute) for name, attribute in item.items()}


def _from_attribute(attribute: AttributeValue) -> Any:
    ((kind, value),) = attribute.items()
    if kind == "N":
        text = str(value)
        return int(text) if text.lstrip("-").isdigit() else float(text)
    if kind == "M":
        return from_item(attribute["M"])
    if kind == "L":
        return [_from_attribute(member) for member in attribute["L"]]
    if kind == "SS":
        return frozenset(attribute["SS"])
    return value
