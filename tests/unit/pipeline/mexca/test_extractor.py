"""`FaceExtractor` on whole videos, in both vocabularies (SPEC M12 to M17, M20, M21, M26, M28, 5b, 5c)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from tests.portraits import blank
from tests.unit.pipeline.mexca.clips import BOTH, COLLINS, FPS, HOPPER, NOBODY, SHOTS, scene, write_clip
from trackway import FaceExtractor, NotEnoughFacesError, VideoAnnotation
from trackway.errors import ArgumentError, CorruptMedia, FileError, OptionError
from trackway.faces.action_units import XGB20
from trackway.media.sample import make_sample
from trackway.models.cache import ModelCache
from trackway.models.similarity import Similarity
from trackway.pipeline.mexca.tracklets import FaceTracklets


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both, nobody, Hopper somewhere else, Collins."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    return write_clip(path, [scene(shows, step) for step, shows in enumerate(SHOTS)])


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five seconds of nobody."""
    return write_clip(tmp_path_factory.mktemp("empty") / "empty.mp4", [blank()[:64, :64]] * (5 * FPS))


@pytest.fixture(scope="module")
def extractor(models: ModelCache) -> FaceExtractor:
    return FaceExtractor(2, min_face_size=30, return_embeddings=True, cache=models)


@pytest.fixture(scope="module")
def told(extractor: FaceExtractor, clip: Path) -> VideoAnnotation:
    return extractor.apply(str(clip), show_progress=False)


def apply(path: Path, models: ModelCache, *, people: int | None = None, **options: Any) -> VideoAnnotation:
    made = {name: options.pop(name) for name in ("vocabulary", "strict", "clusterer", "keep_all") if name in options}
    return FaceExtractor(people, min_face_size=30, cache=models, **made).apply(path, show_progress=False, **options)


def test_m12_apply_is_detect_extract_encode_identify_in_a_row(told: VideoAnnotation, clip: Path) -> None:
    expected = {BOTH: 2, NOBODY: 1, HOPPER: 1, COLLINS: 1}
    assert told.frame == [frame for frame, shows in enumerate(SHOTS) for _ in range(expected[shows])]
    assert told.filename == str(clip)
    for column in (told.time, told.face_box, told.face_prob, told.face_landmarks, told.face_aus, told.face_label, told.face_embeddings):
        assert len(column) == len(told)


def test_m12_a_call_is_apply_by_name(extractor: FaceExtractor, clip: Path) -> None:
    called = extractor(filepath=clip, skip_frames=6, show_progress=False)
    assert called == extractor.apply(clip, 1, 6, show_progress=False)
    with pytest.raises(TypeError):
        extractor(clip)  # type: ignore[call-arg]


def test_m12_networks_are_let_go_afterwards(extractor: FaceExtractor, told: VideoAnnotation) -> None:
    assert told
    opened: tuple[Any, ...] = (extractor._detector, extractor._encoder, extractor._extractor)
    assert opened == (None, None, None)


def test_m12_the_batch_size_changes_nothing(extractor: FaceExtractor, clip: Path, told: VideoAnnotation) -> None:
    assert extractor.apply(clip, batch_size=5, show_progress=False) == told


def test_m13_and_m15_every_fifth_frame_of_five_seconds(empty: Path, models: ModelCache) -> None:
    seen = apply(empty, models, skip_frames=5)
    assert seen.frame == list(range(0, 121, 5))
    np.testing.assert_allclose(seen.time, np.arange(25) / 5, atol=1e-12)


def test_m14_a_part_of_a_second(empty: Path, models: ModelCache) -> None:
    assert apply(empty, models, process_subclip=(1, 2)).frame == list(range(25, 50))
    assert apply(empty, models, process_subclip=(4.5, None), skip_frames=4).frame == [112, 116, 120, 124]


def test_m15_time_is_frame_over_rate_and_exact_times_are_beside_it(tmp_path: Path, models: ModelCache) -> None:
    truth = make_sample(tmp_path / "varying.mp4", seconds=1, size=(96, 64), variable_rate=True)
    seen = apply(tmp_path / "varying.mp4", models, skip_frames=4)
    rate = 1 / (seen.time[1] / 4)
    np.testing.assert_allclose(seen.time, np.array(seen.frame) / rate)
    assert [round(1000 * each) for each in seen.pts_time] == truth.frame_ms[seen.frame].tolist()
    assert np.abs(np.subtract(seen.time, seen.pts_time)).max() > 0.005


def test_m16_a_frame_without_a_face_is_a_row_of_nothing(told: VideoAnnotation) -> None:
    row = told.frame.index(SHOTS.index(NOBODY))
    fields = (told.face_box, told.face_prob, told.face_landmarks, told.face_aus, told.face_label, told.face_confidence)
    assert [column[row] for column in fields] == [None] * 6
    assert told.face_embeddings[row] is None


def test_m17_faces_of_a_frame_are_rows_of_equal_time(told: VideoAnnotation) -> None:
    assert told.frame[:4] == [0, 0, 1, 1]
    assert told.time[:4] == [0, 0, 0.04, 0.04]
    first, second = told.face_box[:2]
    assert first is not None
    assert second is not None
    assert first[0] > second[2]


def test_5c_a_person_has_one_label_wherever_and_whenever(told: VideoAnnotation) -> None:
    label: dict[int, set[Any]] = {HOPPER: set(), COLLINS: set()}
    for frame, box, who in zip(told.frame, told.face_box, told.face_label, strict=True):
        if box is None:
            continue
        shows = SHOTS[frame] if SHOTS[frame] != BOTH else HOPPER if box[0] > 240 else COLLINS
        label[shows].add(who)
    assert label == {HOPPER: {0}, COLLINS: {1}}


def test_m11_confidence_is_that_of_the_vectors(told: VideoAnnotation, extractor: FaceExtractor) -> None:
    seen = [row for row, box in enumerate(told.face_box) if box is not None]
    found = extractor.compute_confidence([told.face_embeddings[row] for row in seen], [told.face_label[row] for row in seen])  # type: ignore[arg-type]
    np.testing.assert_allclose(found, [told.face_confidence[row] for row in seen], atol=1e-4)  # type: ignore[arg-type]
    assert found.min() > 0.5


def test_m11_one_person_alone_has_no_confidence(clip: Path, models: ModelCache) -> None:
    seen = apply(clip, models, people=1, process_subclip=(0.36, None))
    assert seen.face_label == [0, 0, 0]
    assert seen.face_confidence == [None] * 3


def test_m21_the_average_of_a_label_is_the_mean_of_its_vectors(told: VideoAnnotation) -> None:
    for label in (0, 1):
        looks = [look for look, who in zip(told.face_embeddings, told.face_label, strict=True) if who == label and look is not None]
        np.testing.assert_allclose(told.face_average_embeddings[str(label)], np.mean(looks, axis=0), atol=2e-6)


def test_m20_without_clustering_vectors_can_be_kept(clip: Path, models: ModelCache) -> None:
    kept = apply(clip, models, skip_frames=6, cluster_embeddings=False, return_embeddings=True)
    assert set(kept.face_label) == set(kept.face_confidence) == {None}
    assert kept.face_average_embeddings == {}
    assert [len(look) for look in kept.face_embeddings if look is not None] == [1024] * 3
    assert apply(clip, models, skip_frames=6).face_embeddings == []


def test_m2_v1_labels_are_words_points_are_five_and_units_41(clip: Path, models: ModelCache) -> None:
    seen = apply(clip, models, people=2, vocabulary="v1", skip_frames=3)
    assert {label for label in seen.face_label if label is not None} == {"0"} or {"0", "1"} >= set(filter(None, seen.face_label))
    assert {len(points) for points in seen.face_landmarks if points is not None} == {5}
    assert {len(units) for units in seen.face_aus if units is not None} == {41}


def test_m8_units_are_measured_against_the_face_at_rest(told: VideoAnnotation) -> None:
    smile = XGB20.index("AU12")
    shares: dict[Any, list[float]] = {0: [], 1: []}
    for units, who in zip(told.face_aus, told.face_label, strict=True):
        if units is not None and units[smile] is not None:
            shares[who].append(units[smile])  # type: ignore[arg-type]
    assert np.mean(shares[1]) > np.mean(shares[0])  # Collins is the one who smiles


def test_m6_more_people_than_faces_is_mexcas_error(clip: Path, models: ModelCache) -> None:
    with pytest.raises(NotEnoughFacesError, match="Not enough faces detected to perform clustering; consider reducing 'num_faces'"):
        apply(clip, models, people=9, skip_frames=6)
    lenient = apply(clip, models, people=9, skip_frames=6, strict=False)
    assert {label for label in lenient.face_label if label is not None} == {0, 1, 2}


def test_m6_nobody_at_all_is_an_error_where_people_were_expected(empty: Path, models: ModelCache) -> None:
    with pytest.raises(NotEnoughFacesError):
        apply(empty, models, people=1, skip_frames=50)
    for seen in (apply(empty, models, people=1, skip_frames=50, strict=False), apply(empty, models, skip_frames=50)):
        assert seen.frame == [0, 50, 100]
        columns: tuple[list[Any], ...] = (seen.face_box, seen.face_label, seen.face_aus)
        assert columns == ([None] * 3,) * 3
        assert seen.face_average_embeddings == {}


def test_m4_keep_all_false_gives_one_row_a_frame(clip: Path, models: ModelCache) -> None:
    seen = apply(clip, models, people=1, keep_all=False, skip_frames=2)
    assert seen.frame == list(range(0, len(SHOTS), 2))


@pytest.mark.parametrize("clusterer", ["kmeans", "spectral", "auto"])
def test_m2_named_clusterers_agree_on_two_people(clip: Path, models: ModelCache, clusterer: str) -> None:
    seen = apply(clip, models, people=2, clusterer=clusterer, skip_frames=3)
    assert seen.face_label == [0, 1, 0, 1, 0, 1]


def test_m26_a_bar_counts_batches(clip: Path, extractor: FaceExtractor, capsys: pytest.CaptureFixture[str]) -> None:
    extractor.apply(clip, batch_size=2, skip_frames=3)
    assert "2/2" in capsys.readouterr().err
    extractor.apply(clip, batch_size=2, skip_frames=3, show_progress=False)
    assert capsys.readouterr().err == ""


def test_f19_a_turned_video_is_seen_upright(tmp_path: Path, models: ModelCache) -> None:
    path = write_clip(tmp_path / "turned.mp4", [np.rot90(scene(BOTH)).copy()] * 2, rotation=90)
    seen = apply(path, models, people=2)
    assert len([box for box in seen.face_box if box is not None]) == 4


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"skip_frames": 0}, "skip_frames must be a whole number"),
        ({"batch_size": 0}, "batch_size must be a whole number from 1 on, got 0"),
        ({"process_subclip": (9, None)}, "choose an earlier start"),
        ({"process_subclip": (1,)}, "must be a start and an end in seconds"),
        ({"process_subclip": 5}, "must be a start and an end in seconds, got 5"),
        ({"process_subclip": (2, 1)}, "holds no frame"),
    ],
)
def test_a_wrong_number_is_refused_before_anything_is_opened(empty: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        FaceExtractor(1).apply(empty, **options)
    assert issubclass(ArgumentError, ValueError)


def test_what_is_no_video_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(FileError):
        FaceExtractor(1).apply(tmp_path / "none.mp4")
    (tmp_path / "none.mp4").touch()
    with pytest.raises(CorruptMedia):
        FaceExtractor(1).apply(tmp_path / "none.mp4")


def test_m19_what_apply_gives_can_be_written_and_read(told: VideoAnnotation, tmp_path: Path) -> None:
    told.write_json(tmp_path / "told.json")
    read = VideoAnnotation.from_json(tmp_path / "told.json")
    words = [None if label is None else str(label) for label in told.face_label]
    assert read == msgspec.structs.replace(told, face_label=words, pts_time=[])


SURE = Similarity(centre=0.5, slope=40)


def test_5c_a_face_goes_on_where_it_overlaps_and_resembles() -> None:
    tracklets, box, east, north = FaceTracklets(SURE), np.array([[0.0, 0, 10, 10]]), np.array([[1.0, 0]]), np.array([[0.0, 1]])
    assert tracklets.update(0, box, east).tolist() == [0]
    assert tracklets.update(0.1, box + np.array([2, 0, 0, 0]), east).tolist() == [0]
    assert tracklets.update(0.2, box, north).tolist() == [1]  # a cut: somebody else in the same place
    assert tracklets.update(0.3, box + np.array([50, 0, 0, 0]), north).tolist() == [2]  # the same look elsewhere is for clustering
    assert tracklets.update(0.4, box[:0], east[:0]).tolist() == []
    assert tracklets.update(0.5, np.repeat(box, 2, axis=0), np.concatenate([north, east])).tolist() == [1, 0]
    assert tracklets.update(0.6, box, east * np.nan).tolist() == [-1]
    assert tracklets.update(1.7, box, east).tolist() == [3]  # nobody is waited for so long
    assert tracklets.update(9, box, east).tolist() == [3]  # but in the next picture, whenever that is, he may be
