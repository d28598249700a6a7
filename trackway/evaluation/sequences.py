"""Which truth belongs to which result: one file each, or folders of several sequences as MOTChallenge lays them out."""

from __future__ import annotations

import configparser
import dataclasses
from pathlib import Path

from trackway.errors import FileError

__all__ = ["Sequence", "find_sequences"]

_OWN_RESULT = "persons.mot.txt"
"""What `trackway track` writes into its folder."""


@dataclasses.dataclass(frozen=True)
class Sequence:
    """One video's truth and result.

    Attributes:
        name: of the video.
        truth, result: MOTChallenge files.
        frame_rate: frames per second as `seqinfo.ini` beside the truth says; None where there is none.
    """

    name: str
    truth: Path
    result: Path
    frame_rate: float | None


def find_sequences(truth: Path, result: Path) -> list[Sequence]:
    """The sequences of two files, or of two folders, by name.

    Args:
        truth: a file; or a folder with `NAME/gt/gt.txt`, `NAME/gt.txt` or `NAME.txt` for each sequence.
        result: a file, or the output folder of `trackway track`; or, where the truth is a folder, a folder with `NAME.txt` or
            `NAME/persons.mot.txt` for each sequence.

    Raises:
        FileError: nothing is there, or a sequence has truth and no result.
    """
    for path, what in ((truth, "truth"), (result, "result")):
        if not path.exists():
            raise FileError(f"There is no {what} {path}; give the path of a file or a folder.")
    if not truth.is_dir():
        if result.is_dir():
            result = _require(result / _OWN_RESULT, f"The truth {truth} is one file, and the folder {result} has no {_OWN_RESULT}")
        return [Sequence(_name(truth), truth, result, _frame_rate(truth))]
    if not result.is_dir():
        raise FileError(f"The truth {truth} is a folder, the result {result} is a file; give two files or two folders.")
    truths = _truths(truth)
    if not truths:
        raise FileError(f"The folder {truth} has no truth; expected NAME/gt/gt.txt, NAME/gt.txt or NAME.txt for each sequence.")
    results = {name: _first(result / f"{name}.txt", result / name / _OWN_RESULT) for name in truths}
    missing = [name for name, path in results.items() if path is None]
    if missing:
        raise FileError(
            f"{result} has no result of {', '.join(missing)}; expected NAME.txt or NAME/{_OWN_RESULT} for each of {len(truths)} sequences."
        )
    return [Sequence(name, path, found, _frame_rate(path)) for name, path in truths.items() if (found := results[name])]


def _name(truth: Path) -> str:
    """Of `TUD-Campus/gt/gt.txt`: TUD-Campus."""
    names = [part for part in (truth.parent.parent.name, truth.parent.name, truth.stem) if part and part != "gt"]
    return names[-1] if names else truth.stem


def _truths(folder: Path) -> dict[str, Path]:
    """Name and file of each sequence, by name."""
    files = {path.stem: path for path in folder.glob("*.txt")}
    for sequence in filter(Path.is_dir, folder.iterdir()):
        if found := _first(sequence / "gt" / "gt.txt", sequence / "gt.txt"):
            files[sequence.name] = found
    return dict(sorted(files.items()))


def _first(*paths: Path) -> Path | None:
    return next(filter(Path.is_file, paths), None)


def _require(path: Path, otherwise: str) -> Path:
    if not path.is_file():
        raise FileError(f"{otherwise}; give two files or two folders.")
    return path


def _frame_rate(truth: Path) -> float | None:
    """From `seqinfo.ini` in the folder of the truth or the one above, if it says so."""
    described = _first(truth.parent / "seqinfo.ini", truth.parent.parent / "seqinfo.ini")
    if described is None:
        return None
    facts = configparser.ConfigParser(interpolation=None)
    try:
        facts.read(described, encoding="utf-8")
        rate = facts.getfloat("Sequence", "frameRate")
    except (configparser.Error, ValueError):
        return None
    return rate if 0 < rate < float("inf") else None
