"""`trackway track VIDEO --output DIR`: the whole pipeline in this process, results as files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import typer

from trackway.cli.models import AllowOption, PackOption
from trackway.errors import FileError

if TYPE_CHECKING:
    from trackway.faces.neutral import Neutral

__all__ = ["track"]


def track(
    video: Annotated[Path, typer.Argument(help="The video to analyse.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the results; made where it is missing.", show_default=False)],
    sample_fps: Annotated[
        float | None, typer.Option(help="Frames per second to analyse at most; 0, as with --controls, every frame.", show_default="10")
    ] = None,
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
        Literal["every", "adaptive"] | None,
        typer.Option(
            help="How often to look; adaptive follows the motion, every, as with --controls, takes each analysed frame.",
            show_default="adaptive",
        ),
    ] = None,
    precision: Annotated[
        Literal["full", "int8"], typer.Option(help="int8 finds faces faster and a little less exactly, where no GPU does the work.")
    ] = "full",
    annotated: Annotated[bool, typer.Option(help="Write annotated.mp4.")] = True,
    controls: Annotated[bool, typer.Option("--controls", help="Write curves that move a rig: JSON, Live Link Face CSV, glTF.")] = False,
    plot: Annotated[bool, typer.Option("--plot", help="Write a picture of these curves.")] = False,
    tracking_model: Annotated[
        Literal["StaticCam", "HeadCam", "HeadCamGrey"],
        typer.Option(help="HeadCam: a camera on the actor's head, upright pictures that one face fills; HeadCamGrey: the same in grey."),
    ] = "StaticCam",
    actor: Annotated[str | None, typer.Option(help="Name of the person whose face is largest.", show_default=False)] = None,
    calibration_image: Annotated[
        Path | None,
        typer.Option(help="Picture of that face at rest, JPEG or PNG; without, rest is told from the video.", show_default=False),
    ] = None,
    landmarks: Annotated[
        Literal["5", "30", "68", "dense"], typer.Option(help="68 and dense write faces.parquet with so many points of each face.")
    ] = "5",
    au_model: Annotated[
        Literal["none", "xgb20", "svm20", "mefarg41"],
        typer.Option(help="Action units in faces.parquet: 20 as intensities, 20 as 0 or 1, 41 by a pack of one's own."),
    ] = "none",
    num_faces: Annotated[str, typer.Option(help="How many people's faces there are; auto finds out.")] = "auto",
    clusterer: Annotated[
        Literal["auto", "spectral", "kmeans", "hdbscan", "none"], typer.Option(help="How persons are told to be the same people.")
    ] = "auto",
    embeddings: Annotated[bool, typer.Option("--embeddings", help="Keep a mean vector of each one's face in identities.json.")] = False,
    export: Annotated[list[str] | None, typer.Option(help="Another format: mexca_v1 or mexca_v0.", show_default=False)] = None,
    provider: Annotated[
        Literal["auto", "cpu", "cuda", "tensorrt"], typer.Option(help="Where the models run; auto takes CUDA where it works, else the CPU.")
    ] = "auto",
    pack: PackOption = "default",
    allow_non_commercial: AllowOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")] = False,
) -> None:
    """Find the persons and faces of VIDEO and follow them; no cloud, no network.

    Writes video.json, persons.jsonl, faces.jsonl, tracks.json, identities.json, persons.mot.txt and annotated.mp4.
    """
    from rich.console import Console

    from trackway.artifacts.annotated import annotate
    from trackway.artifacts.face_files import face_layer, write_face_files
    from trackway.cli.progress import Bar
    from trackway.jobs.options import JobOptions
    from trackway.models.providers import built_for_gpu
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
        "trackingModel": tracking_model,
        "actorName": actor,
        "calibrationImage": None if calibration_image is None else str(calibration_image),
        "landmarks": landmarks if landmarks == "dense" else int(landmarks),
        "auModel": au_model,
        "numFaces": int(num_faces) if num_faces.isdecimal() else num_faces,
        "clusterer": clusterer,
        "returnEmbeddings": embeddings,
        "artifacts": [name for name, asked in (("controls", controls), ("plot", plot)) if asked],
        "exports": export or [],
    }
    options = JobOptions.parse({name: value for name, value in chosen.items() if value is not None}, source="command line")
    _require_file(video)
    _make_folder(output)
    console = Console(stderr=True, quiet=quiet)
    with Bar(console) as progress:
        calibration = _calibration(calibration_image, pack, allow_non_commercial=allow_non_commercial)
        vision = Vision.open(pack, provider=provider, precision=precision, allow_non_commercial=allow_non_commercial)
        result = track_video(video, options, vision, calibration=calibration, progress=progress)
        found = result.found
        progress.stage("write results")
        try:
            _write_json(output / "video.json", VideoMetadata.of(result.info))
            _write_lines(output / "persons.jsonl", person_rows(result.tracks, "TIMESTAMP"))
            _write_lines(output / "faces.jsonl", face_rows(found.faces, found.traits if face_attributes == "ALL" else None))
            _write_json(output / "tracks.json", summarize(found, faces=options.wants_traits))
            write_tracks(output / "persons.mot.txt", result.tracks, result.info)
            for _ in write_face_files(output, found, result.info, options, filename=str(video)):
                pass
            if annotated:
                drawn = output / "annotated.mp4"
                annotate(video, result.info, result.tracks, drawn, faces=face_layer(found, options), frames=found.frames, progress=progress)
        except OSError as error:
            raise FileError(f"The results cannot be written to {output}: {error.strerror or error}.") from error
    if vision.report.fallback and built_for_gpu():
        console.print(f"Provider {vision.report.provider}: {vision.report.fallback}", highlight=False, soft_wrap=True)
    if vision.report.precision_fallback:
        console.print(f"Precision {vision.report.precision}: {vision.report.precision_fallback}", highlight=False, soft_wrap=True)
    if detail == "auto":
        console.print(f"Detail {result.detail.detail}: {result.detail.reason}", highlight=False, soft_wrap=True)
    people = len(set(result.tracks.person.tolist()))
    console.print(
        f"{people} {'person' if people == 1 else 'persons'} in {len(result.tracks)} rows ({vision.report.provider}); results in {output}/",
        highlight=False,
    )


def _calibration(picture: Path | None, pack: str, *, allow_non_commercial: bool) -> Neutral | None:
    if picture is None:
        return None
    from trackway.pipeline.calibration import calibrate
    from trackway.pipeline.still import StillReader

    try:
        content = picture.read_bytes()
    except OSError as error:
        raise FileError(f"The calibration image {picture} cannot be read: {error.strerror or error}.") from error
    return calibrate(content, StillReader.open(pack, allow_non_commercial=allow_non_commercial))


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
