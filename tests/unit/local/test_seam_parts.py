"""A seam says which part of the emulator is missing, in which version."""

from __future__ import annotations

import importlib.metadata

import pytest

from trackway.errors import EmbeddedCloudError
from trackway.local.seams import WRITTEN_FOR, Part, require


def test_the_pinned_version_is_the_one_installed() -> None:
    assert importlib.metadata.version("ministack") == WRITTEN_FOR


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        (Part("services.nowhere", "x"), "no module ministack.services.nowhere"),
        (Part("core.persistence", "save_everything"), "no ministack.core.persistence.save_everything"),
        (Part("core.persistence", "load_state", ("name",)), r"ministack.core.persistence.load_state\(service\) instead of \(name\)"),
    ],
)
def test_a_missing_part_is_named_with_both_versions(part: Part, problem: str) -> None:
    with pytest.raises(EmbeddedCloudError, match=problem) as caught:
        require("test seam", [Part("core.persistence", "load_state", ("service",)), part])
    assert "test seam" in str(caught.value)
    assert str(caught.value).count(WRITTEN_FOR) == 2
