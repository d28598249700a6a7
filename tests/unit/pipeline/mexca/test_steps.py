"""The steps of `FaceExtractor` with pictures, in both vocabularies (SPEC M1 to M11, M22, M29)."""

from __future__ import annotations

import inspect
import logging
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from tests.portraits import blank, both, hopper
from tests.unit.pipeline.mexca.clips import BOTH, scene
from trackway import FaceExtractor, NotEnoughFacesError
from trackway.columns import UNIT_NAMES, Detections
from trackway.errors import ArgumentError, ModelError, OptionError
from trackway.faces.action_units import MEFARG41, XGB20
from trackway.models.cache import ModelCache
from trackway.pipeline.mexca.selection import as_score, select

Array = npt.NDArray[Any]


@pytest.fixture(scope="module")
def extractor(models: ModelCache) -> FaceExtractor:
    return FaceExtractor(2, min_face_size=30, cache=models)


@pytest.fixture(scope="module")
def newer(models: ModelCache) -> FaceExtractor:
    return FaceExtractor(2, min_face_size=30, vocabulary="v1", post_min_face_size=(40, 40), cache=models)


@pytest.fixture(scope="module")
def picture() -> Array:
    """(240, 480, 3): Collins at the left, Hopper, larger, at the right."""
    return scene(BOTH)


def test_m1_positions_and_defaults_are_those_of_v04() -> None:
    parameters = list(inspect.signature(FaceExtractor).parameters.values())
    positional = {each.name: each.default for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD}
    assert positional.pop("num_faces") is inspect.Parameter.empty
    assert positional == {
        "min_face_size": 20, "thresholds": (0.6, 0.7, 0.7), "factor": 0.709, "post_process": True, "select_largest": True,
        "selection_method": None, "keep_all": True, "device": None, "max_cluster_frames": None, "embeddings_model": "vggface2",
        "au_model": "xgb", "landmark_model": "mobilefacenet",
    }  # fmt: skip
    assert list(positional)[:3] == ["min_face_size", "thresholds", "factor"]


def test_m1_networks_are_opened_when_they_are_needed(models: ModelCache, tmp_path: Any) -> None:
    lazy = FaceExtractor(2, cache=ModelCache(tmp_path))  # nothing is installed there
    assert lazy.identify(np.eye(4)).shape == (4,)
    with pytest.raises(ModelError, match="trackway models"):
        lazy.detect(blank())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"num_faces": 0}, "num_faces must be a whole number from 1 on, got 0"),
        ({"num_faces": True}, "num_faces must be a whole number"),
        ({"min_face_size": 0}, "min_face_size must be 1 pixel or more"),
        ({"thresholds": (0.5, 0.5)}, "thresholds must be three numbers from 0 to 1"),
        ({"thresholds": (0.5, 0.5, 7)}, "three numbers from 0 to 1"),
        ({"factor": 2}, "factor must lie between 0 and 1"),
        ({"selection_method": "best"}, "There is no selection_method 'best'; expected one of probability"),
        ({"device": "tpu"}, "There is no device tpu; expected cpu"),
        ({"max_cluster_frames": 0}, "max_cluster_frames must be"),
        ({"embeddings_model": "arcface"}, "There is no embeddings_model 'arcface'; expected one of vggface2, casia-webface"),
        ({"au_model": "openface"}, "There is no au_model 'openface'"),
        ({"landmark_model": "dlib"}, "There is no landmark_model 'dlib'"),
        ({"vocabulary": "v2"}, "There is no vocabulary 'v2'"),
        ({"clusterer": "agglomerative"}, "There is no clusterer 'agglomerative'; expected auto"),
        ({"clusterer": object()}, "needs the method fit_predict"),
        ({"clusterer": "hdbscan"}, "hdbscan finds the number of people by itself; leave out num_faces=2"),
        ({"post_min_face_size": (45,)}, "must be a width and a height"),
        ({"post_min_face_size": 45}, "must be a width and a height"),
        ({"pack": "none"}, "none"),
    ],
)
def test_m1_what_is_unknown_is_refused_in_a_sentence(options: dict[str, Any], words: str) -> None:
    with pytest.raises((ArgumentError, ModelError), match=words):
        FaceExtractor(**{"num_faces": 2, **options})


def test_m1_arguments_are_attributes() -> None:
    given = {"min_face_size": 30, "thresholds": (0.5, 0.6, 0.8), "factor": 0.5, "device": "cpu", "max_cluster_frames": 9, "au_model": "svm"}
    extractor = FaceExtractor(2, **given)  # type: ignore[arg-type]
    assert {name: getattr(extractor, name) for name in given} == given
    assert (extractor.selection_method, extractor.landmark_model, extractor.embeddings_model) == (None, "mobilefacenet", "vggface2")
    newer = FaceExtractor(2, vocabulary="v1")
    assert (newer.selection_method, newer.device, newer.post_min_face_size) == ("num_faces", "cpu", (45, 45))


def test_m1_networks_can_be_deleted(models: ModelCache) -> None:
    extractor = FaceExtractor(2, cache=models)
    first = extractor.detector, extractor.encoder, extractor.extractor
    del extractor.detector, extractor.encoder, extractor.extractor
    assert not set(map(id, first)) & set(map(id, (extractor.detector, extractor.encoder, extractor.extractor)))


def test_m2_without_a_number_and_a_clusterer_v1_raises_a_value_error() -> None:
    with pytest.raises(ValueError, match="give one of them") as caught:
        FaceExtractor(None, vocabulary="v1")
    assert isinstance(caught.value, OptionError)
    for clusterer in ("auto", Halves()):
        assert FaceExtractor(None, vocabulary="v1", clusterer=clusterer).num_faces is None
    assert FaceExtractor(None).num_faces is None  # 0.4 finds out


def test_m2_defaults_of_v1() -> None:
    options = FaceExtractor(2, vocabulary="v1", device="cpu").options
    assert (options.selection, options.least, options.crop_px, options.provider) == ("num_faces", (45, 45), 224, "cpu")
    assert FaceExtractor(2).options.least == (0, 0)


class Halves:
    """A clusterer of somebody: the sign of the first number."""

    def fit_predict(self, X: Array) -> Array:  # noqa: N803 - scikit-learn's name
        return (X[:, 0] > 0).astype(int)


def test_m1_the_clusterer_is_one_of_its_kind() -> None:
    halves = Halves()
    assert FaceExtractor(2, clusterer=halves).clusterer is halves
    np.testing.assert_array_equal(FaceExtractor(2).clusterer.fit_predict(people(2, 2)), [0, 0, 1, 1])


def test_m2_any_object_with_fit_predict_is_a_clusterer() -> None:
    label = FaceExtractor(None, clusterer=Halves()).identify(np.array([[1.0, 0], [-1, 0.1], [2, 1], [np.nan, 0]]))
    np.testing.assert_array_equal(label, [0, 1, 0, np.nan])


def test_m3_a_batch_gives_crops_boxes_and_probabilities(extractor: FaceExtractor, picture: Array) -> None:
    faces, boxes, probs = extractor.detect(np.stack([picture, picture[:, ::-1]]))
    assert [crops.shape for crops in faces] == [(2, 3, 160, 160)] * 2
    assert {crops.dtype for crops in faces} == {np.dtype(np.float32)}
    assert boxes.shape == (2, 2, 4)
    assert probs.shape == (2, 2)
    assert ((probs > 0.5) & (probs <= 1)).all()
    assert (boxes[..., 2:] > boxes[..., :2]).all()
    np.testing.assert_allclose(boxes[1][:, [0, 2]], 480 - boxes[0][:, [2, 0]], atol=8)  # the mirror image
    assert boxes[0, 0, 0] > 240 > boxes[0, 1, 2]  # Hopper's face is larger


def test_m3_frames_without_a_face_are_none(extractor: FaceExtractor, picture: Array) -> None:
    faces, boxes, probs = extractor.detect(np.stack([np.full_like(picture, 90), picture]))
    assert faces[0] is boxes[0] is probs[0] is None
    assert (len(faces[1]), len(boxes[1]), len(probs[1])) == (2, 2, 2)
    assert extractor.detect(blank()) == ([None], [None], [None])


def test_m3_v1_has_larger_crops_and_five_landmarks(newer: FaceExtractor, picture: Array) -> None:
    faces, boxes, _, landmarks = newer.detect(picture[None])
    assert faces[0].shape == (2, 3, 224, 224)
    assert landmarks.shape == (1, 2, 5, 2)
    inside = (landmarks >= boxes[:, :, None, :2]) & (landmarks <= boxes[:, :, None, 2:])
    assert inside.all()


def test_m3_post_process_says_what_the_numbers_of_crops_are(extractor: FaceExtractor, models: ModelCache, picture: Array) -> None:
    plain = FaceExtractor(2, min_face_size=30, post_process=False, cache=models)
    standard, raw = extractor.detect(picture)[0][0], plain.detect(picture)[0][0]
    assert raw.min() >= 0
    assert raw.max() > 200
    np.testing.assert_allclose(standard, (raw - 127.5) / 128, atol=1e-6)
    np.testing.assert_array_equal(extractor.encode(standard), plain.encode(raw))


def test_m4_selection_orders_and_keeps(models: ModelCache, picture: Array) -> None:
    def lefts(**options: Any) -> list[float]:
        boxes = FaceExtractor(1, min_face_size=30, cache=models, **options).detect(picture)[1]
        return [float(left) for left in boxes[0][:, 0]]

    largest = lefts()
    assert largest[0] > largest[1]
    assert lefts(selection_method="num_faces") == largest[:1]
    assert lefts(keep_all=False) == largest[:1]
    assert sorted(lefts(select_largest=False)) == sorted(largest)
    assert lefts(select_largest=False) == lefts(selection_method="probability")


def faces_of(*boxes_and_scores: tuple[float, float, float, float, float]) -> Detections:
    rows = np.array(boxes_and_scores)
    return Detections.make(len(rows), frame=np.zeros(len(rows)), box=rows[:, :4] / 100, score=rows[:, 4])


def test_m4_each_method_by_its_own_rule() -> None:
    # A large doubtful face in the corner, a middling certain one beside the centre, a small one in the centre.
    faces = faces_of((0, 0, 30, 30, 0.6), (30, 30, 25, 25, 0.95), (45, 45, 10, 10, 0.9))

    def rows(method: Any, *, largest: bool = True, keep_all: bool = True, most: int | None = 2) -> list[int]:
        return list(select(faces, np.array([100, 100]), method, largest=largest, keep_all=keep_all, most=most, own=0.5))

    assert rows("largest") == [0, 1, 2]
    assert rows("probability") == [1, 2, 0]
    assert rows("largest_over_threshold") == [1, 2]
    assert rows("center_weighted_size") == [1, 2, 0]  # 625 - 2 * 112.5, 100 - 0, 900 - 2 * 2450
    assert rows("num_faces") == [0, 1]
    assert rows("num_faces", largest=False) == [1, 2]
    assert rows("num_faces", most=None) == [0, 1, 2]
    assert all(len(rows(method, keep_all=False)) == 1 for method in ("largest", "probability", "num_faces"))


def test_m1_the_default_threshold_is_the_detectors_own() -> None:
    assert as_score(0.7, 0.5) == 0.5
    assert [as_score(each, 0.5) for each in (0, 0.35, 1)] == [0, 0.25, 1]


def test_m1_a_higher_threshold_finds_fewer_and_a_smaller_least_size_more(models: ModelCache, picture: Array) -> None:
    assert FaceExtractor(2, thresholds=(0.6, 0.7, 1.0), cache=models).detect(picture)[0] == [None]
    assert FaceExtractor(2, min_face_size=120, cache=models).detect(picture)[0] == [None]
    wide = cv2.resize(picture, (160, 80), interpolation=cv2.INTER_AREA)  # faces of 20 and 31 pixels
    far = np.full((720, 1280, 3), 90, np.uint8)
    far[300:380, 600:760] = wide
    found = [FaceExtractor(2, min_face_size=size, cache=models).detect(far)[0][0] for size in (15, 60)]
    assert found[1] is None
    assert len(found[0]) == 2


def test_m5_vectors_tell_people_apart(extractor: FaceExtractor, picture: Array) -> None:
    faces, _, _ = extractor.detect(np.stack([picture, picture[:, ::-1]]))
    one, other = (extractor.encode(crops) for crops in faces)
    assert one.shape == (2, 1024)
    np.testing.assert_allclose(np.linalg.norm(one, axis=1), 1, atol=1e-5)
    assert (np.argmax(one @ other.T, axis=1) == [0, 1]).all()


def test_m5_crops_below_80_pixels_are_refused(extractor: FaceExtractor) -> None:
    assert extractor.encode(np.zeros((1, 3, 80, 80))).shape == (1, 1024)
    assert extractor.encode(np.zeros((0, 3, 160, 160))).shape == (0, 1024)
    for crops in (np.zeros((1, 3, 79, 160)), np.zeros((1, 3, 160, 12))):
        with pytest.raises(ArgumentError, match="at least 80 pixels"):
            extractor.encode(crops)
    with pytest.raises(ArgumentError, match=r"shape \(N, 3, H, W\), got \(160, 160, 3\)"):
        extractor.encode(np.zeros((160, 160, 3)))


def people(*counts: int, size: int = 16, seed: int = 0) -> Array:
    """Unit vectors of so many sights of each of several people."""
    rng = np.random.default_rng(seed)
    middles = np.repeat(np.eye(size)[: len(counts)], counts, axis=0)
    looks = middles + rng.normal(0, 0.02, middles.shape)
    return np.asarray(looks / np.linalg.norm(looks, axis=1, keepdims=True))


def test_m6_exactly_so_many_people_and_nan_for_nan() -> None:
    looks = people(5, 4, 3)
    looks[2] = np.nan
    label = FaceExtractor(3).identify(looks)
    assert label.dtype == np.float64
    np.testing.assert_array_equal(label, [0, 0, np.nan, 0, 0, 1, 1, 1, 1, 2, 2, 2])
    assert set(FaceExtractor(2).identify(people(5, 4, 3))) == {0, 1}
    assert len(set(FaceExtractor(None).identify(people(5, 4, 3)))) == 3


def test_m6_too_few_faces_have_mexcas_error_and_words() -> None:
    looks = people(1, 1, 1)
    looks[0] = np.nan
    words = "Not enough faces detected to perform clustering; consider reducing 'num_faces', 'min_face_size', or 'thresholds'"
    with pytest.raises(NotEnoughFacesError) as caught:
        FaceExtractor(3).identify(looks)
    assert str(caught.value) == words
    assert str(NotEnoughFacesError(msg="of mine")) == "of mine"
    np.testing.assert_array_equal(FaceExtractor(3, strict=False).identify(looks), [np.nan, 0, 1])


def test_m7_above_the_limit_rows_are_joined_first() -> None:
    looks = people(30, 20, 10)
    np.testing.assert_array_equal(FaceExtractor(3, max_cluster_frames=6).identify(looks), np.repeat([0, 1, 2], [30, 20, 10]))


def test_m8_landmarks_and_action_units_of_v04(extractor: FaceExtractor, picture: Array) -> None:
    batch = np.stack([picture, np.full_like(picture, 90)])
    _, boxes, _ = extractor.detect(batch)
    landmarks, units = extractor.extract(batch, boxes)
    assert landmarks[1] is None
    assert units[1] is None
    assert landmarks[0] is not None
    assert units[0] is not None
    assert [points.shape for points in landmarks[0]] == [(68, 2)] * 2
    for points, box in zip(landmarks[0], boxes[0], strict=True):
        assert (points[17:] > box[:2] - 5).all()
        assert (points[17:] < box[2:] + 5).all()
        assert points[36, 0] < points[45, 0] < box[2]
        assert points[27, 1] < points[33, 1] < points[57, 1] < points[8, 1]
    assert units[0].shape == (2, 20)
    assert ((units[0] >= 0) & (units[0] <= 1) | np.isnan(units[0])).all()
    assert units[0][1, XGB20.index("AU12")] > 0.5  # Collins smiles, her teeth show; the larger Hopper does neither
    assert units[0][1, XGB20.index("AU12")] > units[0][0, XGB20.index("AU12")] + 0.2


def test_m8_svm_says_yes_or_no(extractor: FaceExtractor, models: ModelCache, picture: Array) -> None:
    boxes = extractor.detect(picture)[1]
    shares = extractor.extract(picture, boxes)[1][0]
    words = FaceExtractor(2, min_face_size=30, au_model="svm", cache=models).extract(picture, boxes)[1][0]
    assert shares is not None
    assert words is not None
    known = ~np.isnan(shares)
    np.testing.assert_array_equal(known, ~np.isnan(words))
    assert set(words[known]) == {0, 1}
    assert words[1, XGB20.index("AU12")] == 1


def test_m8_v1_has_five_points_and_41_units(newer: FaceExtractor, picture: Array) -> None:
    _, boxes, _, five = newer.detect(picture)
    landmarks, units = newer.extract(picture, boxes)
    assert landmarks[0] is not None
    assert units[0] is not None
    np.testing.assert_array_equal(np.stack(landmarks[0]), five[0])
    assert units[0].shape == (2, 41)
    known = {name for name, share in zip(MEFARG41, units[0][1], strict=True) if not np.isnan(share)}
    assert {"AU12", "AUL12", "AUR12"} <= known
    assert "AU38" not in known  # nostrils: no mesh tells, and nobody invents


def test_m8_boxes_of_others_are_as_good(extractor: FaceExtractor, picture: Array) -> None:
    _, boxes, _ = extractor.detect(picture)
    expected, units = extractor.extract(picture, boxes)
    moved, others = extractor.extract(picture, [boxes[0][::-1] + 3])
    assert expected[0] is not None
    assert moved[0] is not None
    assert units[0] is not None
    assert others[0] is not None
    assert np.abs(np.stack(moved[0])[::-1] - np.stack(expected[0])).max() < 3
    nowhere, unknown = extractor.extract(picture, [[[225, 5, 235, 15]]])
    assert nowhere[0] is not None
    assert unknown[0] is not None
    assert np.isnan(nowhere[0][0]).all()
    assert np.isnan(unknown[0]).all()


def test_m9_and_m10_units_have_mexcas_order() -> None:
    both_sides = (1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 23, 24, 25, 26, 27, 32, 38, 39)
    one_side = [f"AU{side}{unit}" for unit in (1, 2, 4, 6, 10, 12, 14) for side in "LR"]
    assert list(MEFARG41) == [*(f"AU{unit}" for unit in both_sides), *one_side]
    twenty = (1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 17, 20, 23, 24, 25, 26, 28, 43)
    assert list(XGB20) == [f"AU{unit}" for unit in twenty]
    chosen = {model: FaceExtractor(2, au_model=model).options for model in ("xgb", "svm", "mexca/mefarg-open-graph-au-resnet50-stage-2")}
    assert [options.unit_names for options in chosen.values()] == [XGB20, XGB20, MEFARG41]
    assert [options.binary for options in chosen.values()] == [False, True, False]
    assert [UNIT_NAMES[column] for column in chosen["xgb"].unit_columns] == list(XGB20)


def test_m11_confidence_is_the_formula() -> None:
    looks = np.array([[2.0, 0.0], [1.0, 1.0], [0.0, 1.0], [-1.0, 3.0], [np.nan, 0.0], [1.0, 0.0]])
    label = [0, 0, 1, 1, np.nan, np.nan]
    centroid = np.array([[1.5, 0.5], [-0.5, 2.0]])  # means of the vectors as they are
    expected = []
    for row, own in ((0, 0), (1, 0), (2, 1), (3, 1)):
        distance = [1 - looks[row] @ mean / np.linalg.norm(looks[row]) / np.linalg.norm(mean) for mean in centroid]
        expected.append(max((distance[1 - own] - distance[own]) / distance[1 - own], 0))
    extractor = FaceExtractor(2)
    found = extractor.compute_confidence(looks, label)
    np.testing.assert_allclose(found[:4], expected, atol=1e-6)
    assert np.isnan(found[4:]).all()
    words = extractor.compute_confidence(looks, ["b", "b", "a", "a", None, None])
    np.testing.assert_array_equal(words, found)
    assert np.isnan(extractor.compute_confidence(looks, [0] * 6)).all()
    with pytest.raises(ArgumentError, match="as many labels as embeddings, 6, got 2"):
        extractor.compute_confidence(looks, [0, 1])
    np.testing.assert_array_equal(extractor.compute_confidence([[0, 0], [1, 0], [0, 1]], [0, 0, 1]), [0, 1, 1])  # far from everybody alike


def test_m21_average_embeddings_are_means_by_label() -> None:
    looks = np.arange(8.0).reshape(4, 2)
    averages = FaceExtractor(2).compute_avg_embeddings
    assert averages(looks, ["a", None, "a", "b"]) == {"a": [2.0, 3.0], "b": [6.0, 7.0]}
    assert averages(looks, np.array([1, np.nan, 1, 0])) == {1.0: [2.0, 3.0], 0.0: [6.0, 7.0]}
    with pytest.raises(ArgumentError, match="as many labels as embeddings, 4, got 1"):
        averages(looks, [0])


@pytest.mark.filterwarnings("error")
def test_m6_what_is_not_finite_is_nobody() -> None:
    label = FaceExtractor(2).identify(np.array([[np.inf, 0], [0, 1], [1, 0], [-np.inf, np.nan]]))
    np.testing.assert_array_equal(label, [np.nan, 0, 1, np.nan])


def test_m22_both_sides_must_be_large_enough_unless_one_is_asked_for(models: ModelCache, picture: Array) -> None:
    boxes = FaceExtractor(2, min_face_size=30, cache=models).detect(picture)[1][0]
    width, height = boxes[0, 2:] - boxes[0, :2]
    assert height > width
    between = float(width + 1), float(height - 1)
    assert FaceExtractor(2, min_face_size=30, post_min_face_size=between, cache=models).detect(picture)[0] == [None]
    lenient = FaceExtractor(2, min_face_size=30, post_min_face_size=between, post_min_face_rule="or", cache=models)
    assert len(lenient.detect(picture)[0][0]) == 1


def test_m29_a_frame_that_goes_wrong_is_noted_and_left_out(
    models: ModelCache, picture: Array, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    extractor = FaceExtractor(2, min_face_size=30, cache=models)
    boxes = extractor.detect(picture)[1]
    monkeypatch.setattr(extractor.extractor, "readings", lambda *_: 1 / 0)
    with caplog.at_level(logging.ERROR):
        landmarks, units = extractor.extract(picture, boxes)
    assert "No landmarks and action units are told of 2 faces" in caplog.text
    assert landmarks[0] is not None
    assert units[0] is not None
    assert np.isnan(landmarks[0][0]).all()
    assert np.isnan(units[0]).all()


@pytest.mark.parametrize("wrong", [np.zeros((8, 8)), np.zeros((2, 8, 8, 1)), np.zeros((0, 8, 8, 3)), np.array([["a"]]), "frame", None])
def test_what_is_no_frame_is_refused(extractor: FaceExtractor, wrong: Any) -> None:
    with pytest.raises(ArgumentError, match=r"frame must be an array|Frames must have the shape"):
        extractor.detect(wrong)


def test_boxes_must_fit_the_frames(extractor: FaceExtractor, picture: Array) -> None:
    with pytest.raises(ArgumentError, match="boxes of 1 frames, got those of 2"):
        extractor.extract(picture[None], [None, None])
    with pytest.raises(ArgumentError, match="x1 < x2"):
        extractor.extract(picture[None], [[[10, 10, 5, 20]]])
    with pytest.raises(ArgumentError, match="embeddings must have the shape"):
        extractor.identify(np.zeros(4))


@pytest.mark.parametrize("dtype", [np.float32, np.int64])
def test_frames_may_have_any_type_of_number(extractor: FaceExtractor, picture: Array, dtype: Any) -> None:
    np.testing.assert_array_equal(extractor.detect(picture.astype(dtype))[1], extractor.detect(picture)[1])


def test_grey_faces_are_found_and_told_apart(extractor: FaceExtractor, picture: Array) -> None:
    grey = np.repeat(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    faces = extractor.detect(grey)[0][0]
    assert len(faces) == 2
    likeness = extractor.encode(faces) @ extractor.encode(extractor.detect(picture)[0][0]).T
    assert (likeness.argmax(axis=1) == [0, 1]).all()


def test_faces_of_12_pixels_are_left_out_by_default(models: ModelCache) -> None:
    small = cv2.resize(both(), (102, 60), interpolation=cv2.INTER_AREA)
    far = np.full((240, 480, 3), 90, np.uint8)
    far[90:150, 200:302] = small
    default = FaceExtractor(2, cache=models)
    found = default.detect(far)[0][0]
    assert found is None or len(found) == 1  # Hopper's has 20 pixels, Collins's 12


def test_a_face_upside_down_is_told_as_such_or_left_out(extractor: FaceExtractor) -> None:
    upright = cv2.resize(hopper(), (200, 240), interpolation=cv2.INTER_AREA)
    assert extractor.detect(upright)[0][0] is not None
    turned = np.ascontiguousarray(np.pad(upright, ((60, 60), (60, 60), (0, 0)), constant_values=90)[::-1, ::-1])
    _, boxes, _ = extractor.detect(turned)
    points = extractor.extract(turned, boxes)[0][0]
    assert points is not None
    assert np.isnan(points[0]).all() or points[0][8, 1] < points[0][27, 1]  # the chin is above the nose
