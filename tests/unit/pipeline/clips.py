"""Videos as odd as files can be, written frame by frame."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

__all__ = ["grey", "write_clip"]

Picture = npt.NDArray[np.uint8]

_MILLISECONDS = Fraction(1, 1000)


def grey(brightness: int = 0, size: tuple[int, int] = (160, 120)) -> Picture:
    """A picture of one colour, (height, width, 3)."""
    return np.full((size[1], size[0], 3), brightness, np.uint8)


def write_clip(path: Path, pictures: Iterable[tuple[int, Picture]], *, key_frame_interval: int = 12) -> Path:
    """Pictures with their times in milliseconds; they may change in size, as in a recorded broadcast."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=25)
        encoder: Any = stream.codec_context
        began = False

        def write(frame: VideoFrame | None) -> None:
            for packet in encoder.encode(frame):
                packet.stream, packet.time_base = stream, _MILLISECONDS
                output.mux(packet)

        for time_ms, picture in pictures:
            size = picture.shape[1], picture.shape[0]
            if began and size != (encoder.width, encoder.height):
                write(None)
                encoder, began = av.CodecContext.create("libx264", "w"), False
            if not began:
                encoder.width, encoder.height = size
                encoder.pix_fmt, encoder.time_base, encoder.framerate = "yuv420p", _MILLISECONDS, 25
                encoder.gop_size, encoder.max_b_frames = key_frame_interval, 0
                began = True
            frame = VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = time_ms, _MILLISECONDS
            write(frame)
        write(None)
    return path
