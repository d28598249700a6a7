"""Persons made people by their faces (SPEC M6, M11, M21, X16)."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pytest

from trackway.columns import AnalysedFrames, FaceTraits, Tracks
from trackway.errors import NotEnoughFacesError, OptionError
from trackway.identity.clustering import confidences
from trackway.jobs.options import JobOptions
from trackway.models.similarity import Similarity
from trackway.pipeline.findings import Findings, find
from trackway.pipeline.people import People, find_people
from trackway.results.identities import identities
from trackway.results.summaries import summarize
from trackway.tracking.linking import Linked
from trackway.tracking.looks import Looks

Array = npt.NDArray[Any]

CURVE = Similarity(centre=0.57, slope=46.5)
ANNA, BERT = np.eye(2, 8)


def video(persons: list[Array | None], times: list[range]) -> tuple[Tracks, Looks]:
    """Rows and looks of persons who are seen at these times, 100 ms apart; None shows no face."""
    person, when = np.concatenate([[[number, time] for time in span] for number, span in enumerate(times)]).T
    order = np.lexsort((person, when))
    tracks = Tracks.make(
        len(order),
        frame=when[order],
        time_ms=100 * when[order],
        person=person[order],
        box=np.tile([0.1, 0.1, 0.2, 0.5], (len(order), 1)),
        score=np.ones(len(order)),
    )
    shown = [number for number, face in enumerate(persons) if face is not None]
    columns = {
        **Looks.none().columns(),
        "person": np.array(shown, np.int64),
        "span": np.zeros((len(shown), 2), np.int64),
        "body": np.zeros((len(shown), 0), np.float32),
        "body_count": np.zeros(len(shown), np.int64),
        "body_steady": np.full(len(shown), np.nan, np.float32),
        "face": np.array([persons[number] for number in shown], np.float32).reshape(len(shown), 8),
        "face_count": np.full(len(shown), 3),
    }
    return tracks, Looks.from_columns(columns)


def test_the_best_shot_was_seen() -> None:
    """Between two looks at a face that turns, the line leads through one that faces the camera; nobody saw it."""
    frame = np.arange(6)
    yaw = np.linspace(-40, 40, 6)
    faces = Tracks.make(
        6,
        frame=frame,
        time_ms=1000 * frame,
        person=np.zeros(6),
        face_box=np.tile([0.4, 0.2, 0.2, 0.4], (6, 1)),
        face_score=np.ones(6),
        pose=np.column_stack([np.zeros(6), yaw, np.zeros(6)]),
        quality=np.full((6, 2), 80.0),
    )
    frames = AnalysedFrames.make(6, frame=frame, time_ms=1000 * frame, faces=np.isin(frame, (0, 5)))
    shots = find(Linked(faces, Looks.none(), faces, frames, None, None, None), JobOptions(), (1280, 720), similarity=None).shots
    assert set(shots[0].tolist()) == {0, 5}


def test_x16_the_same_face_in_shots_one_and_three_is_one_person() -> None:
    tracks, looks = video([ANNA, BERT, None, ANNA], [range(10), range(12, 20), range(5), range(22, 30)])
    people = find_people(tracks, looks, CURVE, JobOptions())
    assert people.identity.tolist() == [0, 1, -1, 0]
    np.testing.assert_allclose(people.average, [ANNA, BERT])
    vectors = np.array([ANNA, BERT, np.full(8, np.nan), ANNA])
    np.testing.assert_allclose(people.confidence, confidences(vectors, people.identity))  # SPEC M11
    first, second = identities(tracks, people, names={0: "Anna"})
    assert (first.persons, first.first_ms, first.last_ms, first.rows, first.name) == ([0, 3], 0, 2900, 18, "Anna")
    assert second.embedding is None
    assert identities(tracks, people, embeddings=True)[1].embedding == BERT.tolist()
    told = [(summary.identity, summary.identity_confidence) for summary in summarize(Findings(tracks, people))]
    assert told == [(0, 1.0), (1, 1.0), (None, None), (0, 1.0)]


def test_two_who_are_visible_together_are_two_though_they_look_the_same() -> None:
    people = find_people(*video([ANNA, ANNA], [range(10), range(9, 20)]), CURVE, JobOptions())
    assert people.identity.tolist() == [0, 1]


@pytest.mark.parametrize("clusterer", ["auto", "spectral", "kmeans"])
def test_m6_more_people_than_faces_is_refused_in_mexcas_words(clusterer: Any) -> None:
    tracks, looks = video([ANNA, BERT], [range(5), range(5, 9)])
    assert find_people(tracks, looks, CURVE, JobOptions(num_faces=2, clusterer=clusterer)).identity.tolist() == [0, 1]
    with pytest.raises(NotEnoughFacesError, match="Not enough faces detected to perform clustering"):
        find_people(tracks, looks, CURVE, JobOptions(num_faces=3, clusterer=clusterer))


def test_m20_nobody_is_told_apart_where_nobody_asked_or_no_network_can() -> None:
    tracks, looks = video([ANNA, BERT], [range(5), range(5, 9)])
    for people in (find_people(tracks, looks, CURVE, JobOptions(clusterer="none")), find_people(tracks, looks, None, JobOptions())):
        assert people.identity.tolist() == [-1, -1]
        assert np.isnan(people.confidence).all()
        assert identities(tracks, people) == []
        assert b"identity" not in msgspec.json.encode(summarize(Findings(tracks, people)))


def test_m2_hdbscan_with_a_number_is_refused_when_the_job_is_made() -> None:
    with pytest.raises(OptionError, match="hdbscan finds the number of people by itself"):
        JobOptions.parse({"clusterer": "hdbscan", "numFaces": 2}, source="Options")


def test_nobody_in_the_video_is_nobody() -> None:
    people = find_people(Tracks.make(0), Looks.none(), CURVE, JobOptions())
    assert len(people.identity) == 0
    assert identities(Tracks.make(0), people) == []
    with pytest.raises(NotEnoughFacesError):
        find_people(Tracks.make(0), Looks.none(), CURVE, JobOptions(num_faces=1))


def test_d39_what_all_sights_of_a_face_say_stands_in_its_summary() -> None:
    tracks, _ = video([ANNA, BERT], [range(3), range(3, 6)])
    emotions = np.full((6, 8), np.nan)
    emotions[:2, 0] = [0.5, 1]
    traits = FaceTraits.make(6, age=[[20, 30]] * 3 + [[np.nan] * 2] * 3, male=[0.2, np.nan, 0.4, *[np.nan] * 3], emotions=emotions)
    first, second = summarize(Findings(tracks, People.unknown(2), faces=tracks, traits=traits))
    assert second.face is None
    assert msgspec.to_builtins(first.face) == {
        "ageLow": 20.0,
        "ageHigh": 30.0,
        "male": pytest.approx(0.3),
        "emotions": {"HAPPY": 0.75},
    }
