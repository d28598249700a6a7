"""`trackway evaluate --truth GT.txt --result R.txt`: how good a result is, by the metrics of the field."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trackway.errors import OptionError

if TYPE_CHECKING:
    from rich.table import Table

    from trackway.evaluation.report import Report

__all__ = ["evaluate"]

_TRUTH_HELP = "MOTChallenge truth: a file, or a folder with NAME/gt/gt.txt, NAME/gt.txt or NAME.txt for each sequence."
_RESULT_HELP = "Tracks of any tracker: a file, a folder of `trackway track`, or a folder with NAME.txt for each sequence."
_HIGHEST_RATE = 1000.0
_WIDE = 160
_SHOWN = {
    "HOTA": "HOTA",
    "DetA": "DetA",
    "AssA": "AssA",
    "IDF1": "IDF1",
    "MOTA": "MOTA",
    "precision": "prec",
    "recall": "rec",
    "switches": "switches",
    "fragmentations": "frag",
    "switchesPerMinute": "a minute",
}


def evaluate(
    truth: Annotated[Path, typer.Option("--truth", "-t", help=_TRUTH_HELP, show_default=False)],
    result: Annotated[Path, typer.Option("--result", "-r", help=_RESULT_HELP, show_default=False)],
    iou: Annotated[float, typer.Option(help="Overlap from which a box counts as found; HOTA averages over 0.05 to 0.95.")] = 0.5,
    fps: Annotated[
        float | None,
        typer.Option(help="Frames per second, for switches a minute; seqinfo.ini beside the truth says it too.", show_default=False),
    ] = None,
    mot20: Annotated[bool, typer.Option("--mot20", help="Leave out boxes on vehicles without a motor too, as MOT20 does.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON with all metrics: shares from 0 to 1, and counts.")] = False,
) -> None:
    """Compare tracks with the truth: HOTA, IDF1, MOTA, switches.

    Rows of the truth with 0 in column 7 are not evaluated. Where the truth has classes (8 or 9 columns), only pedestrians (1) are, and
    boxes of the result that lie on a person on a vehicle (2), a static person (7), a distractor (8) or a reflection (12) count neither
    for nor against it, as on motchallenge.net. The counts of several sequences add up to a combined row.
    """
    import msgspec
    from rich.console import Console

    from trackway.evaluation.challenge import DISTRACTORS, MOT20_DISTRACTORS
    from trackway.evaluation.report import combine, report
    from trackway.evaluation.sequences import find_sequences

    if not 0 < iou <= 1:
        raise OptionError(f"--iou: expected more than 0 and at most 1, found {iou:g}.")
    if fps is not None and not 0 < fps <= _HIGHEST_RATE:
        raise OptionError(f"--fps: expected more than 0 and at most {_HIGHEST_RATE:g} frames per second, found {fps:g}.")
    distractors = MOT20_DISTRACTORS if mot20 else DISTRACTORS
    reports = [report(sequence, iou, fps, distractors) for sequence in find_sequences(truth, result)]
    combined = combine(reports) if len(reports) > 1 else None
    for each in reports:
        for note in each.notes:
            typer.echo(f"{each.name}: {note}", err=True)
    if as_json:
        answer: dict[str, object] = {"iou": iou, "sequences": [{"name": each.name, **each.figures()} for each in reports]}
        if combined:
            answer["combined"] = combined.figures()
        typer.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2))
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDE)
    console.print(_table(reports, combined))
    console.print(f"Per cent; a box is found from an overlap of {iou:g} on (HOTA, DetA, AssA: the mean over 0.05 to 0.95).", style="dim")


def _table(reports: list[Report], combined: Report | None) -> Table:
    from rich.table import Table

    rows = [*reports, *([combined] if combined else [])]
    shown = [name for name in _SHOWN if any(name in row.figures() for row in rows)]
    table = Table("sequence", box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in shown:
        table.add_column(_SHOWN[name], justify="right", no_wrap=True)
    for row in rows:
        figures = row.figures()
        table.add_row(row.name, *(_cell(name, figures.get(name)) for name in shown), style="bold" if row is combined else None)
    return table


def _cell(name: str, figure: float | int | None) -> str:
    if figure is None:
        return "-"
    if isinstance(figure, int):
        return str(figure)
    return f"{figure if name == 'switchesPerMinute' else 100 * figure:.1f}"
