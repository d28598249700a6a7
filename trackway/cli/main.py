"""The command line: `trackway ...`.

Exit status 0 means done, 1 our fault, 2 the user's; an error is one sentence on standard error.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated, NoReturn

import typer

import trackway
from trackway.cli import associate, collections, evaluate, extract_faces, keys, local, models, track
from trackway.errors import TrackwayError

__all__ = ["app", "main"]

app = typer.Typer(
    name="trackway",
    help="Person and face tracking for video: on this machine, in the embedded cloud, or on your AWS account.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)
app.command("track")(track.track)
app.command("associate")(associate.associate)
app.command("evaluate")(evaluate.evaluate)
app.command("extract-faces")(extract_faces.extract_faces)
app.add_typer(collections.app, name="collections")
app.add_typer(keys.app, name="keys")
app.add_typer(local.app, name="local")
app.add_typer(models.app, name="models")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"trackway {trackway.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")] = False,
) -> None:
    """Person and face tracking for video: on this machine, in the embedded cloud, or on your AWS account."""


def main() -> NoReturn:
    """Runs the command line and ends the process with its exit status."""
    command = typer.main.get_command(app)
    try:
        command(prog_name="trackway")
    except TrackwayError as error:
        if os.environ.get("TRACKWAY_DEBUG"):
            raise
        print(f"trackway: {error}", file=sys.stderr)  # noqa: T201 - the one place that speaks for every command
        sys.exit(error.exit_status)
    raise AssertionError("a command always ends the process")  # pragma: no cover - typer exits in standalone mode


if __name__ == "__main__":
    main()
