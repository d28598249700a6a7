"""Clips that several tests of this room look at, each made once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Clip
from trackway.media.sample import make_sample

MakeClip = Callable[..., Clip]


@pytest.fixture(scope="session")
def make_clip(tmp_path_factory: pytest.TempPathFactory) -> MakeClip:
    """`make_clip("mp4", **options of make_sample)`: small and short unless told, and made once for the same arguments."""
    folder = tmp_path_factory.mktemp("clips")
    made: dict[str, Clip] = {}

    def make(suffix: str = "mp4", **options: Any) -> Clip:
        options = {"seconds": 1.0, "size": (160, 120), **options}
        key = f"{suffix} {sorted(options.items())}"
        if key not in made:
            path = Path(folder, f"{len(made)}.{suffix}")
            made[key] = Clip(path, make_sample(path, **options))
        return made[key]

    return make
