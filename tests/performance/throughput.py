"""Frames per second against the plain loop, real time at the default sampling, and memory over length.

    python -m tests.performance throughput

Runs alternate, so that other work on the machine slows both sides; what counts is the ratio of the medians. Videos of `../shared/data` are
used where they are, and the project's own clip always.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
from rich.console import Console
from rich.table import Table

from tests.performance.plain_loop import PlainLoop
from trackway.jobs.options import JobOptions
from trackway.media.probe import Probe, probe
from trackway.media.sample import make_sample
from trackway.media.segments import Segment
from trackway.pipeline.segment import track_segment
from trackway.pipeline.video import track_video
from trackway.pipeline.vision import Vision

__all__ = ["main"]

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
VIDEOS = ("mot/MOT17-13/MOT17-13.mp4", "faces/video/opera_house.mp4")
REAL_TIME_VIDEO = VIDEOS[0]  # 960 x 540

_EVERY_FRAME = JobOptions(sample_fps=0)


def main(frames: int = 100, repeats: int = 3, long_minutes: int = 20) -> None:
    """Prints the tables.

    Args:
        frames: of each video, in each run of the comparison.
        repeats: runs of either side.
        long_minutes: length of the longer of the two videos whose memory is compared.
    """
    console = Console()
    with tempfile.TemporaryDirectory(prefix="trackway-bench-") as folder:
        own = Path(folder) / "sample.mp4"
        make_sample(own, seconds=60, size=(960, 540))
        videos = [own, *(SHARED / name for name in VIDEOS if (SHARED / name).exists())]
        console.print(_speeds(videos, frames, repeats))
        real_time = SHARED / REAL_TIME_VIDEO
        console.print(_real_time(real_time if real_time.exists() else own))
        console.print(_memory(own, long_minutes, Path(folder)))


def _speeds(videos: list[Path], frames: int, repeats: int) -> Table:
    table = Table("video", "plain loop", "trackway", "ratio", title="every frame, persons and faces: frames per second (medians)")
    plain, vision = PlainLoop(), Vision.open()
    for video in videos:
        looked_at = probe(video)
        sides: tuple[list[float], list[float]] = ([], [])
        plain.run(video, 5), _run(video, looked_at, vision, 5)  # sessions and caches are warm on both sides
        for _ in range(repeats):
            sides[0].append(plain.run(video, frames))
            sides[1].append(_run(video, looked_at, vision, frames))
        theirs, ours = map(statistics.median, sides)
        table.add_row(video.name, f"{theirs:.1f}", f"{ours:.1f}", f"{ours / theirs:.2f}x")
    return table


def _run(video: Path, looked_at: Probe, vision: Vision, frames: int) -> float:
    """Frames per second of the whole segment pipeline over the first `frames`."""
    count = min(frames, len(looked_at.frame_ms))
    end_ms = int(looked_at.frame_ms[count]) if count < len(looked_at.frame_ms) else looked_at.info.duration_ms + 1
    part = Segment(index=0, start_ms=0, end_ms=end_ms, start_pts=looked_at.info.start_pts)
    began = time.perf_counter()
    track_segment(video, looked_at.info, _EVERY_FRAME, vision, segment=part)
    return count / (time.perf_counter() - began)


def _real_time(video: Path) -> Table:
    table = Table("video", "size", "seconds of video", "seconds taken", "real time", title="whole run at the default sampling")
    began = time.perf_counter()
    info = track_video(video, JobOptions(), Vision.open()).info
    taken, length = time.perf_counter() - began, info.duration_ms / 1000
    table.add_row(video.name, f"{info.width}x{info.height}", f"{length:.1f}", f"{taken:.1f}", f"{length / taken:.1f}x")
    return table


def _memory(minute: Path, long_minutes: int, folder: Path) -> Table:
    table = Table("length", "peak memory", title="peak resident memory of a process (one frame a second)")
    long = folder / "long.mp4"
    _loop(minute, long, long_minutes)
    peaks = [_peak_bytes(path) for path in (minute, long)]
    for length, peak in zip(("1 min", f"{long_minutes} min"), peaks, strict=True):
        table.add_row(length, f"{peak / 2**20:.0f} MiB")
    table.add_row("longer / shorter", f"{peaks[1] / peaks[0]:.2f}x")
    return table


def _loop(source: Path, target: Path, times: int) -> None:
    """The same packets again and again, later each time."""
    with av.open(str(target), "w") as output:
        stream, shift = None, 0
        for _ in range(times):
            with av.open(str(source)) as opened:
                video = opened.streams.video[0]
                stream = stream or output.add_stream_from_template(video)
                for packet in opened.demux(video):
                    if packet.dts is None or packet.pts is None:
                        continue
                    packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, stream
                    output.mux(packet)
                shift += video.duration or 0


def _peak_bytes(video: Path) -> int:
    done = subprocess.run([sys.executable, "-m", "tests.performance.throughput", "--peak", str(video)], capture_output=True, check=True)
    return int(json.loads(done.stdout)["peak_bytes"])


def _print_peak(video: Path) -> None:
    track_video(video, JobOptions(sample_fps=1), Vision.open())
    # not getrusage: what it says of a child begins with the size of the parent
    (peak,) = (line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    print(json.dumps({"peak_bytes": int(peak) * 1024}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peak", type=Path, help="track one video and print the peak memory of this process")
    chosen = parser.parse_args()
    if chosen.peak is not None:
        _print_peak(chosen.peak)
    else:
        main()
