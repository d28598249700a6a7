"""Summaries, tables and metadata, against a plain reading of the same columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.tracks import random_tracks
from trackway.columns import FaceTraits, Tracks
from trackway.pipeline.findings import Findings
from trackway.pipeline.people import People
from trackway.results.summaries import summarize
from trackway.results.tables import read_parquet, write_parquet

TRACKS = random_tracks(700, persons=4, seed=9)


def found(tracks: Tracks, **given: Any) -> Findings:
    return Findings(tracks, People.unknown(int(tracks.person.max(initial=-1)) + 1), **given)


def test_c6_one_summary_per_person() -> None:
    faces = TRACKS[TRACKS.has_face]
    shots = {person: np.flatnonzero(faces.person == person)[[3, 1]] for person in (0, 1, 3)}
    quality = np.linspace(0, 1, len(faces))
    shuffled = TRACKS[np.random.default_rng(0).permutation(len(TRACKS))]
    summaries = summarize(found(shuffled, faces=faces, shots=shots, shot_quality=quality))
    assert [summary.index for summary in summaries] == [0, 1, 2, 3]
    for summary in summaries:
        own = TRACKS[TRACKS.person == summary.index]
        confidence = [body if not np.isnan(body) else face for body, face in zip(own.score, own.face_score, strict=True)]
        assert (summary.first_ms, summary.last_ms, summary.rows) == (own.time_ms.min(), own.time_ms.max(), len(own))
        assert summary.face_rows == np.count_nonzero(~np.isnan(own.face_score))
        assert summary.confidence_mean == pytest.approx(np.mean(confidence))
        assert summary.tracklets == sorted({int(number) for number in own.tracklet if number >= 0})
        rows = shots.get(summary.index, np.zeros(0, np.int64))
        told = [(shot.pts_ms, shot.frame, shot.quality) for shot in summary.best_shots]
        assert told == list(zip(faces.time_ms[rows], faces.frame[rows], quality[rows], strict=True))
        assert summary.best_shot == (summary.best_shots[0] if len(rows) else None)


def test_a_person_without_a_face_has_no_best_shot() -> None:
    (summary,) = summarize(found(random_tracks(10, persons=1, faces=0)))
    assert b"bestShot" not in msgspec.json.encode(summary)


def test_what_faces_look_like_is_told_where_somebody_asked() -> None:
    faces = random_tracks(40, persons=1, faces=1)
    traits = FaceTraits.make(len(faces), age=np.tile([20.0, 40.0], (len(faces), 1)))
    told = found(faces, faces=faces, traits=traits)
    (asked,), (unasked,) = summarize(told), summarize(told, faces=False)
    assert asked.face is not None
    assert unasked.face is None
    assert msgspec.structs.replace(asked, face=None) == unasked


def test_nobody_gives_no_summaries() -> None:
    assert summarize(found(Tracks.make(0))) == []


@pytest.mark.parametrize("tracks", [TRACKS, Tracks.make(0)], ids=["rows", "empty"])
def test_parquet_holds_every_number_and_null_for_what_is_lacking(tracks: Tracks, tmp_path: Path) -> None:
    write_parquet(tracks, tmp_path / "a.parquet")
    write_parquet(tracks, tmp_path / "b.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    table = pq.read_table(tmp_path / "a.parquet").to_pydict()
    assert len(table) == 7 + 4 + 4 + 10 + 3 + 2
    for name, column in (
        ("time_ms", tracks.time_ms),
        ("box_top", tracks.box[:, 1]),
        ("face_height", tracks.face_box[:, 3]),
        ("nose_y", tracks.landmarks[:, 2, 1]),
        ("yaw", tracks.pose[:, 1]),
        ("sharpness", tracks.quality[:, 1]),
    ):
        assert table[name] == [None if np.isnan(value) else value for value in column.tolist()]
    again = read_parquet(tmp_path / "a.parquet")
    for name, column in tracks.columns().items():
        np.testing.assert_array_equal(getattr(again, name), column)
