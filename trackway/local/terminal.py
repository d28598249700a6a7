"""What the embedded cloud says on a terminal: the stages of its start, where it is, how its jobs stand."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console, Group
from rich.panel import Panel
from rich.status import Status
from rich.table import Table
from rich.text import Text

from trackway.local.environment import CREDENTIALS, REGION
from trackway.local.home import Endpoints
from trackway.local.jobs import JobView

__all__ = ["Stages", "show_jobs", "welcome"]


class Stages:
    """A `trackway.progress.Progress` for short stages: a spinner, then one line with the time that the stage took."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._spinner: Status | None = None
        self._name = ""
        self._since = 0.0

    def stage(self, name: str, total: int | None = None) -> None:
        """Ends the stage before and begins the next."""
        self.finish()
        self._name, self._since = name, time.monotonic()
        self._spinner = self._console.status(name)
        self._spinner.start()

    def update(self, done: int) -> None:
        """Ignored: the stages are short."""

    def finish(self) -> None:
        """Ends the last stage."""
        if self._spinner is not None:
            self._spinner.stop()
            self._console.print(f"[green]✓[/] {self._name} [dim]{time.monotonic() - self._since:.1f} s[/]", highlight=False)
        self._spinner = None


def welcome(endpoints: Endpoints, state: Path, resumed: int) -> None:
    """Says where everything is, and what to type next."""
    exports = {"AWS_ENDPOINT_URL": endpoints.aws, **{name: CREDENTIALS[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}}
    lines = [
        Text("Point any AWS client here (it takes any key):"),
        *(Text(f"  export {name}={value}", style="bold") for name, value in {**exports, "AWS_DEFAULT_REGION": REGION}.items()),
        Text("Upload a video and ask for its people:"),
        Text(f"  aws s3 cp clip.mp4 s3://{endpoints.videos_bucket}/uploads/", style="bold"),
        Text("  trackway local status", style="bold"),
        Text("  aws rekognition get-person-tracking --job-id JOB", style="bold"),
        Text(f"Completion messages: {endpoints.topic_arn}"),
        Text(f"Everything is kept in {state}; its logs folder says what happened. Ctrl-C ends it."),
    ]
    if resumed:
        lines.append(Text(f"{resumed} interrupted {'job is' if resumed == 1 else 'jobs are'} running again.", style="yellow"))
    Console(stderr=True).print(Panel(Group(*lines), title=f"Trackway on {endpoints.aws}", border_style="green"), soft_wrap=True)


def show_jobs(endpoints: Endpoints, jobs: Iterable[JobView]) -> None:
    """The address and a table of jobs, newest first."""
    console = Console()
    console.print(
        f"The embedded cloud runs on [bold]{endpoints.aws}[/] (upload to s3://{endpoints.videos_bucket}/uploads/).", highlight=False
    )
    table = Table("Job", "Video", "Status", "Phase", "Progress", "Message", box=None, header_style="bold")
    for job in jobs:
        table.add_row(job.job_id, job.video, job.status, job.phase, job.progress, job.message)
    console.print(table if table.row_count else "No job yet.", soft_wrap=True)
