"""`trackway local up|status|down`: the whole system on this machine, without Docker and without an AWS account."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from trackway.errors import EmbeddedCloudError
from trackway.local.home import DEFAULT_STATE, Home

__all__ = ["app"]

app = typer.Typer(help="The embedded cloud: the deployed template on this machine.", no_args_is_help=True, rich_markup_mode=None)

State = Annotated[Path, typer.Option("--state", help="Folder that keeps everything between two starts.", file_okay=False)]
_STOP_SECONDS = 30.0


@app.command()
def up(
    state: State = DEFAULT_STATE,
    port: Annotated[int, typer.Option(help="Where to listen on 127.0.0.1; 0 takes 4566 or the next free one.", min=0, max=65535)] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON when ready, and nothing else.")] = False,
) -> None:
    """Start the embedded cloud and run it until Ctrl-C. Uploads, jobs and results in the state folder survive."""
    import msgspec

    from trackway.local.cloud import EmbeddedCloud
    from trackway.local.terminal import Stages, welcome

    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _end)
    stages = Stages(quiet=as_json)
    with stages, EmbeddedCloud(state, port=port, progress=stages) as cloud:
        stages.finish()
        if as_json:
            typer.echo(msgspec.json.encode(cloud.endpoints).decode())
        else:
            welcome(cloud.endpoints, state, cloud.resumed)
        while True:
            time.sleep(1)
            cloud.check()


def _end(*_: Any) -> None:
    # A second Ctrl-C must not interrupt the way out, which takes a moment.
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.SIG_IGN)
    raise SystemExit(0)


@app.command()
def status(state: State = DEFAULT_STATE) -> None:
    """Show where the running cloud is and how its jobs stand."""
    from trackway.local.environment import point_at
    from trackway.local.jobs import recent_jobs
    from trackway.local.terminal import show_jobs

    endpoints = Home(state).endpoints()
    point_at(endpoints.aws)
    show_jobs(endpoints, recent_jobs(endpoints))


@app.command()
def down(state: State = DEFAULT_STATE) -> None:
    """Stop the cloud that runs on the state folder. Jobs that run are taken up at the next start."""
    home = Home(state)
    process = home.process()
    if process is None:
        typer.echo(f"No embedded cloud runs on {home.path}.", err=True)
        return
    os.kill(process, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while home.process() == process:
        if time.monotonic() > deadline:
            raise EmbeddedCloudError(
                f"Process {process} does not end within {_STOP_SECONDS:.0f} s; `kill -9 {process}` ends it and all it started."
            )
        time.sleep(0.1)
    typer.echo(f"Stopped the embedded cloud on {home.path}.", err=True)
