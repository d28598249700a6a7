"""The step `assemble`: the segments' tracks into one result, in pages and files."""

from __future__ import annotations

import gzip
import logging
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

import msgspec

from trackway.artifacts.face_files import CONTENT_TYPES, write_face_files
from trackway.errors import CorruptMedia
from trackway.jobs.record import Api, JobRecord, Phase
from trackway.media.video import VideoInfo
from trackway.pipeline.findings import Findings, find
from trackway.pipeline.video import NOTHING_DECODED
from trackway.results.pages import Series
from trackway.results.rows import face_rows, person_rows, search_rows
from trackway.results.summaries import summarize
from trackway.results.tables import write_parquet
from trackway.results.video import VideoMetadata
from trackway.tracking.linking import link_persons
from trackway.tracking.looks import Looks
from trackway.worker.calibration import read_calibration
from trackway.worker.search import find_people
from trackway.worker.track import segment_key
from trackway.worker.tracklets import decode
from trackway.worker.workplace import Workplace

__all__ = ["assemble", "result_key"]

logger = logging.getLogger(__name__)


def result_key(job_id: str, name: str) -> str:
    """Where the artifacts bucket holds a file of the result."""
    return f"jobs/{job_id}/results/{name}"


def assemble(place: Workplace, job_id: str) -> None:
    """Link a job's segments, number its persons, write files and pages; only then may the job succeed.

    Raises:
        CorruptMedia: no segment has a single frame that can be decoded.
        NotEnoughFacesError: fewer persons show a clear face than the job's `numFaces`.
        NoSuchCollection, OtherEmbedding: the collection to search is gone, or cannot be compared with the video.
        SystemFault: something on our side failed.
    """
    record, plan = place.record(job_id), place.plan(job_id)
    place.jobs.advance(job_id, Phase.FINALIZING)
    if not any(done for done, _ in place.jobs.read_progress(job_id).values()):
        raise CorruptMedia(NOTHING_DECODED)
    parts = [(segment, decode(place.artifact(segment_key(job_id, segment.index)))) for segment in plan.segments]
    linked = link_persons(parts)
    size = plan.info.width, plan.info.height
    found = find(linked, record.options, size, similarity=place.similarity(), calibration=read_calibration(place, record))
    matches = _matches(place, record, linked.looks)
    _put_files(place, record, found, matches, plan.info)
    rows = {series.key: place.pages.write(record, series, given) for series, given in _series(record, found, matches)}
    place.jobs.record_results(job_id, rows)
    logger.info("%d rows from %d segments", len(linked.tracks), len(parts))


def _matches(place: Workplace, record: JobRecord, looks: Looks) -> dict[int, bytes] | None:
    """`FaceMatches` by person; None where nobody asked who they are."""
    collection_id = record.options.collection_id
    if collection_id is None or not record.answers(Api.FACE_SEARCH):
        return None
    return find_people(place.open_gallery(), collection_id, record.options.face_match_threshold, looks)


def _series(record: JobRecord, found: Findings, matches: Mapping[int, bytes] | None) -> Iterator[tuple[Series, Iterator[bytes]]]:
    """What the job's Get* operations show, each in all its orders."""
    if record.answers(Api.PERSON_TRACKING):
        yield Series.PERSONS_BY_TIME, person_rows(found.tracks, "TIMESTAMP")
        yield Series.PERSONS_BY_INDEX, person_rows(found.tracks, "INDEX")
    if record.answers(Api.FACE_DETECTION):
        yield Series.FACES_BY_TIME, _face_rows(record, found)
    if matches is not None:
        yield Series.FACE_SEARCH_BY_TIME, search_rows(found.tracks, "TIMESTAMP", matches)
        yield Series.FACE_SEARCH_BY_INDEX, search_rows(found.tracks, "INDEX", matches)


def _face_rows(record: JobRecord, found: Findings) -> Iterator[bytes]:
    return face_rows(found.faces, found.traits if record.options.face_attributes == "ALL" else None)


def _put_files(place: Workplace, record: JobRecord, found: Findings, matches: Mapping[int, bytes] | None, info: VideoInfo) -> None:
    """The whole result once in S3: tables for programs, JSON lines for everybody else (DESIGN section 5)."""
    job_id, summaries = record.job_id, summarize(found, faces=record.options.wants_traits)
    small = {"video.json": VideoMetadata.of(info), "tracks.json": summaries}
    for name, value in small.items():
        place.objects.put_artifact(result_key(job_id, name), msgspec.json.encode(value), "application/json")
    with tempfile.TemporaryDirectory(prefix="trackway-") as folder:
        parquet = Path(folder) / "persons.parquet"
        write_parquet(found.tracks, parquet)
        place.objects.put_file(result_key(job_id, parquet.name), parquet, "application/vnd.apache.parquet")
        files = {"persons.jsonl.gz": person_rows(found.tracks, "TIMESTAMP"), "faces.jsonl.gz": _face_rows(record, found)}
        if matches is not None:
            files["search.jsonl.gz"] = search_rows(found.tracks, "TIMESTAMP", matches)
        for name, lines in files.items():
            path = Path(folder) / name
            _write_lines(path, lines)
            place.objects.put_file(result_key(job_id, name), path, "application/gzip")
        filename = PurePosixPath(record.video.name).name
        for made in write_face_files(Path(folder), found, info, record.options, filename=filename):
            place.objects.put_file(result_key(job_id, made.as_posix()), Path(folder) / made, CONTENT_TYPES[made.suffix])


def _write_lines(path: Path, rows: Iterable[bytes]) -> None:
    # No name and no time in the header: the same rows give the same bytes.
    with path.open("wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=6) as file:
        file.writelines(row + b"\n" for row in rows)
