"""A terminal's view of a run: one line per stage, with a bar, frames per second and the time left."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

__all__ = ["Bar"]


class CountColumn(ProgressColumn):
    """Units done and expected; nothing for a stage that counts none."""

    def render(self, task: Task) -> Text:
        """Right-aligned, so that the numbers of the stages stand under each other."""
        expected = task.fields["expected"]
        return Text("" if expected is None else f"{task.completed:.0f}/{expected}", justify="right")


class RateColumn(ProgressColumn):
    """Units per second, as far as known."""

    def render(self, task: Task) -> Text:
        """The mean rate of a finished stage, the recent one of a running stage."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:6.1f} fps" if speed else " " * 10, style="cyan")


class Bar:
    """A `trackway.progress.Progress` that draws on the terminal's standard error.

    Args:
        console: where to draw instead.
        lines: print a line per stage where the output is no terminal; otherwise a pipe or a log gets nothing.
    """

    def __init__(self, console: Console | None = None, *, lines: bool = False) -> None:
        self._console = console or Console(stderr=True)
        self._lines = lines and not self._console.is_terminal
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓[/]"),
            TextColumn("{task.description:<22}"),
            BarColumn(bar_width=32),
            CountColumn(),
            RateColumn(),
            TimeRemainingColumn(compact=True, elapsed_when_finished=True),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None:
            self._finish()
        self._progress.stop()

    def stage(self, name: str, total: int | None = None) -> None:
        """Ends the stage before and begins the next."""
        self._finish()
        if self._lines:
            self._console.print(f"{name} ..." if total is None else f"{name} ({total}) ...", highlight=False)
        self._task = self._progress.add_task(name, total=total, expected=total)

    def update(self, done: int) -> None:
        """Moves the bar of the current stage."""
        if self._task is not None:
            self._progress.update(self._task, completed=done)

    def _finish(self) -> None:
        if self._task is None:
            return
        last = self._progress.tasks[-1]
        # The total may have been an estimate; a stage that counts nothing is drawn as one unit, done.
        done = last.completed or 1
        self._progress.update(self._task, total=done, completed=done, expected=last.fields["expected"] and int(last.completed))
        self._task = None
