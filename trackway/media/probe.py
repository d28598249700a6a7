"""Looking at a video before anything else touches it: what it is, which frames it lists, or why it is refused."""

from __future__ import annotations

import dataclasses
import math
import os
import stat
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from trackway import errors
from trackway.errors import CorruptMedia, FileError, MediaTooLarge, SystemFault, VideoTooLong
from trackway.media.limits import DEFAULT_LIMITS, MediaLimits
from trackway.media.probe_child import Listing, Refusal
from trackway.media.signature import HEAD_BYTES, demuxer_of
from trackway.media.video import Rotation, VideoInfo

__all__ = ["Probe", "probe"]

_USUAL_RATE = 25
"""Frames per second of a raw stream that does not say."""

_INHERITED = ("LD_LIBRARY_PATH", "PATH", "PYTHONHOME")
"""What an interpreter may need to start."""

_COLOR_RANGES: dict[int, Literal["FULL", "LIMITED"]] = {1: "LIMITED", 2: "FULL"}


@dataclasses.dataclass(frozen=True, eq=False)
class Probe:
    """A video's facts and the list of its frames.

    Attributes:
        info: the facts.
        frame_pts: (N,) int64 presentation time stamps in ticks, rising.
        frame_ms: (N,) int64 milliseconds from the first frame, never falling.
        is_key: (N,) bool, the frame can be decoded without those before it.
    """

    info: VideoInfo
    frame_pts: npt.NDArray[np.int64]
    frame_ms: npt.NDArray[np.int64]
    is_key: npt.NDArray[np.bool_]


def probe(path: str | os.PathLike[str], *, rotation: Literal["auto"] | Rotation = "auto", limits: MediaLimits = DEFAULT_LIMITS) -> Probe:
    """Look at a video in a child process that is bounded in memory, time and rights.

    Args:
        path: a local file.
        rotation: degrees clockwise to turn the picture; "auto" obeys the file's display matrix (SPEC F19).
        limits: what is still accepted. Smaller refuses earlier; the probe's own bounds end a file that hangs FFmpeg.

    Raises:
        FileError: the file is missing, unreadable, or no regular file.
        MediaError: the video cannot be processed; the message names the problem.
    """
    size, head = _read_head(path)
    if size == 0:
        raise CorruptMedia("The video file is empty (0 bytes). Upload it again.")
    if size > limits.max_bytes:
        raise MediaTooLarge(f"The file has {size:,} bytes; at most {limits.max_bytes:,} are accepted.")
    demuxer = demuxer_of(head)
    listing = _ask_child(path, demuxer, limits)
    turn, mirrored = _orientation(listing.matrix) if rotation == "auto" else (rotation, False)
    timing = _timed(listing) if _has_usable_times(listing, demuxer) else _counted(listing)
    duration_ms = round(1000 * timing.seconds)
    if duration_ms > limits.max_duration_ms:
        hours, most = duration_ms / 3600_000, limits.max_duration_ms / 3600_000
        raise VideoTooLong(f"The video lasts {hours:.2f} hours; at most {most:g} are accepted.")
    upright = turn in (0, 180)
    info = VideoInfo(
        codec=listing.codec,
        format=listing.format,
        demuxer=demuxer,
        stream=listing.stream,
        width=listing.width if upright else listing.height,
        height=listing.height if upright else listing.width,
        rotation=turn,
        mirrored=mirrored,
        duration_ms=duration_ms,
        frame_rate=timing.frame_rate,
        frame_count=len(timing.pts),
        color_range=_COLOR_RANGES.get(listing.color_range),
        has_audio=listing.has_audio,
        size_bytes=size,
        time_base_numerator=timing.time_base.numerator,
        time_base_denominator=timing.time_base.denominator,
        start_pts=int(timing.pts[0]),
        timed=timing.timed,
    )
    return Probe(info, timing.pts, info.milliseconds(timing.pts), timing.is_key)


def _read_head(path: str | os.PathLike[str]) -> tuple[int, bytes]:
    """Size and first bytes of a regular file."""
    try:
        # A FIFO or a device would block or never end, so look before opening.
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            raise FileError(f"{os.fspath(path)}: expected a video file, found a folder or a device.")
        with open(path, "rb") as file:
            return found.st_size, file.read(HEAD_BYTES)
    except (OSError, ValueError) as error:
        raise FileError(f"{os.fspath(path)}: cannot be read ({getattr(error, 'strerror', None) or error}).") from error


def _ask_child(path: str | os.PathLike[str], demuxer: str, limits: MediaLimits) -> Listing:
    """Run the child and read its answer; whatever ends the child ends in an error of ours."""
    command = [sys.executable, "-P", "-s", "-m", "trackway.media.probe_child", str(Path(path).absolute()), demuxer]
    command.append(msgspec.json.encode(limits).decode())
    try:
        child = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            # Nothing else of ours, credentials least of all, is shown to a process that opens an untrusted file.
            env={"PYTHONPATH": os.pathsep.join(sys.path), **{name: os.environ[name] for name in _INHERITED if name in os.environ}},
            timeout=limits.probe_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CorruptMedia(f"The video is damaged: looking at it did not end within {limits.probe_seconds:g} seconds.") from error
    if child.returncode < 0:
        raise CorruptMedia(f"The video is damaged so badly that reading it ended the decoder (signal {-child.returncode}).")
    if child.returncode > 0:
        last_line = child.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise SystemFault(f"Looking at the video failed for a reason of ours: {last_line}")
    answer = msgspec.msgpack.decode(child.stdout, type=Listing | Refusal)
    if isinstance(answer, Refusal):
        raise getattr(errors, answer.error)(answer.message)
    return answer


def _orientation(matrix: tuple[int, ...]) -> tuple[Rotation, bool]:
    """Degrees clockwise and mirroring after it, from a display matrix (a b u c d v x y w, p' = p M)."""
    if len(matrix) != 9:
        return 0, False
    a, b, c, d = matrix[0], matrix[1], matrix[3], matrix[4]
    mirrored = a * d - b * c < 0
    degrees = math.degrees(math.atan2(b, -a if mirrored else a))
    turns: tuple[Rotation, ...] = (0, 90, 180, 270)
    return turns[round(degrees / 90) % 4], mirrored


@dataclasses.dataclass(frozen=True)
class _Timing:
    """When the frames are shown; a tick of `pts` lasts `time_base` seconds."""

    timed: bool
    time_base: Fraction
    pts: npt.NDArray[np.int64]
    is_key: npt.NDArray[np.bool_]
    seconds: float
    frame_rate: float


def _has_usable_times(listing: Listing, demuxer: str) -> bool:
    """Whether presentation times place the frames.

    Raw streams have none; AVI has none for a codec that reorders, though FFmpeg makes some up; spliced streams start
    again in the middle. Their frames are counted instead.
    """
    if listing.first_pts is None or listing.decode_times_fall or not listing.time_base[0]:
        return False
    return listing.untimed * 16 <= len(listing.is_key) and not (demuxer == "avi" and listing.reorders)


def _timed(listing: Listing) -> _Timing:
    """Frames at their presentation times, from the first that can be decoded."""
    stored = np.frombuffer(listing.pts, np.int64)
    pts = np.unique(stored[stored >= (listing.first_pts or 0)])
    is_key = np.isin(pts, stored[np.frombuffer(listing.is_key, np.bool_)])
    time_base = Fraction(*listing.time_base)
    span = float((int(pts[-1]) - int(pts[0])) * time_base)
    nominal = float(Fraction(*listing.nominal_rate))
    rate = (len(pts) - 1) / span if span else nominal or _USUAL_RATE
    steady = abs(rate - nominal) < 0.005 * nominal
    if steady:
        rate = nominal  # free of the container's rounding
    shown = 1 / rate if steady or listing.last_duration <= 0 else float(listing.last_duration * time_base)
    return _Timing(True, time_base, pts, is_key, span + shown, rate)


def _counted(listing: Listing) -> _Timing:
    """Frames one after the other at the rate that the header declares; a tick is one frame."""
    rate = Fraction(*listing.nominal_rate) or Fraction(_USUAL_RATE)
    pts = np.arange(len(listing.is_key) + listing.untimed, dtype=np.int64)
    return _Timing(False, 1 / rate, pts, pts == 0, float(len(pts) / rate), float(rate))
