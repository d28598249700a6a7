"""`make demo`: a video goes into the embedded cloud and its people come out, with nothing but stock AWS clients in between."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import boto3
import msgspec
from rich.console import Console
from rich.table import Table

from trackway.artifacts.annotated import annotate
from trackway.cli.progress import Bar
from trackway.errors import FileError, InputError, OptionError, SystemFault, TrackwayError
from trackway.jobs.identity import upload_job_id
from trackway.jobs.record import Phase, Status
from trackway.jobs.uploads import VIDEO_SUFFIXES
from trackway.local.cloud import ROOT, EmbeddedCloud
from trackway.local.home import Endpoints, Home
from trackway.local.jobs import JobView, job_view
from trackway.local.mailbox import Mailbox
from trackway.media.probe import probe
from trackway.media.sample import make_sample
from trackway.models.cache import ModelCache
from trackway.models.install import pull
from trackway.models.pack import load_pack
from trackway.progress import Progress
from trackway.results.summaries import PersonSummary
from trackway.results.tables import read_parquet
from trackway.store.clients import Clients
from trackway.store.jobs import JobStore

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_rekognition.type_defs import PersonDetectionTypeDef

__all__ = ["main"]

_SAMPLE_SECONDS = 12.0
_PHASES = {
    Phase.QUEUED: "wait for the job",
    Phase.PROBING: "look at the video",
    Phase.PROCESSING: "start the worker",
    Phase.FINALIZING: "write the results",
    Phase.DONE: "send the message",
}
_RESULTS = ("persons.parquet", "persons.jsonl.gz", "faces.jsonl.gz", "tracks.json", "video.json")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs the demo and ends the process: 0 done, 1 our fault, 2 the video's or the command line's."""
    parser = argparse.ArgumentParser(prog="make demo", description="Upload a video to the embedded cloud and read its people back.")
    parser.add_argument("video", nargs="?", type=Path, help="the video; without one, a clip that the project makes itself")
    parser.add_argument("--output", type=Path, default=Path("out"), help="folder for the results (default: out)")
    chosen = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    console = Console(stderr=True)
    try:
        _run(chosen.video, chosen.output, console)
    except TrackwayError as error:
        console.print(f"demo: {error}", style="red", highlight=False, markup=False, soft_wrap=True)
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        console.print("demo: stopped", style="red")
        sys.exit(130)
    sys.exit(0)


def _run(video: Path | None, output: Path, console: Console) -> None:
    if video is not None:
        _require_video(video)
    # A state of its own, so that every demo begins with nothing; what a killed one left goes now.
    state = ROOT / ".trackway" / "demo"
    if Home(state).process() is None:
        shutil.rmtree(state, ignore_errors=True)
    try:
        with Bar(console, lines=True) as bar:
            pull(load_pack(), ModelCache(), progress=bar)
            folder = _made(output / ("sample" if video is None else video.stem))
            if video is None:
                bar.stage("make the sample clip")
                video = folder / "sample.mp4"
                make_sample(video, seconds=_SAMPLE_SECONDS)
            with EmbeddedCloud(state, progress=bar) as cloud:
                rows = _people_of(video, cloud.endpoints, folder, bar)
            info = probe(video).info
            annotate(video, info, read_parquet(folder / "persons.parquet"), folder / "annotated.mp4", progress=bar)
    finally:
        if Home(state).process() is None:
            shutil.rmtree(state, ignore_errors=True)
    printed = Console()
    printed.print(_table(rows, msgspec.json.decode((folder / "tracks.json").read_bytes(), type=list[PersonSummary])))
    printed.print(f"Everything is in {folder}/: {', '.join(('annotated.mp4', *_RESULTS))}", highlight=False, soft_wrap=True)


def _people_of(video: Path, endpoints: Endpoints, folder: Path, progress: Progress) -> list[PersonDetectionTypeDef]:
    """The rows of the job's answer; the files of its result are in `folder` afterwards."""
    session = boto3.Session()
    s3 = session.client("s3")
    key = f"uploads/{video.name}"
    with Mailbox(session, endpoints.topic_arn, "demo") as mailbox:
        progress.stage(f"upload {video.name}")
        s3.upload_file(str(video), endpoints.videos_bucket, key)
        version = s3.head_object(Bucket=endpoints.videos_bucket, Key=key)["VersionId"]
        job_id = upload_job_id(endpoints.videos_bucket, key, version)
        _wait(JobStore(Clients().dynamodb, endpoints.table), job_id, mailbox, progress)
    progress.stage("read the people back")
    rows = list(_pages(session.client("rekognition"), job_id))
    for name in _RESULTS:
        s3.download_file(endpoints.artifacts_bucket, f"jobs/{job_id}/results/{name}", str(folder / name))
    return rows


def _wait(store: JobStore, job_id: str, mailbox: Mailbox, progress: Progress) -> None:
    """Shows how the job goes until its completion message comes.

    Raises:
        InputError: the job has failed because of the video.
        SystemFault: the job has failed because of us.
    """
    shown = ""
    while not any(message["JobId"] == job_id for message in mailbox.receive(seconds=1)):
        view = job_view(store, job_id)
        tracking = view is not None and view.phase == Phase.PROCESSING and view.segment is not None
        stage = f"track segment {view.segment}" if view and tracking else _PHASES[view.phase if view else Phase.QUEUED]
        if stage != shown:
            progress.stage(stage, view.total if view and tracking else None)
            shown = stage
        if view and tracking:
            progress.update(view.done)
    view = job_view(store, job_id)
    if view is not None and view.status != Status.SUCCEEDED:
        raise _failure(view)


def _failure(view: JobView) -> TrackwayError:
    ours = {kind.code for kind in SystemFault.__subclasses__()} | {SystemFault.code}
    return (SystemFault if view.code in ours else InputError)(view.message)


def _pages(client: RekognitionClient, job_id: str) -> Iterable[PersonDetectionTypeDef]:
    """Every row of a job, page by page."""
    given: dict[str, Any] = {"JobId": job_id, "SortBy": "TIMESTAMP"}
    while True:
        answer = client.get_person_tracking(**given)
        yield from answer["Persons"]
        if "NextToken" not in answer:
            return
        given["NextToken"] = answer["NextToken"]


def _table(rows: Iterable[PersonDetectionTypeDef], summaries: Iterable[PersonSummary]) -> Table:
    """One line per person: when and whether with a face, from the answer's rows; how sure, which Rekognition does not say of a body."""
    table = Table("person", "first seen", "last seen", "rows", "face seen", "confidence", title="Persons", title_justify="left")
    own: dict[int, list[PersonDetectionTypeDef]] = {}
    for row in rows:
        own.setdefault(row["Person"]["Index"], []).append(row)
    for summary in summaries:
        seen = own[summary.index]
        seconds = [row["Timestamp"] / 1000 for row in seen]
        faces = sum("Face" in row["Person"] for row in seen)
        table.add_row(
            str(summary.index),
            f"{min(seconds):.2f} s",
            f"{max(seconds):.2f} s",
            str(len(seen)),
            f"in {faces}" if faces else "no",
            f"{summary.confidence_mean:.0%}",
        )
    return table


def _require_video(video: Path) -> None:
    if not video.is_file():
        raise FileError(f"There is no file {video}; give the path of a video: make demo VIDEO=clip.mp4")
    if video.suffix.lower() not in VIDEO_SUFFIXES:
        endings = ", ".join(sorted(VIDEO_SUFFIXES))
        raise OptionError(f"{video}: expected the name of a video to end in {endings}; an upload with another ending starts no job.")


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"The folder {folder} cannot be made: {error.strerror}.") from error
    return folder


if __name__ == "__main__":
    main()
