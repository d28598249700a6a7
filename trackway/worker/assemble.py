"""The step `assemble`: the segments' tracks into one result, in pages and files."""

from __future__ import annotations

import gzip
import logging
import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec

from trackway.columns import Tracks
from trackway.errors import CorruptMedia
from trackway.jobs.record import Phase
from trackway.pipeline.video import NOTHING_DECODED
from trackway.results.pages import Series
from trackway.results.rows import face_rows, person_rows
from trackway.results.summaries import summarize
from trackway.results.tables import write_parquet
from trackway.results.video import VideoMetadata
from trackway.tracking.linking import link_segments
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
        SystemFault: something on our side failed.
    """
    record, plan = place.record(job_id), place.plan(job_id)
    place.jobs.advance(job_id, Phase.FINALIZING)
    if not any(done for done, _ in place.jobs.read_progress(job_id).values()):
        raise CorruptMedia(NOTHING_DECODED)
    parts = [(segment, decode(place.artifact(segment_key(job_id, segment.index)))) for segment in plan.segments]
    tracks = link_segments(parts)
    _put_files(place, job_id, tracks, VideoMetadata.of(plan.info))
    rows = {
        Series.PERSONS_BY_TIME.key: place.pages.write(record, Series.PERSONS_BY_TIME, person_rows(tracks, "TIMESTAMP")),
        Series.PERSONS_BY_INDEX.key: place.pages.write(record, Series.PERSONS_BY_INDEX, person_rows(tracks, "INDEX")),
    }
    place.jobs.record_results(job_id, rows)
    logger.info("%d rows from %d segments", len(tracks), len(parts))


def _put_files(place: Workplace, job_id: str, tracks: Tracks, metadata: VideoMetadata) -> None:
    """The whole result once in S3: tables for programs, JSON lines for everybody else (DESIGN section 5)."""
    small = {"video.json": metadata, "tracks.json": summarize(tracks)}
    for name, value in small.items():
        place.objects.put_artifact(result_key(job_id, name), msgspec.json.encode(value), "application/json")
    with tempfile.TemporaryDirectory(prefix="trackway-") as folder:
        parquet = Path(folder) / "persons.parquet"
        write_parquet(tracks, parquet)
        place.objects.put_file(result_key(job_id, parquet.name), parquet, "application/vnd.apache.parquet")
        for name, lines in (("persons.jsonl.gz", person_rows(tracks, "TIMESTAMP")), ("faces.jsonl.gz", face_rows(tracks))):
            path = Path(folder) / name
            _write_lines(path, lines)
            place.objects.put_file(result_key(job_id, name), path, "application/gzip")


def _write_lines(path: Path, rows: Iterable[bytes]) -> None:
    # No name and no time in the header: the same rows give the same bytes.
    with path.open("wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=6) as file:
        file.writelines(row + b"\n" for row in rows)
