"""Whose faces these are, and how old: asked of the right faces, and no more often than that (SPEC D18)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from tests.unit.pipeline.scripted import scripted
from trackway.columns import Detections, FaceTraits
from trackway.faces.cutouts import Cut
from trackway.media.frame import Frame
from trackway.media.video import VideoInfo
from trackway.models.pack import Calibration
from trackway.pipeline.recognition import Recogniser
from trackway.readings import FaceReadings

Array = npt.NDArray[Any]


class Faces:
    """Tells whose a face is by the left edge of its box, and its age by the top; nothing of one less wide than a twentieth."""

    size = 4
    calibration = Calibration(same=1.24, different=0.45, spread=0.27, cap=8.0)

    def __init__(self) -> None:
        self.embedded: list[int] = []
        self.aged: list[int] = []

    def embed(self, cut: Cut, faces: Detections) -> Array:
        self.embedded += faces.frame.tolist()
        whose: Array = np.eye(4, dtype=np.float32)[(faces.box[:, 0] * 4).astype(int)]
        whose[faces.box[:, 2] < 0.05] = np.nan
        return whose

    def lasting(self, cut: Cut, faces: Detections) -> dict[str, Array]:
        self.aged += faces.frame.tolist()
        return {"age": np.stack([faces.frame, faces.frame + 20], axis=1), "male": faces.box[:, 1]}


def recogniser(faces: Faces, *, ages: bool = True) -> Recogniser:
    vision = scripted()
    object.__setattr__(vision, "face_embedder", faces)
    object.__setattr__(vision, "traits", faces)
    return Recogniser(cast(VideoInfo, SimpleNamespace()), vision, ages=ages)


def sights(frame: int, *boxes: tuple[float, float], wide: float = 0.1, yaw: float = 0.0) -> Detections:
    count = len(boxes)
    box = [[left, top, wide, wide] for left, top in boxes]
    return Detections.make(
        count, frame=[frame] * count, box=np.reshape(box, (-1, 4)), pose=np.full((count, 3), [0, yaw, 0]), quality=np.full((count, 2), 50)
    )


def run(reader: Recogniser, frame: int, faces: Detections, *track: int) -> tuple[Array, FaceTraits | None]:
    moment = Frame(frame, 100 * frame, cast(Any, None))
    look, readings = reader(moment, faces, np.array(track, np.int64), FaceReadings(FaceTraits.make(len(faces))))
    assert look is not None
    return look, readings.traits


def test_d18_descriptors_and_ages_are_read_at_the_same_few_sights() -> None:
    faces = Faces()
    reader = recogniser(faces)
    for frame in range(60):
        look, traits = run(reader, frame, sights(frame, (0.3, 0.7)), 0)
        assert traits is not None
        assert np.isfinite(look[0]).all() == np.isfinite(traits.male[0]) == np.isfinite(traits.age[0]).all()
    assert faces.embedded == faces.aged == [0, 1, 3, 7, 15, 31, 51]  # 2 s apart at last


def test_d18_a_changed_face_is_read_again_at_once() -> None:
    faces = Faces()
    reader = recogniser(faces, ages=False)
    for frame in range(20):
        run(reader, frame, sights(frame, (0.3 if frame < 10 else 0.8, 0.7)), 0)
    assert faces.embedded == [0, 1, 3, 7, 15, 16, 18]
    assert faces.aged == []


def test_faces_that_show_too_little_stay_due() -> None:
    faces = Faces()
    reader = recogniser(faces, ages=False)
    for frame in range(12):
        run(reader, frame, sights(frame, (0.3, 0.7), yaw=80.0 if frame < 5 else 0.0), 0)
    assert faces.embedded == [5, 6, 8]
    for frame in range(12, 16):
        look, _ = run(reader, frame, sights(frame, (0.3, 0.7), wide=0.01), 1)
        assert np.isnan(look).all()
    assert faces.embedded[3:] == [12, 13, 14, 15]


def test_who_is_never_seen_clearly_still_has_an_age() -> None:
    faces = Faces()
    reader = recogniser(faces)
    for frame in range(40):
        run(reader, frame, sights(frame, (0.3, 0.7), yaw=80.0), 0)
    assert faces.embedded == []
    assert faces.aged == [0, 20]


def test_nobody_s_face_is_not_read_and_rows_keep_their_order() -> None:
    faces = Faces()
    look, traits = run(recogniser(faces), 7, sights(7, (0.1, 0.2), (0.3, 0.4), (0.6, 0.8)), 5, -1, 2)
    assert np.isfinite(look[:, 0]).tolist() == [True, False, True]
    assert traits is not None
    np.testing.assert_allclose(traits.male, [0.2, np.nan, 0.8])
    look, traits = run(recogniser(faces), 8, sights(8))
    assert len(look) == 0


def test_without_networks_nothing_is_told() -> None:
    reader = Recogniser(cast(VideoInfo, SimpleNamespace()), scripted(), ages=True)
    readings = FaceReadings(FaceTraits.make(1))
    look, told = reader(Frame(0, 0, cast(Any, None)), sights(0, (0.3, 0.3)), np.zeros(1, np.int64), readings)
    assert look is None
    assert told is readings


def test_memory_follows_those_who_are_seen() -> None:
    reader = recogniser(Faces(), ages=False)
    for frame in range(3000):
        run(reader, frame, sights(frame, (0.3, 0.7)), frame)
    assert len(reader._known) < 400
