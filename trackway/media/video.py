"""What is known about a video once it has been probed."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Literal, overload

import msgspec

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Rotation", "VideoInfo"]

Rotation = Literal[0, 90, 180, 270]


class VideoInfo(msgspec.Struct, frozen=True, rename="camel"):
    """Facts of one video, enough to describe it to a caller (SPEC R31) and to decode it again elsewhere.

    Attributes:
        codec: short name of the video codec, such as "h264".
        format: long name of the container as ffprobe says it, such as "QuickTime / MOV".
        demuxer: short name of the container, given to FFmpeg so that it never guesses.
        stream: index of the video track within the file.
        width, height: pixels of the processed, that is rotated, picture.
        rotation: degrees clockwise that decoding turns the picture.
        mirrored: decoding also swaps left and right, after turning.
        duration_ms: from the first frame to the end of the last.
        frame_rate: average frames per second.
        frame_count: frames that the file lists, from the first that can be decoded.
        color_range: how luma uses its byte; None where the file does not say.
        has_audio: a sound track that can be decoded exists.
        size_bytes: of the file.
        time_base_numerator, time_base_denominator: seconds per tick.
        start_pts: presentation time of the first frame, in ticks; it becomes 0 ms.
        timed: presentation times can be trusted; otherwise frames are counted, and a tick is one frame.
    """

    codec: str
    format: str
    demuxer: str
    stream: int
    width: int
    height: int
    rotation: Rotation
    mirrored: bool
    duration_ms: int
    frame_rate: float
    frame_count: int
    color_range: Literal["FULL", "LIMITED"] | None
    has_audio: bool
    size_bytes: int
    time_base_numerator: int
    time_base_denominator: int
    start_pts: int
    timed: bool

    @property
    def time_base(self) -> Fraction:
        """Seconds per tick."""
        return Fraction(self.time_base_numerator, self.time_base_denominator)

    @property
    def coded_size(self) -> tuple[int, int]:
        """Width and height as decoded, before turning."""
        return (self.width, self.height) if self.rotation in (0, 180) else (self.height, self.width)

    @overload
    def milliseconds(self, pts: int) -> int: ...
    @overload
    def milliseconds(self, pts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]: ...
    def milliseconds(self, pts: int | npt.NDArray[np.int64]) -> int | npt.NDArray[np.int64]:
        """Milliseconds from the first frame of presentation times in ticks, rounded half up."""
        ticks = 2000 * (pts - self.start_pts) * self.time_base_numerator + self.time_base_denominator
        return ticks // (2 * self.time_base_denominator)
