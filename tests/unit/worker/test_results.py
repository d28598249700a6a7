"""What a job's end leaves for each operation, from a real clip of two known people: their rows, their faces, and who they are."""

from __future__ import annotations

import dataclasses
import gzip
import importlib.util
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest

from tests.conftest import Clip
from tests.galleries import memory_gallery
from tests.unit.worker.test_worker import ENVIRONMENT, JOB, place, record
from trackway.api.caller import ANYBODY
from trackway.api.get_video import GetVideo
from trackway.columns import Detections, FaceTraits
from trackway.errors import NoSuchCollection, OtherEmbedding, SystemFault
from trackway.identity.gallery import Gallery, NewFace
from trackway.identity.records import Embedding
from trackway.jobs.options import JobOptions
from trackway.jobs.plan import plan_key
from trackway.jobs.record import Api, JobRecord, Status
from trackway.media.probe import probe
from trackway.media.segments import Segment, plan_segments
from trackway.media.video import VideoInfo
from trackway.models.cache import ModelCache
from trackway.pipeline.segment import track_segment
from trackway.pipeline.still import StillReader
from trackway.pipeline.vision import Vision
from trackway.readings import FaceReadings
from trackway.results.video import VideoMetadata
from trackway.tracking.seen_faces import SeenFaces
from trackway.worker import main as worker
from trackway.worker.assemble import assemble, result_key
from trackway.worker.track import segment_key
from trackway.worker.tracklets import decode, encode
from trackway.worker.workplace import Workplace

__all__ = ["place"]

PORTRAITS = {
    "collins": ("skimage", "data/astronaut.png"),
    "hopper": ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),
}
SEARCH = JobOptions(collection_id="people")


@dataclasses.dataclass(frozen=True)
class Tracked:
    """The sample clip, tracked once for all tests."""

    info: VideoInfo
    segments: tuple[Segment, ...]
    encoded: list[bytes]


@pytest.fixture(scope="module")
def tracked(sample_clip: Clip, models: ModelCache) -> Tracked:
    looked_at = probe(sample_clip.path)
    segments = tuple(plan_segments(looked_at, 300))
    vision = Vision.open(cache=models)
    encoded = [encode(track_segment(sample_clip.path, looked_at.info, JobOptions(), vision, segment=segment)) for segment in segments]
    return Tracked(looked_at.info, segments, encoded)


@pytest.fixture(scope="module")
def portraits(models: ModelCache) -> tuple[StillReader, dict[str, NewFace]]:
    """The two photographs as faces of a gallery."""
    reader = StillReader.open(cache=models)
    faces = {}
    for name, (package, member) in PORTRAITS.items():
        found = importlib.util.find_spec(package)
        assert found is not None
        picture = cv2.imread(str(Path(*(found.submodule_search_locations or ())[:1], member)))
        assert picture is not None
        rgb = np.ascontiguousarray(picture[:, :, ::-1])
        seen = reader.faces(rgb)[:1]
        left, top, width, height = seen.box[0].tolist()
        faces[name] = NewFace(reader.embed(rgb, seen)[0], (left, top, width, height), 100 * float(seen.score[0]), 0)
    return reader, faces


@pytest.fixture
def gallery(portraits: tuple[StillReader, dict[str, NewFace]]) -> Gallery:
    reader, faces = portraits
    people = memory_gallery(embedding=reader.embedding, similarity=reader.similarity)
    people.create("people", {})
    for name, face in faces.items():
        people.index("people", [face], f"{name:0<64}", f"{name}.jpg")
    return people


@pytest.fixture
def ended(place: Workplace, tracked: Tracked, gallery: Gallery) -> Callable[..., Workplace]:
    """A function that leaves what plan and track leave and assembles it; its arguments are of the job's record."""

    def end(*, encoded: Sequence[bytes] = tracked.encoded, **given: Any) -> Workplace:
        job = msgspec.structs.replace(record(), **given)
        place.jobs._client.delete_item(TableName="table", Key={"pk": {"S": f"JOB#{JOB}"}, "sk": {"S": "META"}})
        assert place.jobs.create(job)
        plan = {"info": tracked.info, "segments": tracked.segments, "options": job.options}
        place.objects.put_artifact(plan_key(JOB), msgspec.json.encode(plan), "application/json")
        for segment, content in zip(tracked.segments, encoded, strict=True):
            place.objects.put_artifact(segment_key(JOB, segment.index), content, "application/octet-stream")
            place.jobs.progress(job, segment.index, 50, 50)
        place.jobs.record_video(JOB, VideoMetadata.of(tracked.info))
        working = dataclasses.replace(place, open_gallery=lambda: gallery)
        assemble(working, JOB)
        place.jobs.finish(JOB, Status.SUCCEEDED, None)
        return working

    return end


def current(place: Workplace) -> JobRecord:
    found = place.jobs.get(JOB)
    assert found is not None
    return found


def shown(place: Workplace, api: Api, **asked: Any) -> list[dict[str, Any]]:
    page = json.loads(GetVideo(api, place.jobs, place.pages)({"JobId": JOB, **asked}, ANYBODY))
    rows: list[dict[str, Any]] = page["Faces" if api == Api.FACE_DETECTION else "Persons"]
    assert "NextToken" not in page
    return rows


def names(rows: list[dict[str, Any]]) -> dict[int, list[str]]:
    """For every person the names of the matches, best first."""
    return {
        row["Person"]["Index"]: [match["Face"]["ExternalImageId"].removesuffix(".jpg") for match in row["FaceMatches"]]
        for row in rows
        if "FaceMatches" in row
    }


def test_r44_two_known_people_are_named(ended: Callable[..., Workplace], sample_clip: Clip) -> None:
    place = ended(api=Api.FACE_SEARCH, options=SEARCH)
    rows = shown(place, Api.FACE_SEARCH)
    found = names(rows)
    assert sorted(best for best, *_ in found.values()) == ["collins", "hopper"]
    # Who walks where, the clip itself knows: the person's boxes lie on those of the one it is named.
    truth = sample_clip.truth
    for row in rows:
        if "FaceMatches" not in row or "BoundingBox" not in row["Person"]:
            continue
        real = {"collins": 0, "hopper": 1}[found[row["Person"]["Index"]][0]]
        here = (truth.person == real) & (truth.time_ms == row["Timestamp"]) & (truth.visible > 0.9)
        if here.any():
            left, _, width, _ = truth.box[here][0]
            box = row["Person"]["BoundingBox"]
            assert abs(box["Left"] + box["Width"] / 2 - left - width / 2) < 0.15
    assert all(80 <= match["Similarity"] <= 100 for row in rows for match in row.get("FaceMatches", []))
    assert {"Face" in row["Person"] for row in rows if "FaceMatches" in row} == {True}
    assert any("FaceMatches" not in row for row in rows)


def test_r29_both_orders_hold_the_same_rows(ended: Callable[..., Workplace]) -> None:
    place = ended(api=Api.FACE_SEARCH, options=SEARCH)
    by_time, by_index = (shown(place, Api.FACE_SEARCH, SortBy=order) for order in ("TIMESTAMP", "INDEX"))
    assert sorted(map(json.dumps, by_time)) == sorted(map(json.dumps, by_index))
    assert [row["Person"]["Index"] for row in by_index] == sorted(row["Person"]["Index"] for row in by_index)
    assert set(current(place).rows) == {"face-search-by-time", "face-search-by-index"}


def test_r44_who_is_not_in_the_collection_is_nobody(ended: Callable[..., Workplace], gallery: Gallery) -> None:
    (collins,) = [face.face_id for face in gallery.list_faces("people", None, 10).items if face.external_image_id == "collins.jpg"]
    gallery.delete_faces("people", [collins])
    rows = shown(ended(api=Api.FACE_SEARCH, options=SEARCH), Api.FACE_SEARCH)
    assert list(names(rows).values()) == [["hopper"]]
    assert len({row["Person"]["Index"] for row in rows if "Face" in row["Person"]}) >= 2


def test_an_empty_collection_names_nobody(ended: Callable[..., Workplace], gallery: Gallery) -> None:
    gallery.create("nobody", {})
    rows = shown(ended(api=Api.FACE_SEARCH, options=msgspec.structs.replace(SEARCH, collection_id="nobody")), Api.FACE_SEARCH)
    assert rows
    assert names(rows) == {}


def test_r20_a_threshold_of_0_names_everybody_best_first(ended: Callable[..., Workplace]) -> None:
    place = ended(api=Api.FACE_SEARCH, options=msgspec.structs.replace(SEARCH, face_match_threshold=0.0))
    found = [row["FaceMatches"] for row in shown(place, Api.FACE_SEARCH) if "FaceMatches" in row]
    assert found
    for matches in found:
        assert len(matches) == 2
        assert matches[0]["Similarity"] >= matches[1]["Similarity"]


def test_r50_an_upload_has_the_results_of_all_three_operations(ended: Callable[..., Workplace]) -> None:
    place = ended(api=Api.PERSON_TRACKING, uploaded=True, options=SEARCH)
    persons, searched = shown(place, Api.PERSON_TRACKING), shown(place, Api.FACE_SEARCH)
    assert [{"Timestamp": row["Timestamp"], "Person": row["Person"]} for row in searched] == persons
    faces = [{"Timestamp": row["Timestamp"], "Face": row["Person"]["Face"]} for row in persons if "Face" in row["Person"]]
    assert shown(place, Api.FACE_DETECTION) == faces
    assert faces
    assert place.objects.has_artifact(result_key(JOB, "search.jsonl.gz"))


def test_r28_r36_what_was_read_in_faces_is_told_of_faces_alone_and_glimpses_too(ended: Callable[..., Workplace], tracked: Tracked) -> None:
    (part,) = map(decode, tracked.encoded)
    found = part.faces.found
    glimpse = Detections.make(1, frame=found.frame[:1], time_ms=found.time_ms[:1], box=[[0.9, 0.9, 0.05, 0.05]], score=[0.6])
    smile = np.append(np.full(len(found), 0.25), np.nan)
    faces = SeenFaces(Detections.concatenate([found, glimpse]), FaceReadings(FaceTraits.make(len(smile), smile=smile)))
    options = msgspec.structs.replace(SEARCH, face_attributes="ALL")
    place = ended(uploaded=True, options=options, encoded=[encode(dataclasses.replace(part, faces=faces))])
    rows = [row["Face"] for row in shown(place, Api.FACE_DETECTION)]
    values = [(row["Smile"]["Value"], row["Smile"]["Confidence"]) for row in rows if "Smile" in row]
    assert values == [(False, pytest.approx(75))] * len(found)
    assert [row["Confidence"] for row in rows if "Landmarks" not in row] == [pytest.approx(60)]  # the glimpse
    assert {(row["Timestamp"], row["Face"]["Confidence"]) for row in shown(place, Api.FACE_DETECTION)} >= {
        (row["Timestamp"], row["Person"]["Face"]["Confidence"]) for row in shown(place, Api.PERSON_TRACKING) if "Face" in row["Person"]
    }
    for api in (Api.PERSON_TRACKING, Api.FACE_SEARCH):
        persons = [row["Person"] for row in shown(place, api)]
        assert all("Smile" not in person.get("Face", {}) for person in persons)
        assert all(person.get("Face", {}).get("Confidence") != pytest.approx(60) for person in persons)
    content = place.objects.get_artifact(result_key(JOB, "faces.jsonl.gz"))
    assert [json.loads(line)["Face"] for line in gzip.decompress(content).splitlines()] == rows


@pytest.mark.parametrize(
    ("api", "series"), [(Api.PERSON_TRACKING, {"persons-by-time", "persons-by-index"}), (Api.FACE_DETECTION, {"faces-by-time"})]
)
def test_r50_a_call_has_its_own_results_and_never_opens_a_collection(
    ended: Callable[..., Workplace], monkeypatch: pytest.MonkeyPatch, gallery: Gallery, api: Api, series: set[str]
) -> None:
    monkeypatch.setattr(gallery, "open", None)
    place = ended(api=api, options=SEARCH)
    assert set(current(place).rows) == series
    assert shown(place, api)
    assert not place.objects.has_artifact(result_key(JOB, "search.jsonl.gz"))


def test_a_collection_deleted_meanwhile_fails_the_job_with_a_sentence(
    ended: Callable[..., Workplace], gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery.delete("people")
    with pytest.raises(NoSuchCollection) as caught:
        ended(api=Api.FACE_SEARCH, options=SEARCH)
    assert str(caught.value) == "The collection people was deleted while the video was processed."


def test_a_failed_search_ends_the_job_for_good(
    ended: Callable[..., Workplace], place: Workplace, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NoSuchCollection):
        ended(api=Api.FACE_SEARCH, options=msgspec.structs.replace(SEARCH, collection_id="nobody"))
    monkeypatch.setattr(Workplace, "open", lambda environment: dataclasses.replace(place, open_gallery=lambda: gallery))
    assert worker.run(["assemble", "--job", JOB], ENVIRONMENT) == 2
    failure = current(place).failure
    assert failure is not None
    assert (failure.code, failure.message) == ("NOT_FOUND", "The collection nobody was deleted while the video was processed.")


def test_r80_a_collection_of_another_network_fails_the_job_with_a_sentence(ended: Callable[..., Workplace], gallery: Gallery) -> None:
    gallery.embedding = Embedding("A newer network", "cd" * 32, 1024, "2.0")
    with pytest.raises(OtherEmbedding, match="The faces of the video cannot be compared with those of the collection") as caught:
        ended(api=Api.FACE_SEARCH, options=SEARCH)
    assert "A newer network" in str(caught.value)


def test_the_same_job_assembled_again_leaves_the_same_rows(ended: Callable[..., Workplace]) -> None:
    first = shown(ended(api=Api.FACE_SEARCH, options=SEARCH), Api.FACE_SEARCH)
    assert shown(ended(api=Api.FACE_SEARCH, options=SEARCH), Api.FACE_SEARCH) == first


def test_collections_are_where_the_environment_says(
    place: Workplace, portraits: tuple[StillReader, dict[str, NewFace]], tmp_path: Path
) -> None:
    reader, faces = portraits
    with pytest.raises(SystemFault, match="TRACKWAY_VECTORS_URI"):
        place.open_gallery()
    found = Workplace.open({**ENVIRONMENT, "TRACKWAY_VECTORS_URI": str(tmp_path)}).open_gallery()
    assert (found.embedding, found.similarity) == (reader.embedding, reader.similarity)
    found.create("people", {})
    (stored,) = found.index("people", [faces["hopper"]], "h" * 64, "hopper.jpg")
    (match,) = found.search("people", faces["hopper"].vector, limit=5)
    assert match.record == stored
    assert match.similarity == pytest.approx(100, abs=0.1)
