"""Rekognition's VideoMetadata, which stands on every page of a result (SPEC R30, R31)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Literal, Self

import msgspec

if TYPE_CHECKING:
    from trackway.media.video import VideoInfo

__all__ = ["VideoMetadata"]


class VideoMetadata(msgspec.Struct, frozen=True, rename="pascal", omit_defaults=True):
    """What a Get* answer says of the video.

    Attributes:
        codec: short name, such as "h264".
        duration_millis: length in milliseconds.
        format: the container's long name, such as "QuickTime / MOV".
        frame_rate: average frames per second, a float32 (SPEC R8).
        frame_height: pixels of the rotated picture, as are all boxes.
        frame_width: pixels of the rotated picture.
        color_range: left out where the file does not say.
    """

    codec: str
    duration_millis: int
    format: str
    frame_rate: float
    frame_height: int
    frame_width: int
    color_range: Literal["FULL", "LIMITED"] | None = None

    @classmethod
    def of(cls, info: VideoInfo) -> Self:
        """The metadata of a probed video."""
        (frame_rate,) = struct.unpack("f", struct.pack("f", info.frame_rate))
        return cls(
            codec=info.codec,
            duration_millis=info.duration_ms,
            format=info.format,
            frame_rate=frame_rate,
            frame_height=info.height,
            frame_width=info.width,
            color_range=info.color_range,
        )
