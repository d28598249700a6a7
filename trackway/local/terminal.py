"""What the embedded cloud says on a terminal: the stages of its start, where it is, how its jobs stand."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status

from trackway.jobs.record import Phase
from trackway.local.environment import CREDENTIALS
from trackway.local.home import DEFAULT_STATE, Endpoints
from trackway.local.jobs import JobView

__all__ = ["Stages", "show_jobs", "welcome"]


class Stages:
    """A `trackway.progress.Progress` for short stages: a spinner, then one line with the time that the stage took."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._console = Console(stderr=True, quiet=quiet)
        self._spinner: Status | None = None
        self._name = ""
        self._since = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._spinner is not None:
            self._spinner.stop()

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
    console = Console(stderr=True)
    # No box around it: these lines are there to be copied.
    exports = {"AWS_ENDPOINT_URL": endpoints.aws, **{name: value for name, value in CREDENTIALS.items() if name != "AWS_REGION"}}
    named = "" if state == DEFAULT_STATE else f" --state {state}"
    for line in (
        f"\n[bold green]Trackway runs on {endpoints.aws}[/]. Point any AWS client there; it takes any key:\n",
        *(f"  export {name}={value}" for name, value in exports.items()),
        "\nUpload a video, look at its job, ask for its people:\n",
        f"  aws s3 cp clip.mp4 s3://{endpoints.videos_bucket}/uploads/",
        f"  trackway local status{named}",
        "  aws rekognition get-person-tracking --job-id JOB",
        f"\nCompletion messages go to {endpoints.topic_arn}.",
        f"Everything is kept in {state}; its logs folder says what happened. Ctrl-C ends it.",
    ):
        console.print(line, soft_wrap=True, highlight=False)
    if resumed:
        jobs = "1 interrupted job is" if resumed == 1 else f"{resumed} interrupted jobs are"
        console.print(f"[yellow]{jobs} running again.[/]")


def show_jobs(endpoints: Endpoints, jobs: Iterable[JobView]) -> None:
    """The address, and two lines for each job, newest first: its id, to be copied, and how it stands."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"The embedded cloud runs on [bold]{endpoints.aws}[/]; upload to s3://{endpoints.videos_bucket}/uploads/.")
    for job in jobs:
        facts = (job.status, job.phase if job.phase != Phase.DONE else "", job.progress, job.video, job.message)
        console.print(f"\n[bold]{job.job_id}[/]")
        console.print("  " + "  ".join(filter(None, facts)), markup=False)
