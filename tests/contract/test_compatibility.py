"""docs/compatibility.md says what is so: every row has tests, or a reason; every operation has rows."""

from __future__ import annotations

import re

import pytest

from tests.contract.compatibility import PAGE, ROWS, SERVED, TESTS_OF_2G, page, shown
from tests.contract.conftest import MODEL

SPECIFIED = {
    *("StartPersonTracking", "GetPersonTracking", "StartFaceDetection", "GetFaceDetection", "StartFaceSearch", "GetFaceSearch"),
    *("CreateCollection", "ListCollections", "DescribeCollection", "DeleteCollection"),
    *("IndexFaces", "ListFaces", "DeleteFaces", "SearchFaces", "SearchFacesByImage", "DetectFaces", "CompareFaces"),
    *("CreateUser", "DeleteUser", "ListUsers", "AssociateFaces", "DisassociateFaces", "SearchUsers", "SearchUsersByImage"),
    *("TagResource", "UntagResource", "ListTagsForResource"),
}
"""SPEC A.1."""


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.contract.compatibility"


def test_every_row_has_a_line_and_tests_or_a_reason() -> None:
    tests = shown()
    assert sorted(ROWS) == list(range(1, 81))
    for number, row in ROWS.items():
        assert f"R{number}" in tests or row.status == "left out", f"R{number} has no test"
        assert bool(row.why) == (row.status != "same"), f"R{number}: a reason stands where, and only where, something is not the same"


@pytest.mark.parametrize("number", range(1, TESTS_OF_2G + 1))
def test_every_compatibility_test_is_written(number: int) -> None:
    assert shown().get(f"2g_{number}")


def test_every_operation_of_the_specification_is_served_and_has_rows() -> None:
    assert set(SERVED) == SPECIFIED <= set(MODEL.operation_names)
    lines = dict(re.findall(r"^\| (\w+) \| yes \| (.*) \|$", page(), re.MULTILINE))
    assert set(lines) == SPECIFIED
    assert all(lines.values())
    words = {word for row in ROWS.values() for word in row.operations.split(", ")}
    assert words <= SPECIFIED | {"Start*", "Get*", "all"}


def test_no_test_names_a_row_that_is_none() -> None:
    known = {f"R{number}" for number in ROWS} | {f"2g_{number}" for number in range(1, TESTS_OF_2G + 1)}
    assert set(shown()) <= known
