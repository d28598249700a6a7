"""Conditional changes of an item, worded once for DynamoDB."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypedDict

from trackway.store.attributes import to_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import UniversalAttributeValueTypeDef as GivenValue

__all__ = ["Change", "change"]


class Change(TypedDict):
    """The expression arguments of UpdateItem."""

    UpdateExpression: str
    ConditionExpression: str
    ExpressionAttributeNames: dict[str, str]
    ExpressionAttributeValues: dict[str, GivenValue]


def change(changes: Mapping[str, Any], *, one_of: Mapping[str, Collection[str]], absent: Iterable[str] = ()) -> Change:
    """Set attributes of an item that exists and meets the conditions.

    Args:
        changes: attribute to new value; None leaves the attribute as it is.
        one_of: attribute to the values of which it must have one now.
        absent: attributes that must not be there now.
    """
    names: dict[str, str] = {}
    values: dict[str, Any] = {}

    def name(attribute: str) -> str:
        return next((place for place, known in names.items() if known == attribute), None) or _add(names, "#n", attribute)

    settings = [f"{name(attribute)} = {_add(values, ':v', value)}" for attribute, value in changes.items() if value is not None]
    conditions = ["attribute_exists(pk)"]
    conditions += [f"attribute_not_exists({name(attribute)})" for attribute in absent]
    for attribute, members in one_of.items():
        places = ", ".join(_add(values, ":v", member) for member in sorted(members))
        conditions.append(f"{name(attribute)} IN ({places})")
    return Change(
        UpdateExpression="SET " + ", ".join(settings),
        ConditionExpression=" AND ".join(conditions),
        ExpressionAttributeNames=names,
        ExpressionAttributeValues=to_item(values),
    )


def _add(places: dict[str, Any], prefix: str, value: Any) -> str:
    place = f"{prefix}{len(places)}"
    places[place] = value
    return place
