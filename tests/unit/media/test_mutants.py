"""Thousands of accidents would be nicer; a few seeded ones per container run everywhere, and each must end well."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from tests.unit.media import broken
from tests.unit.media.conftest import MakeClip
from trackway.errors import MediaError
from trackway.media.decode import read_frames
from trackway.media.frame import Scaler
from trackway.media.limits import MediaLimits
from trackway.media.probe import probe

MUTANTS = 12
SOURCES: list[tuple[str, dict[str, Any]]] = [
    ("mp4", {"rotation": 90, "audio": "aac"}),
    ("mp4", {"container_options": {"movflags": "frag_keyframe+empty_moov"}}),
    ("mkv", {"variable_rate": True}),
    ("avi", {"codec": "mpeg4"}),
    ("ts", {}),
    ("mpg", {"codec": "mpeg2video"}),
]


@pytest.mark.parametrize(("suffix", "options"), SOURCES, ids=lambda value: value if isinstance(value, str) else "-".join(value) or "plain")
def test_every_mutant_ends_in_frames_or_a_sentence(make_clip: MakeClip, tmp_path: Path, suffix: str, options: dict[str, Any]) -> None:
    data = make_clip(suffix, seconds=0.6, **options).path.read_bytes()
    path = tmp_path / f"mutant.{suffix}"
    chance = random.Random(f"{suffix} {sorted(options)}")
    limits = MediaLimits(probe_seconds=30)
    sentences = []
    for number in range(MUTANTS):
        path.write_bytes(broken.mutant(data, chance))
        last = -1
        try:
            info = probe(path, limits=limits).info
            scaler = Scaler(info)
            for frame in read_frames(path, info, limits=limits):
                assert frame.time_ms > last, number
                assert scaler.rgb(frame, 32, 32).shape == (32, 32, 3)
                assert scaler.luma(frame).shape == (info.height, info.width)
                last = frame.time_ms
        except MediaError as error:
            sentences.append(str(error))
    assert all(sentence.endswith(".") for sentence in sentences)
