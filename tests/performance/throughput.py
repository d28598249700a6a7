"""Frames per second against the plain loop, real time at the default sampling, and memory over length.

    python -m tests.performance throughput

Runs alternate, so that other work on the machine slows all sides; what counts is the ratio of the medians. Videos of `../shared/data` are
used where they are, and the project's own clip always.
"""

from __future__ import annotations

import argparse
import functools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
from rich.table import Table

from tests.performance.output import Output
from tests.performance.plain_loop import PlainLoop
from tests.videos import repeat
from trackway.artifacts.annotated import annotate
from trackway.jobs.options import JobOptions
from trackway.media.probe import Probe, probe
from trackway.media.sample import make_sample
from trackway.media.segments import Segment
from trackway.pipeline.segment import track_segment
from trackway.pipeline.video import track_video
from trackway.pipeline.vision import Vision

__all__ = ["main"]

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
VIDEOS = ("mot/MOT17-13/MOT17-13.mp4", "mot/tunnel/tunnel.avi", "faces/video/opera_house.mp4")
THREE_PEOPLE = "mot/tunnel/tunnel.avi"

_EVERY = JobOptions(sample_fps=0, detail="standard", cadence="every")
_ADAPTIVE = JobOptions(sample_fps=0, detail="standard")


def main(output: Output, frames: int = 100, repeats: int = 3, long_minutes: int = 20) -> None:
    """Prints the tables.

    Args:
        output: where.
        frames: of each video, in each run of the comparison.
        repeats: runs of each side.
        long_minutes: length of the longer of the two videos whose memory is compared.
    """
    with tempfile.TemporaryDirectory(prefix="trackway-bench-") as name:
        folder = Path(name)
        own, large = folder / "sample.mp4", folder / "sample-720p.mp4"
        make_sample(own, seconds=60, size=(960, 540))
        make_sample(large, seconds=20, size=(1280, 720), fps=30)
        videos = [own, *(SHARED / name for name in VIDEOS if (SHARED / name).exists())]
        output.table(_speeds(videos, frames, repeats))
        people = SHARED / THREE_PEOPLE
        output.table(_real_time([large, *([_enlarged(people, folder / "tunnel-720p.mp4", 20)] if people.exists() else [])]))
        output.table(_memory(own, long_minutes, folder))


def _speeds(videos: list[Path], frames: int, repeats: int) -> Table:
    title = "all frames, persons and faces: frames per second (medians), and times the plain loop / the plain loop that does not spin"
    table = Table("video", "plain loop", "it, not spinning", "every", "adaptive", title=title)
    plain, calm, vision = PlainLoop(), PlainLoop(spinning=False), Vision.open()
    for video in videos:
        looked_at = probe(video)
        sides: tuple[Callable[[int], float], ...] = (
            functools.partial(plain.run, video),
            functools.partial(calm.run, video),
            functools.partial(_run, video, looked_at, _EVERY, vision),
            functools.partial(_run, video, looked_at, _ADAPTIVE, vision),
        )
        for side in sides:
            side(5)  # sessions and caches are warm on all sides
        runs = [[side(frames) for side in sides] for _ in range(repeats)]
        loop, quiet, *ours = map(statistics.median, zip(*runs, strict=True))
        cells = [f"{fps:.1f} ({fps / loop:.2f}x / {fps / quiet:.2f}x)" for fps in ours]
        table.add_row(video.name, f"{loop:.1f}", f"{quiet:.1f}", *cells)
    return table


def _run(video: Path, looked_at: Probe, options: JobOptions, vision: Vision, frames: int) -> float:
    """Frames per second of the whole segment pipeline over the first `frames`."""
    count = min(frames, len(looked_at.frame_ms))
    end_ms = int(looked_at.frame_ms[count]) if count < len(looked_at.frame_ms) else looked_at.info.duration_ms + 1
    part = Segment(index=0, start_ms=0, end_ms=end_ms, start_pts=looked_at.info.start_pts)
    began = time.perf_counter()
    track_segment(video, looked_at.info, options, vision, segment=part)
    return count / (time.perf_counter() - began)


def _real_time(videos: list[Path]) -> Table:
    title = "whole runs with default options, each in a process of its own; then the annotated video"
    table = Table("video", "size", "seconds of video", "seconds taken", "real time", "annotated in", "peak memory", title=title)
    for video in videos:
        info, found = probe(video).info, _in_own_process(video, "--annotate")
        length, taken = info.duration_ms / 1000, found["seconds"]
        size, peak = f"{info.width}x{info.height}, {info.frame_rate:g} fps", f"{found['peak_bytes'] / 2**20:.0f} MiB"
        annotated = f"{found['annotating_seconds']:.1f}"
        table.add_row(video.name, size, f"{length:.1f}", f"{taken:.1f}", f"{length / taken:.1f}x", annotated, peak)
    return table


def _enlarged(source: Path, target: Path, seconds: int, size: tuple[int, int] = (1280, 720), fps: int = 30) -> Path:
    """The same people in a larger picture at another rate, again and again up to a length; times do not change."""
    with av.open(str(target), "w") as output:
        stream = output.add_stream("libx264", rate=fps, options={"crf": "20"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        written = 0
        while written < seconds * fps:
            with av.open(str(source)) as opened:
                rate = float(opened.streams.video[0].average_rate or fps)
                for number, frame in enumerate(opened.decode(video=0)):
                    larger = frame.reformat(*size, format="yuv420p")
                    for _ in range(round((number + 1) * fps / rate) - round(number * fps / rate)):
                        larger.pts, larger.time_base = written, Fraction(1, fps)
                        output.mux(stream.encode(larger))
                        written += 1
        output.mux(stream.encode(None))
    return target


def _memory(minute: Path, long_minutes: int, folder: Path) -> Table:
    table = Table("length", "peak memory", title="peak resident memory of a process (one frame a second)")
    long = folder / "long.mp4"
    repeat(minute, long, long_minutes)
    peaks = [_in_own_process(path, "--sample-fps", "1")["peak_bytes"] for path in (minute, long)]
    for length, peak in zip(("1 min", f"{long_minutes} min"), peaks, strict=True):
        table.add_row(length, f"{peak / 2**20:.0f} MiB")
    table.add_row("longer / shorter", f"{peaks[1] / peaks[0]:.2f}x")
    return table


def _in_own_process(video: Path, *options: str) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.performance.throughput", str(video), *options]
    found: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return found


def _report(video: Path, sample_fps: float, *, draws: bool) -> None:
    """Tracks one video, and draws on it; prints how long either took, networks opened included, and the peak memory of tracking."""
    began = time.perf_counter()
    result = track_video(video, JobOptions(sample_fps=sample_fps), Vision.open())
    found = {"seconds": time.perf_counter() - began}
    # not getrusage: what it says of a child begins with the size of the parent
    (peak,) = (line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    found["peak_bytes"] = int(peak) * 1024
    if draws:
        began = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="trackway-bench-") as folder:
            annotate(video, result.info, result.tracks, Path(folder) / "annotated.mp4")
        found["annotating_seconds"] = time.perf_counter() - began
    print(json.dumps(found))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Track one video; print seconds and the peak memory of this process.")
    parser.add_argument("video", type=Path)
    parser.add_argument("--sample-fps", type=float, default=10)
    parser.add_argument("--annotate", action="store_true", help="draw on it as well")
    chosen = parser.parse_args()
    _report(chosen.video, chosen.sample_fps, draws=chosen.annotate)
