"""`trackway track VIDEO --output DIR`: the whole pipeline in this process, results as files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer

from trackway.cli.models import AllowOption, PackOption
from trackway.errors import FileError

__all__ = ["track"]


def track(
    video: Annotated[Path, typer.Argument(help="The video to analyse.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the results; made where it is missing.", show_default=False)],
    sample_fps: Annotated[float, typer.Option(help="Frames per second to analyse at most; 0 analyses every frame.")] = 10.0,
    rotation: Annotated[
        Literal["auto", "0", "90", "180", "270"], typer.Option(help="Degrees clockwise to turn the picture; auto obeys the file.")
    ] = "auto",
    faces: Annotated[bool, typer.Option(help="Look for faces as well.")] = True,
    face_attributes: Annotated[
        Literal["DEFAULT", "ALL"], typer.Option(help="What faces.jsonl tells of a face; ALL reads age, emotions and more in each.")
    ] = "DEFAULT",
    detail: Annotated[
        Literal["auto", "standard", "high"],
        typer.Option(help="How closely to look; high finds small people and takes several times as long."),
    ] = "auto",
    cadence: Annotated[
        Literal["every", "adaptive"], typer.Option(help="How often to look; adaptive follows the motion, every takes each analysed frame.")
    ] = "adaptive",
    precision: Annotated[
        Literal["full", "int8"], typer.Option(help="int8 finds faces faster and a little less exactly, where no GPU does the work.")
    ] = "full",
    annotated: Annotated[bool, typer.Option(help="Write annotated.mp4.")] = True,
    provider: Annotated[
        Literal["auto", "cpu", "cuda", "tensorrt"], typer.Option(help="Where the models run; auto takes the best that works.")
    ] = "auto",
    pack: PackOption = "default",
    allow_non_commercial: AllowOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")] = False,
) -> None:
    """Find the persons and faces of VIDEO and follow them; no cloud, no network.

    Writes video.json, persons.jsonl, faces.jsonl, tracks.json, persons.mot.txt and annotated.mp4.
    """
    from rich.console import Console

    from trackway.artifacts.annotated import annotate
    from trackway.cli.progress import Bar
    from trackway.jobs.options import JobOptions
    from trackway.pipeline.video import track_video
    from trackway.pipeline.vision import Vision
    from trackway.results.mot import write_tracks
    from trackway.results.rows import face_rows, person_rows
    from trackway.results.summaries import summarize
    from trackway.results.video import VideoMetadata

    chosen = {
        "sampleFps": sample_fps,
        "rotation": rotation,
        "faces": faces,
        "faceAttributes": face_attributes,
        "detail": detail,
        "cadence": cadence,
        "precision": precision,
    }
    options = JobOptions.parse(chosen, source="command line")
    _require_file(video)
    _make_folder(output)
    console = Console(stderr=True, quiet=quiet)
    with Bar(console) as progress:
        vision = Vision.open(pack, provider=provider, precision=precision, allow_non_commercial=allow_non_commercial)
        result = track_video(video, options, vision, progress=progress)
        progress.stage("write results")
        try:
            _write_json(output / "video.json", VideoMetadata.of(result.info))
            _write_lines(output / "persons.jsonl", person_rows(result.tracks, "TIMESTAMP"))
            _write_lines(output / "faces.jsonl", face_rows(result.faces, result.traits))
            _write_json(output / "tracks.json", summarize(result.tracks))
            write_tracks(output / "persons.mot.txt", result.tracks, result.info)
        except OSError as error:
            raise FileError(f"The results cannot be written to {output}: {error.strerror or error}.") from error
        if annotated:
            annotate(video, result.info, result.tracks, output / "annotated.mp4", progress=progress)
    if vision.report.precision_fallback:
        console.print(f"Precision {vision.report.precision}: {vision.report.precision_fallback}", highlight=False, soft_wrap=True)
    if detail == "auto":
        console.print(f"Detail {result.detail.detail}: {result.detail.reason}", highlight=False, soft_wrap=True)
    people = len(set(result.tracks.person.tolist()))
    console.print(
        f"{people} {'person' if people == 1 else 'persons'} in {len(result.tracks)} rows ({vision.report.provider}); results in {output}/",
        highlight=False,
    )


def _require_file(video: Path) -> None:
    if not video.exists():
        raise FileError(f"There is no file {video}; give the path of a video.")
    if not video.is_file():
        raise FileError(f"{video} is not a file; give the path of a video.")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise FileError(f"{folder} exists and is not a folder; --output names a folder.") from error
    except OSError as error:
        raise FileError(f"The folder {folder} cannot be made: {error.strerror or error}.") from error


def _write_json(path: Path, value: object) -> None:
    path.write_bytes(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")


def _write_lines(path: Path, rows: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines(row + b"\n" for row in rows)
