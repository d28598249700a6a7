"""Numbered places for open jobs: pk SLOTS, sk the number; each names the job that has it (SPEC R24).

A place is free as long as the job that it names is over, expired or removed; so nothing has to give it back, and no crash can lose it.
It is taken in the transaction that records the job, on condition that it still is as it was seen: two that start at once cannot have the
same place.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from trackway.store.table import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

__all__ = ["Slot", "find_slot"]

_PARTITION = "SLOTS"


class Slot(NamedTuple):
    """A place that was free when it was looked at.

    Attributes:
        number: from 1.
        seen: the job that it named; None where nobody ever had it.
    """

    number: int
    seen: str | None

    def claim(self, table: Table, job_id: str, expires_at: int) -> TransactWriteItemTypeDef:
        """The write that takes it, unless somebody else has taken it since."""
        item = {"pk": _PARTITION, "sk": f"{self.number:06}", "jobId": job_id, "expires_at": expires_at}
        if self.seen is None:
            return table.put(item, "attribute_not_exists(pk)")
        return table.put(item, "attribute_not_exists(pk) OR jobId = :seen", {":seen": self.seen})


def find_slot(table: Table, most: int, is_open: Callable[[str], bool]) -> Slot | None:
    """Any free place of so many; None where all are taken.

    Args:
        table: where they are.
        most: how many there are.
        is_open: whether a job runs or waits, by its id.
    """
    holders = {int(item["sk"]): str(item["jobId"]) for item in table.query(_PARTITION)}
    # In any order, so that those who look at the same time seldom meet; first those that nobody has, which cost no look at a job.
    numbers = sorted(random.sample(range(1, most + 1), most), key=lambda number: number in holders)
    return next((Slot(number, holders.get(number)) for number in numbers if number not in holders or not is_open(holders[number])), None)
