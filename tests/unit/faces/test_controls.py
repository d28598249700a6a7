"""Curves of one face: each control follows what it is named for, at the person's side; nothing is late or made up (SPEC 1c, D.4)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.unit.faces.heads import LIDS, in_picture, mirrored, moved, rest_of
from trackway.columns import CONTROL_NAMES, UNIT_NAMES, AnalysedFrames, Controls, FaceShapes, FaceTraits, Tracks
from trackway.faces.controls import ARKIT, FACEWARE, SUPPORTED, controls, dominant_person
from trackway.faces.measures import measures
from trackway.faces.neutral import AVERAGE, Neutral

Array = npt.NDArray[Any]

STEP_MS = 40
APPLE = """eyeBlinkLeft eyeLookDownLeft eyeLookInLeft eyeLookOutLeft eyeLookUpLeft eyeSquintLeft eyeWideLeft
    eyeBlinkRight eyeLookDownRight eyeLookInRight eyeLookOutRight eyeLookUpRight eyeSquintRight eyeWideRight
    jawForward jawLeft jawRight jawOpen mouthClose mouthFunnel mouthPucker mouthLeft mouthRight mouthSmileLeft mouthSmileRight
    mouthFrownLeft mouthFrownRight mouthDimpleLeft mouthDimpleRight mouthStretchLeft mouthStretchRight mouthRollLower mouthRollUpper
    mouthShrugLower mouthShrugUpper mouthPressLeft mouthPressRight mouthLowerDownLeft mouthLowerDownRight mouthUpperUpLeft
    mouthUpperUpRight browDownLeft browDownRight browInnerUp browOuterUpLeft browOuterUpRight cheekPuff cheekSquintLeft
    cheekSquintRight noseSneerLeft noseSneerRight tongueOut"""
"""The order of Apple's documentation of ARFaceAnchor.BlendShapeLocation."""
LIVE = """eyes_lookLeft eyes_lookRight eyes_lookUp eyes_lookDown eyes_leftEye_blink eyes_rightEye_blink left_eye_wide right_eye_wide
    brows_leftBrow_up brows_leftBrow_down brows_rightBrow_up brows_rightBrow_down brows_midBrows_up brows_midBrows_down
    jaw_open jaw_left jaw_right mouth_upperLip_left_up mouth_upperLip_right_up mouth_lowerLip_left_down mouth_lowerLip_right_down
    mouth_left_stretch mouth_right_stretch mouth_left_narrow mouth_right_narrow mouth_leftMouth_smile mouth_leftMouth_frown
    mouth_rightMouth_smile mouth_rightMouth_frown mouth_left mouth_right mouth_up mouth_down mouth_phoneme_oo mouth_phoneme_ch
    mouth_phoneme_mbp normalFV head_Up head_Down head_Left head_Right head_LeftTilt head_RightTilt"""
"""The 43 of SPEC 1c."""


def test_f27_names_are_faceware_s_and_apple_s() -> None:
    assert list(FACEWARE) == LIVE.split()
    assert list(ARKIT) == APPLE.split()
    assert CONTROL_NAMES == FACEWARE + ARKIT
    assert set(CONTROL_NAMES) >= SUPPORTED
    assert {"tongueOut", "cheekPuff", "jawForward", "normalFV"}.isdisjoint(SUPPORTED)


def curves(
    heads: list[Array],
    rest: Neutral,
    *,
    lids: Array | None = None,
    gaze: Array | None = None,
    pose: Array | None = None,
    units: Array | None = None,
    seen: Array | None = None,
) -> Controls:
    """Of a face that is seen in all frames, or in some; everything else of its rows stands still."""
    count = len(heads)
    seen = np.arange(count) if seen is None else seen
    found = measures(np.stack([in_picture(each) for each in heads]), np.tile(LIDS, (count, 1)) if lids is None else lids)
    faces = Tracks.make(
        count,
        frame=np.arange(count),
        time_ms=STEP_MS * np.arange(count),
        person=np.zeros(count),
        face_box=np.tile([0.4, 0.2, 0.2, 0.4], (count, 1)),
        face_score=np.full(count, 0.9),
        pose=np.zeros((count, 3)) if pose is None else pose,
    )
    shapes = FaceShapes.make(count, measures=found, **({} if units is None else {"units": units}))
    traits = FaceTraits.make(count, gaze=np.zeros((count, 2)) if gaze is None else gaze)
    frames = AnalysedFrames.make(count + 10, frame=np.arange(-5, count + 5), time_ms=STEP_MS * np.arange(-5, count + 5))
    return controls(faces[seen], shapes[seen], traits[seen], frames, rest)


def curve(found: Controls, name: str) -> Array:
    values: Array = found.values[:, CONTROL_NAMES.index(name)]
    return values


def test_f20_a_face_at_rest_moves_nothing(head: Array) -> None:
    found = curves([head] * 5, rest_of(head))
    assert {name for name in CONTROL_NAMES if np.isnan(curve(found, name)).any()} == set(CONTROL_NAMES) - SUPPORTED
    assert np.nanmax(found.values) == 0
    np.testing.assert_allclose(found.place, [[0.5, 0.4, 0.4]] * 5, atol=1e-6)
    np.testing.assert_allclose(found.confidence, 0.9, atol=1e-6)


@pytest.mark.parametrize(
    ("unit", "sided", "both"),
    [
        ("AU2", "brows_{low}Brow_up browOuterUp{side}", ""),
        ("AU6", "cheekSquint{side}", ""),
        ("AU7", "eyeSquint{side}", ""),
        ("AU9", "noseSneer{side}", ""),
        ("AU12", "mouth_{low}Mouth_smile mouthSmile{side}", ""),
        ("AU14", "mouthDimple{side}", ""),
        ("AU15", "mouth_{low}Mouth_frown mouthFrown{side}", ""),
        ("AU20", "mouth_{low}_stretch mouthStretch{side}", ""),
        ("AU1", "", "brows_midBrows_up browInnerUp"),
        ("AU4", "brows_{low}Brow_down browDown{side}", "brows_midBrows_down"),
        ("AU17", "", "mouthShrugLower"),
        ("AU18", "mouth_{low}_narrow", "mouth_phoneme_oo mouthPucker"),
        ("AU24", "mouthPress{side}", "mouth_phoneme_mbp"),
        ("AU26", "", "jaw_open jawOpen"),
        ("AU28", "", "mouthRollLower mouthRollUpper"),
    ],
)
def test_d4_a_control_follows_its_unit(head: Array, unit: str, sided: str, both: str) -> None:
    found = curves([moved(head, unit, 1)] * 3, rest_of(head))
    names = [name.format(side=side, low=side.lower()) for name in sided.split() for side in ("Left", "Right")] + both.split()
    for name in names:
        assert (curve(found, name) > 0.4).all(), name
    still = set(SUPPORTED) - set(names) - ALONGSIDE.get(unit, set())
    assert {name for name in still if curve(found, name).max() > 0.25} == set()


ALONGSIDE = {
    "AU4": {"noseSneerLeft", "noseSneerRight"},
    "AU20": {"mouthSmileLeft", "mouthSmileRight", "mouth_leftMouth_smile", "mouth_rightMouth_smile"},
}


def test_d3_left_is_the_person_s_and_the_mirror_swaps_it(head: Array) -> None:
    crooked = moved(moved(head, "AU12", 1, (0, 1)), "AU2", 1, (1, 0))
    crooked[[152, 175, 199]] += [0.5, 0, 0]
    lids, gaze, pose = np.array([[0.33, 0.1]]), np.array([[20.0, 10.0]]), np.array([[10.0, 15.0, 5.0]])
    seen = curves([crooked], rest_of(head), lids=lids, gaze=gaze, pose=pose)
    swapped = curves([mirrored(crooked)], rest_of(head), lids=lids[:, ::-1], gaze=gaze * [-1, 1], pose=pose * [-1, -1, 1])
    for name in (
        *("eyes_leftEye_blink", "mouth_leftMouth_smile", "brows_rightBrow_up", "jaw_left", "eyes_lookLeft", "head_Left", "head_LeftTilt"),
        *("eyeBlinkLeft", "mouthSmileLeft", "browOuterUpRight", "jawLeft", "eyeLookOutLeft", "eyeLookInRight"),
    ):
        assert curve(seen, name)[0] > 0.2, name
    opposite = {"left": "right", "right": "left", "Left": "Right", "Right": "Left"}
    for name in SUPPORTED:
        other = name
        for word, instead in opposite.items():
            if word in name:
                other = name.replace(word, instead)
                break
        assert curve(swapped, other)[0] == pytest.approx(curve(seen, name)[0], abs=1e-4), name


def test_eyes_and_head_are_angles(head: Array) -> None:
    gaze = np.array([[0, 0], [30, 0], [-15, 0], [0, 25], [0, -12.5], [np.nan, np.nan]])
    pose = np.array([[0, 0, 0], [30, 0, 0], [0, 45, 0], [0, -22.5, 0], [0, 0, 30], [0, 0, -15]])
    each = [curves([head], rest_of(head), gaze=gaze[[row]], pose=pose[[row]]) for row in range(6)]
    told = {name: [float(curve(one, name)[0]) for one in each] for name in CONTROL_NAMES}
    assert told["eyes_lookLeft"] == pytest.approx([0, 1, 0, 0, 0, np.nan], nan_ok=True)
    assert told["eyeLookInLeft"] == pytest.approx([0, 0, 0.5, 0, 0, np.nan], nan_ok=True)
    assert told["eyeLookUpRight"] == pytest.approx([0, 0, 0, 1, 0, np.nan], nan_ok=True)
    assert told["eyes_lookDown"] == pytest.approx([0, 0, 0, 0, 0.5, np.nan], nan_ok=True)
    assert told["head_LeftTilt"] == pytest.approx([0, 1, 0, 0, 0, 0])
    assert told["head_Left"] == pytest.approx([0, 0, 1, 0, 0, 0])
    assert told["head_Right"] == pytest.approx([0, 0, 0, 0.5, 0, 0])
    assert told["head_Up"] == pytest.approx([0, 0, 0, 0, 1, 0])
    assert told["head_Down"] == pytest.approx([0, 0, 0, 0, 0, 0.5])


def test_the_head_is_told_against_its_rest(head: Array) -> None:
    rest = rest_of(head)
    tilted = Neutral(rest.measures, 1.0, "calibration", np.array([0.0, 45.0, 0.0]))
    found = curves([head], tilted, pose=np.array([[0.0, 45.0, 0.0]]))
    assert curve(found, "head_Left")[0] == 0
    assert found.head[0].tolist() == [0, 45, 0]


def test_f27_a_gap_is_a_gap(head: Array) -> None:
    smiling = moved(head, "AU12", 1)
    found = curves([smiling] * 20, rest_of(head), seen=np.array([0, 1, 2, 12, 13, 19]))
    assert found.frame.tolist() == list(range(20))  # and none of the frames before and after
    assert found.time_ms.tolist() == [STEP_MS * row for row in range(20)]
    lost = np.ones(20, bool)
    lost[[0, 1, 2, 12, 13, 19]] = False
    for column in (found.values, found.units, found.head, found.place, found.confidence[:, None]):
        assert np.isnan(column[lost]).all()
    np.testing.assert_allclose(curve(found, "mouthSmileLeft")[~lost], 1, atol=0.05)


def test_a_blink_stays_and_trembling_goes(head: Array) -> None:
    random = np.random.default_rng(0)
    lids = np.full((60, 2), 0.26) + 0.004 * random.normal(size=(60, 2))
    lids[30:32] = 0.1
    found = curve(curves([head] * 60, rest_of(head), lids=lids), "eyeBlinkLeft")
    raw = np.clip((0.33 - lids[:, 1] - 0.05) / 0.14, 0, 1)
    assert found[30:32].min() > 0.95
    assert found[[29, 32]].max() < 0.3
    quiet = np.r_[0:28, 34:60]
    assert found[quiet].std() < 0.75 * raw[quiet].std()
    backwards = curve(curves([head] * 60, rest_of(head), lids=lids[::-1]), "eyeBlinkLeft")
    np.testing.assert_allclose(backwards[::-1], found, atol=1e-5)  # nothing is late


def test_confidence_falls_with_the_turn_and_without_a_rest(head: Array) -> None:
    pose = np.array([[0, 0, 0], [0, 40, 0], [0, 0, -50], [0, 80, 0]])
    found = [curves([head], rest_of(head), pose=pose[[row]]).confidence[0] for row in range(4)]
    assert found[0] > found[1] > found[2] > found[3] == 0
    unsure = curves([head], Neutral(AVERAGE, 0.0, "average")).confidence[0]
    assert unsure == pytest.approx(found[0] / 2)


def test_confidence_falls_with_the_size(head: Array) -> None:
    faces = Tracks.make(1, frame=[0], face_box=[[0.4, 0.2, 0.1, 0.2]], face_score=[1], pose=np.zeros((1, 3)))
    shapes = FaceShapes.make(1, measures=measures(in_picture(head)[None], np.array([LIDS])))
    sizes = [(1920, 1080), (480, 270), (240, 135), (90, 90)]
    found = [controls(faces, shapes, None, AnalysedFrames.make(1, frame=[0]), rest_of(head), size).confidence[0] for size in sizes]
    assert found[0] == 1
    assert found[0] > found[1] > found[2] > found[3] == 0


def test_nobody_has_no_curves(head: Array) -> None:
    frames = AnalysedFrames.make(3, frame=[0, 1, 2])
    assert len(controls(Tracks.make(0), FaceShapes.make(0), None, frames, rest_of(head))) == 0
    body = Tracks.make(1, frame=[1], score=[0.5])
    assert len(controls(body, FaceShapes.make(1), None, frames, rest_of(head))) == 0


def test_frames_in_which_nobody_looked_for_faces_are_no_gaps(head: Array) -> None:
    faces = Tracks.make(2, frame=[0, 4], time_ms=[0, 160], face_box=[[0, 0, 1, 1]] * 2, face_score=[1, 1], pose=np.zeros((2, 3)))
    shapes = FaceShapes.make(2, measures=measures(np.stack([in_picture(head)] * 2), np.array([LIDS, LIDS])))
    frames = AnalysedFrames.make(5, frame=np.arange(5), time_ms=40 * np.arange(5), faces=[True, False, True, False, True])
    found = controls(faces, shapes, None, frames, rest_of(head))
    assert found.frame.tolist() == [0, 2, 4]
    assert np.isnan(curve(found, "eyes_lookLeft")).all()  # without traits there is no gaze
    assert np.isfinite(curve(found, "jawOpen")[[0, 2]]).all()


def test_a_face_that_was_carried_from_one_look_to_the_next_is_no_row(head: Array) -> None:
    frame = np.arange(5)
    pose = np.column_stack([np.zeros(5), np.linspace(-40, 40, 5), np.zeros(5)])
    faces = Tracks.make(5, frame=frame, time_ms=40 * frame, face_box=[[0, 0, 1, 1]] * 5, face_score=np.ones(5), pose=pose)
    shapes = FaceShapes.make(5, measures=measures(np.stack([in_picture(head)] * 5), np.array([LIDS] * 5)))
    frames = AnalysedFrames.make(5, frame=frame, time_ms=40 * frame, faces=[True, False, False, False, True])
    found = controls(faces, shapes, None, frames, rest_of(head))
    assert found.frame.tolist() == [0, 4]
    assert found.head[:, 1].tolist() == [-40, 40]


def test_m9_a_network_s_units_come_first_and_open_what_a_mesh_does_not_show(head: Array) -> None:
    units = np.full((1, len(UNIT_NAMES)), np.nan)
    for name, value in (("AU14", 0.7), ("AU28", 0.6), ("AU19", 0.8), ("AUL12", 0.9)):
        units[0, UNIT_NAMES.index(name)] = value
    found = curves([head], rest_of(head), units=units)
    for name in ("mouthDimpleLeft", "mouthDimpleRight"):  # the network does not tell its sides, and comes first all the same
        assert curve(found, name)[0] == pytest.approx(0.7)
    assert curve(found, "tongueOut")[0] == pytest.approx(0.8)
    assert curve(found, "mouthRollLower")[0] == pytest.approx(0.6)
    assert curve(found, "mouthSmileLeft")[0] == pytest.approx(0.9)
    assert curve(found, "mouthSmileRight")[0] == 0


def test_f17_the_dominant_person_has_most_face_over_time() -> None:
    boxes = np.array([[0, 0, 0.5, 0.5], [0, 0, 0.2, 0.2], [0, 0, 0.2, 0.2], [0, 0, 0.4, 0.5], [0, 0, 0.4, 0.5]])
    faces = Tracks.make(5, person=[7, 3, 3, 5, 5], face_box=boxes, face_score=np.ones(5))
    assert dominant_person(faces) == 5
    assert dominant_person(faces[:3]) == 7
    assert dominant_person(Tracks.make(2, person=[0, 1], score=[1, 1])) is None
