"""`trackway associate DET.txt --output RESULT.txt --fps F`: our tracker on anyone's detections."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trackway.errors import FileError, OptionError

__all__ = ["associate"]

_HIGHEST_RATE = 1000.0
_DETECTIONS_HELP = "MOTChallenge detections: frame, id, left, top, width, height, confidence."


def associate(
    detections: Annotated[Path, typer.Argument(help=_DETECTIONS_HELP, show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="MOTChallenge file for the tracks.", show_default=False)],
    fps: Annotated[float, typer.Option(help="Frames per second of the video that the detections are from.", show_default=False)],
    weak_share: Annotated[
        float,
        typer.Option(help="Least share of the boxes, from the weakest, that only continue tracks. Higher: fewer false and faint persons."),
    ] = 0.2,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Follow the persons in a file of detections; scores may be on any scale."""
    import msgspec
    from rich.console import Console

    from trackway.results.mot import read_detections, write_tracks
    from trackway.tracking.foreign import associate_detections, config_for_scores

    if not 0 < fps <= _HIGHEST_RATE:
        raise OptionError(f"--fps: expected more than 0 and at most {_HIGHEST_RATE:g} frames per second, found {fps:g}.")
    if not 0 <= weak_share <= 1:
        raise OptionError(f"--weak-share: expected a share from 0 to 1, found {weak_share:g}.")
    _require_place(output, detections)
    found = read_detections(detections)
    tracks = associate_detections(found.frame - 1, found.box_px, found.score, fps, config_for_scores(found.score, weak_share))
    try:
        write_tracks(output, tracks, _OnePixel())
    except OSError as error:
        raise FileError(f"The tracks cannot be written to {output}: {error.strerror or error}.") from error
    persons = len(set(tracks.person.tolist()))
    if as_json:
        summary = {"persons": persons, "rows": len(tracks), "detections": len(found.frame), "skipped": found.skipped, "output": str(output)}
        typer.echo(msgspec.json.encode(summary))
        return
    skipped = f" ({found.skipped} more repeated or without a usable box)" if found.skipped else ""
    Console(stderr=True).print(
        f"{persons} {'person' if persons == 1 else 'persons'} in {len(tracks)} rows"
        f" from {len(found.frame)} detections{skipped}; tracks in {output}",
        highlight=False,
        soft_wrap=True,
    )


def _require_place(output: Path, detections: Path) -> None:
    """Better now than after minutes of work."""
    if not output.absolute().parent.is_dir():
        raise OptionError(f"--output: expected a file in a folder that exists, found {output}; make the folder first.")
    if output.is_dir():
        raise OptionError(f"--output: expected a file, found the folder {output}; give a name in it.")
    if output.exists() and detections.exists() and output.samefile(detections):
        raise OptionError(f"--output: expected another file than the detections, found {output}; give another name.")


class _OnePixel:
    """The boxes are in pixels already."""

    width = 1
    height = 1
