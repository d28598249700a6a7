"""Values in DynamoDB and back: exact, and never one that it refuses (SPEC R8)."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.cloud import Cloud
from trackway.store.attributes import from_item, to_item

NUMBERS = st.floats(-1e125, 1e125, allow_nan=False) | st.integers(-(2**63), 2**63)


@given(NUMBERS)
def test_r8_numbers_come_back_as_they_were(number: float) -> None:
    stored: Any = to_item({"n": number})
    back = from_item(stored)["n"]
    assert type(back) is type(number)
    assert back == (0 if abs(number) < 1e-130 else number)


def test_numbers_next_to_zero_are_taken(cloud: Cloud) -> None:
    """DynamoDB refuses what is nearer to 0 than 1e-130; as a threshold in a request that would be a fault of ours."""
    for number in (1.5e-253, -5e-324, 0.0, 1e-129):
        item = to_item({"pk": "numbers", "sk": repr(number), "n": number})
        cloud.clients.dynamodb.put_item(TableName=cloud.table, Item=item)
