"""Galleries over both implementations of `Collections`: in memory, and DynamoDB (moto)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.unit.identity.stages import KINDS, Stage, stages


@pytest.fixture(scope="module", params=KINDS)
def make_stage(request: pytest.FixtureRequest) -> Iterator[Callable[..., Stage]]:
    """Makes stages; a small cloud takes a while to start, so the tests of a module share it."""
    with stages(request.param) as make:
        yield make


@pytest.fixture
def stage(make_stage: Callable[..., Stage]) -> Stage:
    """A gallery, its members, transfer and janitor, with every call countable."""
    return make_stage()
