"""A few pictures spread over a whole video, found by seeking: what it is about, long before all of it is decoded."""

from __future__ import annotations

import contextlib
import itertools
import os

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from trackway.errors import MediaError
from trackway.media.container import bound_decoder, decoded, open_container, packets
from trackway.media.decode import read_frames
from trackway.media.frame import Frame
from trackway.media.limits import DEFAULT_LIMITS, MediaLimits
from trackway.media.timeline import REORDER_DEPTH
from trackway.media.video import VideoInfo

__all__ = ["glimpses"]

_FEW = 3
_OPENING = 60


def glimpses(path: str | os.PathLike[str], info: VideoInfo, count: int, *, limits: MediaLimits = DEFAULT_LIMITS) -> list[Frame]:
    """At most `count` pictures, the same ones at every call: key frames spread evenly over the video.

    A video with fewer than three of them, or without times to seek by, shows pictures of its first 60. Damage gives fewer, or none.
    They are numbered from 0 in their order.

    Args:
        path: the file that `info` was made from.
        info: from `probe`.
        count: how many.
        limits: bounds on what is decoded.
    """
    found: list[Frame] = []
    with contextlib.suppress(MediaError, av.FFmpegError):
        found = _key_frames(path, info, count, limits) if info.timed else []
        if len(found) < min(_FEW, count):
            opening = min(_OPENING, info.frame_count)
            found = list(itertools.islice(read_frames(path, info, limits=limits), 0, opening, max(1, opening // count)))[:count]
    return [Frame(number, frame.time_ms, frame.picture) for number, frame in enumerate(found)]


def _key_frames(path: str | os.PathLike[str], info: VideoInfo, count: int, limits: MediaLimits) -> list[Frame]:
    """The key frames before the middles of `count` equal parts, each once, in their order."""
    found: dict[int, VideoFrame] = {}
    with open_container(path, info.demuxer, limits) as container:
        stream = container.streams[info.stream] if info.stream < len(container.streams) else None
        if not isinstance(stream, VideoStream):
            return []
        bound_decoder(stream, limits, threads=1)
        for part in range(count):
            middle_ms = info.duration_ms * (2 * part + 1) // (2 * count)
            picture = _key_frame_before(container, stream, info.start_pts + int(middle_ms / 1000 / info.time_base))
            if picture is not None and picture.pts is not None and picture.pts >= info.start_pts:
                found[picture.pts] = picture
    return [Frame(0, info.milliseconds(pts), found[pts]) for pts in sorted(found)]


def _key_frame_before(container: InputContainer, stream: VideoStream, pts: int) -> VideoFrame | None:
    """None where the container's index leads elsewhere, or to damage."""
    with contextlib.suppress(av.FFmpegError):
        container.seek(pts, stream=stream)
        for packet in itertools.islice(packets(stream), REORDER_DEPTH):
            for picture in decoded(stream, packet):
                if picture.key_frame:
                    return picture
    return None
