"""From a file to numbered, timed pictures."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections import deque
from collections.abc import Callable, Iterator
from typing import TypeAlias, cast

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from trackway.errors import CorruptMedia
from trackway.media.container import bound_decoder, decoded, packets
from trackway.media.frame import Frame, Scaler
from trackway.media.hardware import Decoding, Hardware
from trackway.media.limits import DEFAULT_LIMITS, MediaLimits
from trackway.media.segments import Segment
from trackway.media.timeline import REORDER_DEPTH, Timeline, enters_sample
from trackway.media.video import VideoInfo

__all__ = ["Frame", "Scaler", "read_frames"]

_PROGRESSIVE = 1
"""FFmpeg's AV_FIELD_PROGRESSIVE."""

Packets: TypeAlias = "Iterator[Packet[VideoStream]]"


def read_frames(
    path: str | os.PathLike[str],
    info: VideoInfo,
    *,
    segment: Segment | None = None,
    sample_fps: float = 0.0,
    limits: MediaLimits = DEFAULT_LIMITS,
    threads: int | None = None,
    hardware: Hardware | None = None,
) -> Iterator[Frame]:
    """Decode a video, or one segment of it with its overlap, in presentation order; memory stays flat.

    Damaged packets are stepped over: the frames around them keep their numbers and times.

    Args:
        path: the file that `info` was made from.
        info: from `probe`.
        segment: from `plan_segments`; all frames of the video when None.
        sample_fps: frames per second to take at most, those that `enters_sample` names; 0 takes every frame.
        limits: the picture size may change midway; a picture beyond the limit is left out like a damaged one.
        threads: of the decoder. More only helps where nothing else wants the processors; by default half of them, 4 at most,
            which is one on two processors.
        hardware: decodes instead of the processor where it can; the frames are the same.

    Raises:
        CorruptMedia: not one frame of the video can be decoded.
        MediaTooLarge: the header declares pictures beyond the limit.
    """
    part = segment or Segment(index=0, start_ms=0, end_ms=max(1, info.duration_ms), start_pts=info.start_pts)
    decoding, found = Decoding(hardware), False
    with _opened(path, info, part, limits, threads or _spare_threads(), decoding) as (stream, source):
        for frame in _frames(stream, source, info, part, sample_fps):
            if not found:
                decoding.begun(stream, frame.picture)
            found = True
            yield decoding.as_software(frame)
    if not found and segment is None:
        raise CorruptMedia("Not one frame of the video can be decoded; it is damaged or encrypted.")


def _frames(stream: VideoStream, source: Packets, info: VideoInfo, part: Segment, sample_fps: float) -> Iterator[Frame]:
    """The frames of one part that belong to the sample."""
    timeline = Timeline(part.start_pts, part.first_frame)
    stop_ms = part.end_ms + part.overlap_ms

    def is_taken(pts: int) -> bool:
        before = timeline.before(pts)
        before_ms = part.previous_ms if before is None else info.milliseconds(before)
        return pts >= part.start_pts and enters_sample(info.milliseconds(pts), before_ms, sample_fps)

    skips = sample_fps > 0 and info.timed and _may_skip(stream)
    ahead = _look_ahead(source, timeline, REORDER_DEPTH if skips else 0) if info.timed else source
    last_pts = None
    for count, picture in enumerate(_pictures(stream, ahead, is_taken if skips else None)):
        pts = picture.pts if info.timed else count
        if pts is None or (last_pts is not None and pts <= last_pts):
            continue  # nobody could place it, or it would turn time back
        last_pts = pts
        if not info.timed:
            timeline.add(pts)
        if info.milliseconds(pts) >= stop_ms:
            return
        if is_taken(pts):
            yield Frame(timeline.number(pts), info.milliseconds(pts), picture)


def _may_skip(stream: VideoStream) -> bool:
    """Whether the decoder can be told to leave out pictures, and the pictures that it shows stay the same.

    H.264 says of every picture whether others refer to it. Of an interlaced one, half would be missing.
    """
    return stream.codec_context.name == "h264" and stream.codec_context.field_order == _PROGRESSIVE


def _look_ahead(source: Packets, timeline: Timeline, depth: int) -> Packets:
    """The same packets; `timeline` knows of each one long before it is decoded."""
    waiting: deque[Packet[VideoStream]] = deque()
    for packet in source:
        if packet.pts is not None and not packet.is_discard:
            timeline.add(packet.pts)
        waiting.append(packet)
        if len(waiting) > depth:
            yield waiting.popleft()
    yield from waiting


def _pictures(stream: VideoStream, source: Packets, is_wanted: Callable[[int], bool] | None) -> Iterator[VideoFrame]:
    """Decode; a picture that nobody wants is left out where no other refers to it."""
    for packet in source:
        if is_wanted is not None:
            stream.codec_context.skip_frame = "DEFAULT" if packet.pts is None or is_wanted(packet.pts) else "NONREF"
        yield from decoded(stream, packet)
    yield from decoded(stream, None)


@contextlib.contextmanager
def _opened(
    path: str | os.PathLike[str], info: VideoInfo, part: Segment, limits: MediaLimits, threads: int, decoding: Decoding
) -> Iterator[tuple[VideoStream, Packets]]:
    """The video track, and its packets from a key frame before the part on."""
    if part.index > 0:
        with _open(path, info, limits, threads, decoding) as stream:
            source = _sought(stream, part)
            if source is not None:
                yield stream, source
                return
    with _open(path, info, limits, threads, decoding) as stream:
        yield stream, packets(stream)


@contextlib.contextmanager
def _open(path: str | os.PathLike[str], info: VideoInfo, limits: MediaLimits, threads: int, decoding: Decoding) -> Iterator[VideoStream]:
    try:
        container = decoding.open(path, info.demuxer, limits)
    except av.FFmpegError as error:
        raise CorruptMedia(f"The video was readable before and is not now; it was changed or cut off ({error.strerror}).") from error
    with container:
        stream = container.streams[info.stream] if info.stream < len(container.streams) else None
        if not isinstance(stream, VideoStream) or stream.codec_context is None:
            raise CorruptMedia("The video was changed since it was looked at: its picture track is gone.")
        bound_decoder(stream, limits, threads=1 if stream.codec_context.is_hwaccel else threads)
        yield stream


def _sought(stream: VideoStream, part: Segment) -> Packets | None:
    """Packets from the part's key frame on; None where the container's index leads elsewhere."""
    try:
        cast(InputContainer, stream.container).seek(part.seek_pts, stream=stream)
    except av.FFmpegError:
        return None
    source = packets(stream)
    first = next(source, None)
    if first is None or first.pts is None or first.pts > part.seek_pts:
        return None
    return itertools.chain([first], source)


def _spare_threads() -> int:
    """Half of the processors: the other half infers. Frame threads cost 3 to 7 % more work, which two processors lack."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(4, processors // 2))
