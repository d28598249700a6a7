"""Short videos of two portraits, and of nobody."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from tests.portraits import collins, hopper

__all__ = ["BOTH", "COLLINS", "FPS", "HOPPER", "NOBODY", "SHOTS", "scene", "write_clip"]

Picture = npt.NDArray[Any]

FPS = 25
NOBODY, BOTH, HOPPER, COLLINS = range(4)
SHOTS = (BOTH,) * 4 + (NOBODY,) * 2 + (HOPPER,) * 3 + (COLLINS,) * 3
"""What each frame of the clip shows."""


def scene(shows: int, step: int = 0) -> Picture:
    """(240, 480, 3) RGB; Hopper at the right, except alone; `step` moves her a little."""
    picture = np.full((240, 480, 3), 90, np.uint8)
    if shows in (BOTH, COLLINS):
        picture[:240, :240] = cv2.resize(collins(), (240, 240), interpolation=cv2.INTER_AREA)
    if shows in (BOTH, HOPPER):
        left = 240 if shows == BOTH else 60
        picture[:, left + step : left + step + 200] = cv2.resize(hopper(), (200, 240), interpolation=cv2.INTER_AREA)
    return picture


def write_clip(path: Path, pictures: Iterable[Picture], fps: int = FPS, *, rotation: int = 0) -> Path:
    """A video of these pictures; players turn it clockwise by `rotation`."""
    with av.open(str(path), "w") as container:
        stream: VideoStream | None = None
        for picture in pictures:
            if stream is None:
                stream = container.add_stream("libx264", rate=fps, options={"crf": "14", "preset": "superfast"})
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt, stream.gop_size = "yuv420p", 10
                if rotation:
                    stream.set_display_rotation(-rotation)
            container.mux(stream.encode(VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24")))
        assert stream is not None
        container.mux(stream.encode(None))
    return path
