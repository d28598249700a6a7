"""What the default pack reads in faces: what must follow when a picture is changed, and what must not be told (SPEC R38 to R43)."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import cv2
import msgspec
import numpy as np
import numpy.typing as npt
import pytest

from tests.portraits import collins, hopper
from trackway.columns import EMOTION_NAMES, POINT_NAMES, Detections, FaceTraits
from trackway.errors import ModelError
from trackway.faces.cutouts import of_picture
from trackway.faces.label_reader import LabelReader
from trackway.faces.points import SIXTY_EIGHT
from trackway.faces.traits import TraitReader
from trackway.models.cache import ModelCache
from trackway.models.pack import load_pack
from trackway.pipeline.still import StillReader

Array = npt.NDArray[Any]


@pytest.fixture(scope="module")
def still(models: ModelCache) -> StillReader:
    return StillReader.open(cache=models, threads=1)


def told(still: StillReader, picture: Array, faces: Detections | None = None) -> FaceTraits:
    traits = still.describe(picture, still.faces(picture) if faces is None else faces)
    assert traits is not None
    return traits


def resized(picture: Array, scale: float) -> Array:
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def test_everything_is_told_of_a_clear_face(still: StillReader) -> None:
    traits = told(still, collins())
    for name, values in traits.columns().items():
        unknown = [False] * 8 if name != "emotions" else [each == "CONFUSED" for each in EMOTION_NAMES]
        assert np.isnan(values).reshape(-1).tolist() == (unknown if name == "emotions" else [False] * values.size), name
    assert traits.smile[0] > 0.9
    assert traits.mouth_open[0] > 0.9
    assert traits.eyes_open[0] > 0.9
    assert traits.male[0] < 0.5
    assert np.nansum(traits.emotions) == pytest.approx(1, abs=1e-3)
    assert EMOTION_NAMES[int(np.nanargmax(traits.emotions[0]))] == "HAPPY"
    assert np.abs(traits.gaze).max() < 15  # she looks into the camera
    for column in (traits.male, traits.smile, traits.eyes_open, traits.mouth_open, traits.real, traits.live):
        assert 0 <= column[0] <= 1


def test_r43_an_age_range_is_twenty_years_wide_and_holds_the_truth(still: StillReader) -> None:
    low, high = told(still, collins()).age[0]
    assert high - low == pytest.approx(20)
    assert low <= 35 <= high  # born in 1956, photographed about 1992
    assert told(still, hopper()).age[0, 1] > 60  # 77


def test_a_serious_face_with_closed_lips(still: StillReader) -> None:
    traits = told(still, hopper())
    assert traits.smile[0] < 0.2
    assert traits.mouth_open[0] < 0.2
    assert traits.eyes_open[0] > 0.8


def test_r38_the_thirty_points_lie_where_the_detector_saw_five_of_them(still: StillReader) -> None:
    for picture in (collins(), hopper()):
        faces = still.faces(picture)
        points = told(still, picture, faces).landmarks[0]
        eyes = np.linalg.norm(faces.landmarks[0, 1] - faces.landmarks[0, 0])
        assert np.linalg.norm(points[:5] - faces.landmarks[0], axis=1).max() < 0.25 * eyes
        place = dict(zip(POINT_NAMES, points.tolist(), strict=True))
        for low, high in (
            ("leftEyeLeft", "leftEyeRight"),
            ("leftEyeRight", "rightEyeLeft"),
            ("mouthLeft", "mouthRight"),
            ("noseLeft", "noseRight"),
        ):
            assert place[low][0] < place[high][0]
        order = ["leftEyeBrowUp", "leftEyeUp", "leftPupil", "leftEyeDown", "nose", "mouthUp", "mouthDown", "chinBottom"]
        assert [place[name][1] for name in order] == sorted(place[name][1] for name in order)


def test_a_mirrored_face_has_mirrored_points_and_angles(still: StillReader) -> None:
    picture = collins()
    here, there = told(still, picture), told(still, np.ascontiguousarray(picture[:, ::-1]))
    other = [name.replace("Left", "@").replace("Right", "Left").replace("@", "Right") for name in POINT_NAMES]
    other = [name.replace("left", "@").replace("right", "left").replace("@", "right") for name in other]
    back = there.landmarks[0, [POINT_NAMES.index(name) for name in other]] * [-1, 1] + [1, 0]
    assert np.linalg.norm(back - here.landmarks[0], axis=1).max() < 0.02
    assert here.gaze[0, 0] == pytest.approx(-there.gaze[0, 0], abs=4)
    np.testing.assert_allclose(here.pose[0] * [-1, -1, 1], there.pose[0], atol=4)
    for name in ("smile", "eyes_open", "mouth_open"):
        assert getattr(here, name)[0] == pytest.approx(getattr(there, name)[0], abs=0.1)


@pytest.mark.parametrize("angle", [-60, -30, 30, 60])
def test_r40_a_turned_face_says_so_by_roll_and_looks_the_same(still: StillReader, angle: int) -> None:
    picture = collins()
    turn = cv2.getRotationMatrix2D((224, 140), -angle, 1)  # OpenCV's angles are counterclockwise
    turned = np.asarray(cv2.warpAffine(picture, turn, (512, 512)), np.uint8)
    here, there = told(still, picture), told(still, turned)
    np.testing.assert_allclose(there.pose[0] - here.pose[0], [angle, 0, 0], atol=3)
    expected = np.column_stack([here.landmarks[0] * 512, np.ones(30)]) @ turn.T / 512
    assert np.linalg.norm(expected - there.landmarks[0], axis=1).max() < 0.02
    np.testing.assert_allclose(there.gaze, here.gaze, atol=5)


def test_a_part_that_was_shrunk_shows_the_same(still: StillReader) -> None:
    """As a video's cropper cuts: more than was asked for, at another size."""
    picture = collins()
    faces = still.faces(picture)

    def cut(box: Array) -> tuple[Array, Array]:
        pixels, shown = of_picture(picture)(box + np.array([-0.02, -0.02, 0.04, 0.04]))
        return resized(pixels, 0.8), shown

    assert still._traits is not None
    here, there = told(still, picture, faces), still._traits.read(cut, faces)
    np.testing.assert_allclose(there.landmarks, here.landmarks, atol=0.005)
    np.testing.assert_allclose(there.age, here.age, atol=5)
    assert there.smile[0] == pytest.approx(here.smile[0], abs=0.1)


def test_faces_of_one_picture_do_not_mix(still: StillReader) -> None:
    picture = np.hstack([collins(), cv2.resize(hopper(), (512, 512))])
    two = still.faces(picture)
    assert len(two) == 2
    alone = FaceTraits.concatenate([told(still, picture, two[np.array([row])]) for row in (0, 1)])
    many = told(still, picture, two[np.array([0, 1] * 6)])
    for name, values in many.columns().items():
        np.testing.assert_allclose(
            values, np.concatenate([getattr(alone, name)] * 6), atol=2e-3 * (100 if name in ("age", "gaze", "pose") else 1)
        )


@pytest.mark.parametrize(
    ("pixels", "known"),
    [
        (12, set()),
        (22, {"landmarks", "pose", "age", "male"}),
        (30, {"landmarks", "pose", "age", "male", "emotions", "smile"}),
        (44, {"landmarks", "pose", "age", "male", "emotions", "smile", "mouth_open"}),
        (56, {"landmarks", "pose", "age", "male", "emotions", "smile", "mouth_open", "eyes_open", "real", "live"}),
    ],
)
def test_of_small_faces_less_is_told(still: StillReader, pixels: int, known: set[str]) -> None:
    picture = collins()
    faces = still.faces(picture)
    scale = pixels / (faces.box[0, 2:].max() * 512)
    traits = told(still, resized(picture, scale), faces)
    found = {name for name, values in traits.columns().items() if np.isfinite(values).any()}
    assert found - {"gaze"} == known


def nobody(still: StillReader) -> dict[str, tuple[Array, Detections]]:
    picture = collins()
    face = still.faces(picture)
    noise = np.random.default_rng(0).integers(0, 256, picture.shape, np.uint8)
    return {
        "noise": (noise, face),
        "grey": (np.full_like(picture, 128), face),
        "another place": (
            picture,
            face.replace(box=face.box + np.array([0.3, 0.45, 0, 0]), landmarks=face.landmarks + np.array([0.3, 0.45], np.float32)),
        ),
        "points elsewhere": (picture, face.replace(landmarks=face.landmarks + np.array([0.1, 0.1], np.float32))),
        "no points": (picture, face.replace(landmarks=np.full((1, 5, 2), np.nan))),
    }


@pytest.mark.parametrize("name", ["noise", "grey", "another place", "points elsewhere", "no points"])
def test_where_no_face_is_there_are_no_points(still: StillReader, name: str) -> None:
    picture, face = nobody(still)[name]
    traits = told(still, picture, face)
    for column in (traits.landmarks, traits.pose, traits.gaze, traits.eyes_open, traits.mouth_open):
        assert np.isnan(column).all()


@pytest.mark.parametrize("box", [[1.5, 1.5, 0.1, 0.1], [-0.15, 0.1, 0.2, 0.3], [0.5, 0.5, 0, 0], [np.nan] * 4])
def test_of_a_face_that_is_not_shown_nothing_is_told(still: StillReader, box: list[float]) -> None:
    face = still.faces(collins())
    traits = told(still, collins(), face.replace(box=[box]))
    assert all(np.isnan(values).all() for values in traits.columns().values())
    assert len(told(still, collins(), face[:0])) == 0


def test_meshes_hold_the_points(still: StillReader) -> None:
    picture = collins()
    faces = still.faces(picture)
    assert still._traits is not None
    mesh = still._traits.meshes(of_picture(picture), faces)
    assert mesh.shape == (1, 468, 3)
    points = told(still, picture, faces).landmarks[0]
    np.testing.assert_allclose(mesh[0, 4, :2], points[POINT_NAMES.index("nose")], atol=1e-6)
    assert mesh[0, 4, 2] < mesh[0, [127, 356], 2].min()  # the nose is nearer than the ears
    assert len(set(SIXTY_EIGHT)) == 68
    nothing = still._traits.meshes(of_picture(picture), faces.replace(box=[[1.5, 1.5, 0.1, 0.1]]))
    assert np.isnan(nothing).all()


def test_a_pack_may_lack_any_of_it(still: StillReader, models: ModelCache) -> None:
    picture = collins()
    faces = still.faces(picture)
    assert TraitReader.of({}, lambda _: Fixed([])) is None
    none = TraitReader().read(of_picture(picture), faces)
    assert all(np.isnan(values).all() for values in none.columns().values())
    assert np.isnan(TraitReader().meshes(of_picture(picture), faces)).all()


@pytest.mark.parametrize("labels", [(), ("HAPPY", "HUNGRY"), ("HAPPY", "SAD", "HAPPY")])
def test_labels_of_emotions_are_rekognitions(labels: tuple[str, ...]) -> None:
    model = msgspec.structs.replace(load_pack().traits["emotion"], labels=labels)
    with pytest.raises(ModelError, match="expected labels out of HAPPY, SAD"):
        LabelReader.of_emotions(model, Fixed([]))


class Fixed:
    """Says the same of every picture."""

    def __init__(self, answer: Sequence[float]) -> None:
        self.answer = answer

    def run(self, images: Array) -> list[Array]:
        return [np.tile(np.array(self.answer, np.float32), (len(images), 1))]


def test_r42_emotions_are_told_by_label_and_the_unknown_stay_unknown() -> None:
    model = msgspec.structs.replace(load_pack().traits["emotion"], labels=("CALM", "HAPPY"))
    reader = LabelReader.of_emotions(model, Fixed([0.25, 0.75]))
    emotions = reader.read(np.zeros((2, 64, 64, 3), np.uint8), np.array([100.0, 10.0]))
    expected = [0.75 if name == "HAPPY" else 0.25 if name == "CALM" else np.nan for name in EMOTION_NAMES]
    np.testing.assert_array_equal(emotions[0], np.array(expected, np.float32))
    assert np.isnan(emotions[1]).all()


def test_an_answer_for_other_labels_is_refused() -> None:
    model = msgspec.structs.replace(load_pack().traits["emotion"], labels=("CALM", "HAPPY", "SAD"))
    with pytest.raises(ModelError, match="expected 3 numbers for each face, as the manifest has labels"):
        LabelReader.of_emotions(model, Fixed([0.25, 0.75])).read(np.zeros((1, 64, 64, 3), np.uint8), np.array([100.0]))


def test_threads_share_the_reader(still: StillReader) -> None:
    picture = collins()
    faces = still.faces(picture)
    expected, found = told(still, picture, faces), []
    threads = [threading.Thread(target=lambda: found.append(told(still, picture, faces))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    for each in found:
        np.testing.assert_allclose(each.landmarks, expected.landmarks, atol=1e-5)
