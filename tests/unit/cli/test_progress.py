"""The terminal's view of a run: counts where there are some, lines for a pipe only where they are asked for."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from trackway.cli.progress import Bar


def run(bar: Bar) -> None:
    with bar as progress:
        progress.stage("probe")
        progress.stage("track", 10)
        progress.update(7)  # the total was an estimate
        progress.stage("link")


def console(*, terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=100, color_system=None, legacy_windows=False)


def written(to: Console) -> str:
    assert isinstance(to.file, io.StringIO)
    return to.file.getvalue()


def test_a_terminal_sees_every_stage_and_real_counts() -> None:
    screen = console(terminal=True)
    run(Bar(screen))
    last = written(screen)[-600:]
    for words in ("✓ probe", "✓ track", "7/7", "✓ link"):
        assert words in last
    assert "1/0" not in last


@pytest.mark.parametrize(("lines", "expected"), [(False, ""), (True, "probe ...\ntrack (10) ...\nlink ...\n")])
def test_a_pipe_gets_lines_only_where_they_are_wanted(lines: bool, expected: str) -> None:
    pipe = console(terminal=False)
    run(Bar(pipe, lines=lines))
    assert written(pipe) == expected


def test_an_error_leaves_the_stage_unfinished() -> None:
    screen = console(terminal=True)
    bar = Bar(screen)
    bar.__enter__().stage("track", 10)
    bar.__exit__(RuntimeError, RuntimeError(), None)
    assert "✓" not in written(screen)
