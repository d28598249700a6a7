"""`FaceExtractor` on videos of others: real faces, shots and nobody (SPEC M6, M16, 5c)."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from tests.performance.clustering import bcubed
from trackway import FaceExtractor
from trackway.models.cache import ModelCache


@pytest.fixture(scope="module")
def footage(shared_data: Path) -> Path:
    return shared_data / "faces" / "video"


def test_m16_nobody_is_found_where_nobody_is(footage: Path, models: ModelCache) -> None:
    told = FaceExtractor(None, min_face_size=40, cache=models).apply(footage / "no_face.mp4", skip_frames=20, show_progress=False)
    assert told.face_box == [None] * len(told)


def test_x16_one_face_is_one_person_without_being_told(footage: Path, models: ModelCache) -> None:
    told = FaceExtractor(None, min_face_size=40, cache=models).apply(footage / "single_face.mp4", skip_frames=12, show_progress=False)
    assert set(told.face_label) == {0}


def test_x16_thirteen_people_over_nineteen_shots(footage: Path, models: ModelCache) -> None:
    tiles = defaultdict(list)
    with (footage / "identity_montage_tiles.csv").open() as file:
        for row in csv.DictReader(file):
            tiles[int(row["frame"]) - 1].append(([int(row[f"tile_{name}"]) for name in "xywh"], row["identity"]))
    told = FaceExtractor(None, min_face_size=40, cache=models).apply(footage / "identity_montage.mp4", skip_frames=12, show_progress=False)
    labels, identities = [], []
    for frame, box, label in zip(told.frame, told.face_box, told.face_label, strict=True):
        if box is None:
            continue
        x, y = np.mean([box[:2], box[2:]], axis=0)
        identities += [who for (left, top, width, height), who in tiles[frame] if left <= x < left + width and top <= y < top + height]
        labels.append(label)
    assert len(labels) == len(identities)
    assert bcubed(identities, np.array(labels)).f > 0.95
