"""How much of a video is accepted before anything is allocated for it."""

from __future__ import annotations

from typing import Self

import msgspec

__all__ = ["DEFAULT_LIMITS", "MediaLimits"]


class MediaLimits(msgspec.Struct, frozen=True):
    """Bounds that a video must keep, checked while it is probed and again while it is decoded (SPEC R25).

    Attributes:
        max_bytes: size of the file.
        max_duration_ms: from the first frame to the end of the last.
        max_pixels: width x height of any frame; a header that lies beyond it is refused before a picture is allocated.
        max_streams: tracks of any kind in one file.
        max_frames: pictures in one video.
        probe_seconds: wall-clock and processor time that looking at a file may take.
        probe_memory_bytes: address space that looking at a file may take.
    """

    max_bytes: int = 10 * 1024**3
    max_duration_ms: int = 6 * 3600 * 1000
    max_pixels: int = 8192 * 4608
    max_streams: int = 64
    max_frames: int = 6 * 3600 * 240
    probe_seconds: float = 300.0
    probe_memory_bytes: int = 2 * 1024**3

    @classmethod
    def within(cls, *, size_bytes: int, hours: float) -> Self:
        """The usual bounds for videos of that size and length, of at most 240 frames a second."""
        return cls(max_bytes=size_bytes, max_duration_ms=round(hours * 3_600_000), max_frames=round(hours * 3600 * 240))


DEFAULT_LIMITS = MediaLimits()
