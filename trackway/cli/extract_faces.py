"""`trackway extract-faces -f VIDEO -o DIR`: the flags of mexca's command of that name (SPEC M25, M28)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from trackway.errors import FileError, InputError, OptionError

__all__ = ["extract_faces"]


Word = Literal["True", "False"]
"""Mexca's booleans; in lower case too."""


def _seconds(text: str) -> float | None:
    try:
        return None if text == "None" else float(text)
    except ValueError as error:
        raise typer.BadParameter(f"expected seconds or None, got {text!r}") from error


def _count(text: str) -> int | None:
    try:
        return None if text == "None" else int(text)
    except ValueError as error:
        raise typer.BadParameter(f"expected a whole number or None, got {text!r}") from error


def _name(text: str) -> str | None:
    return None if text == "None" else text


def extract_faces(
    filepath: Annotated[list[Path], typer.Option("--filepath", "-f", help="The video; may be given several times.", show_default=False)],
    outdir: Annotated[Path, typer.Option("--outdir", "-o", help="Folder for the results; made where it is missing.", show_default=False)],
    num_faces: Annotated[
        int | None, typer.Option(parser=_count, metavar="N|None", help="How many people there are; None finds out.")
    ] = None,
    batch_size: Annotated[int, typer.Option(help="Frames that are loaded together; changes no result.")] = 1,
    skip_frames: Annotated[int, typer.Option(help="Every n-th frame is looked at.")] = 1,
    process_subclip: Annotated[
        tuple[str, str], typer.Option(metavar="START END", help="Seconds between which frames are looked at; None is the end.")
    ] = ("0", "None"),
    show_progress: Annotated[Word, typer.Option(case_sensitive=False, help="Draw a bar.")] = "True",
    min_face_size: Annotated[float, typer.Option(help="Longer side of the smallest face, in pixels; less takes longer.")] = 20,
    thresholds: Annotated[
        tuple[float, float, float], typer.Option(metavar="A B C", help="The last one counts; higher finds fewer faces.")
    ] = (0.6, 0.7, 0.7),
    factor: Annotated[float, typer.Option(help="No effect: there is no pyramid.")] = 0.709,
    post_process: Annotated[Word, typer.Option(case_sensitive=False, help="No effect on the results.")] = "True",
    select_largest: Annotated[Word, typer.Option(case_sensitive=False, help="Largest faces first, else likeliest.")] = "True",
    selection_method: Annotated[
        str | None,
        typer.Option(
            parser=_name, metavar="NAME|None", help="probability, largest, largest_over_threshold, center_weighted_size, num_faces or None."
        ),
    ] = None,
    keep_all: Annotated[Word, typer.Option(case_sensitive=False, help="All faces of a frame, else the first.")] = "True",
    device: Annotated[str | None, typer.Option(parser=_name, metavar="NAME|None", help="cpu or cuda.")] = None,
    max_cluster_frames: Annotated[
        int | None, typer.Option(parser=_count, metavar="N|None", help="Tracks of faces of which every pair is compared at once.")
    ] = None,
    embeddings_model: Annotated[str, typer.Option(help="vggface2 or casia-webface; no effect.")] = "vggface2",
    au_model: Annotated[str, typer.Option(help="xgb: 20 action units 0 to 1, svm: 0 or 1; a name with MEFARG: 41.")] = "xgb",
    landmark_model: Annotated[str, typer.Option(help="mobilefacenet, mobilenet or pfld; no effect.")] = "mobilefacenet",
    vocabulary: Annotated[
        Literal["v0", "v1"], typer.Option(help="Whose defaults and shapes: mexca 0.4 (v0), or mexca from 1.0 on (v1).")
    ] = "v0",
    file_format: Annotated[
        Literal["v1", "v0"], typer.Option(help="v1: strict JSON, which every mexca reads; v0: with NaN, as mexca 0.4 wrote it.")
    ] = "v1",
    post_min_face_size: Annotated[
        tuple[float, float] | None,
        typer.Option(metavar="W H", help="Smaller faces are left out; 45 45 in v1, else none.", show_default=False),
    ] = None,
    clusterer: Annotated[str | None, typer.Option(help="auto, spectral, kmeans or hdbscan.")] = None,
    strict: Annotated[
        Word, typer.Option(case_sensitive=False, help="Fewer faces than people are an error, else each is somebody.")
    ] = "True",
    cluster_embeddings: Annotated[Word, typer.Option(case_sensitive=False, help="Tell people apart.")] = "True",
    return_embeddings: Annotated[Word, typer.Option(case_sensitive=False, help="Write the vector of every face.")] = "False",
) -> None:
    """Find the faces of videos, whose they are, and their landmarks and action units, as mexca does; no cloud, no network.

    Writes STEM_video_annotation.json for each video as soon as it is done.
    """
    from trackway.pipeline.mexca.extractor import FaceExtractor

    targets = _targets(filepath, outdir)
    extractor = FaceExtractor(
        num_faces,
        min_face_size,
        thresholds,
        factor,
        post_process == "True",
        select_largest == "True",
        selection_method,
        keep_all == "True",
        device,
        max_cluster_frames,
        embeddings_model,
        au_model,
        landmark_model,
        vocabulary=vocabulary,
        clusterer=clusterer,
        post_min_face_size=post_min_face_size,
        cluster_embeddings=cluster_embeddings == "True",
        return_embeddings=return_embeddings == "True",
        strict=strict == "True",
    )
    start, end = (_seconds(text) for text in process_subclip)
    _make_folder(outdir)
    failed = False
    for video, target in zip(filepath, targets, strict=True):
        try:
            found = extractor.apply(video, batch_size, skip_frames, (start, end), show_progress == "True")
            found.write_json(target, file_format)
        except InputError as error:
            if len(filepath) == 1:
                raise
            typer.echo(f"trackway: {video}: {error}", err=True)
            failed = True
        else:
            faces = sum(box is not None for box in found.face_box)
            typer.echo(f"{faces} {'face' if faces == 1 else 'faces'} in {len(set(found.frame))} frames of {video}: {target}", err=True)
    if failed:
        raise typer.Exit(InputError.exit_status)


def _targets(videos: Sequence[Path], folder: Path) -> list[Path]:
    """The file for each video.

    Raises:
        OptionError: two videos would share one.
    """
    targets = [folder / f"{video.stem}_video_annotation.json" for video in videos]
    twice = sorted({str(target) for target in targets if targets.count(target) > 1})
    if twice:
        raise OptionError(f"Several videos would be written to {', '.join(twice)}; give them different names, or different folders.")
    return targets


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"The folder {folder} cannot be made: {error.strerror or error}.") from error
