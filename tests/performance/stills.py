"""How long somebody waits who sent one photograph.

    python -m tests.performance stills

The photograph is made here: 1280 x 720, JPEG, one face (NASA's astronaut, as scikit-image ships it). Times are those of a wall clock on all
cores that the process may use, from the bytes of the file on, after the networks were loaded. What is counted are the faces of
../shared/data/faces/counts.
"""

from __future__ import annotations

import io
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import skimage.data
from PIL import Image
from rich.table import Table

from tests.performance.output import Output
from tests.performance.verification import DATA, photographs
from trackway.media.still import open_still
from trackway.models.cache import ModelCache
from trackway.pipeline.still import StillReader
from trackway.pipeline.vision import usable_cores

__all__ = ["main", "portrait"]

REPEATS = 40


def main(output: Output) -> None:
    """Prints the times, then the faces counted."""
    output.table(_times())
    output.table(_loading())
    counted = photographs(DATA, "faces/counts/")
    if not counted:
        output.line("There is no ../shared/data/faces/counts on this machine.")
        return
    reader = StillReader.open()
    pairs = [(len(reader.faces(open_still(content).rgb)), int(truth["faces"])) for content, truth in counted.values()]
    found, extra = sum(min(pair) for pair in pairs), sum(max(0, seen - true) for seen, true in pairs)
    output.line(f"Faces counted: {found} of {sum(true for _, true in pairs)} found, {extra} too many, in {len(pairs)} photographs.")


def portrait(width: int = 1280, height: int = 720) -> bytes:
    """A JPEG picture with one face, a fifth as high as the picture, in front of a grey wall."""
    astronaut = np.asarray(skimage.data.astronaut())  # type: ignore[no-untyped-call]
    person = cv2.resize(astronaut, (height, height), interpolation=cv2.INTER_CUBIC)
    canvas = np.full((height, width, 3), 120, np.uint8)
    left = (width - height) // 2
    canvas[:, left : left + height] = person
    return _jpeg(canvas)


def _jpeg(rgb: npt.NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "JPEG", quality=90)
    return file.getvalue()


def _times() -> Table:
    reader, content = StillReader.open(), portrait()
    nobody = _jpeg(np.random.default_rng(0).integers(0, 255, (720, 1280, 3), np.uint8))

    def both() -> None:
        rgb = open_still(content).rgb
        reader.embed(rgb, reader.faces(rgb)[:1])

    work: dict[str, Callable[[], object]] = {
        "decode": lambda: open_still(content),
        "detect": lambda: reader.faces(open_still(content).rgb),
        "detect, embed the face": both,
        "detect, nobody there": lambda: reader.faces(open_still(nobody).rgb),
    }
    table = Table(
        "", "p50, ms", "p95, ms", "processor, ms", title=f"1280x720 JPEG of {len(content) // 1024} KiB, {usable_cores()} cores, warm"
    )
    for name, do in work.items():
        do()
        began = time.process_time()
        seconds = [_timed(do) for _ in range(REPEATS)]
        processor = (time.process_time() - began) / REPEATS  # of all cores; what other programs take does not count
        table.add_row(name, *(f"{1000 * each:.0f}" for each in (*np.percentile(seconds, (50, 95)), processor)))
    return table


def _loading() -> Table:
    """The first picture of a fresh reader, with the networks as they are installed, and as a run before has prepared them."""
    content = portrait()
    rgb = open_still(content).rgb
    face = StillReader.open().faces(rgb)[:1]
    table = Table("", "faces, ms", "embedding, ms", "both at once, ms", title="The first picture after a start, networks loaded")
    with tempfile.TemporaryDirectory(prefix="trackway-bench-") as folder:
        cache = ModelCache()
        cache.prepared = Path(folder)
        for name in ("networks as installed", "networks prepared before"):
            first, second, third = (StillReader.open(cache=cache) for _ in range(3))
            find, tell = partial(first.faces, rgb), partial(second.embed, rgb, face)
            both = partial(_at_once, partial(third.faces, rgb), partial(third.embed, rgb, face))
            table.add_row(name, *(f"{1000 * _timed(do):.0f}" for do in (find, tell, both)))
    return table


def _at_once(*work: Callable[[], object]) -> None:
    threads = [threading.Thread(target=each) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _timed(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began
