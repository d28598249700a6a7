"""Pictures of many small people, as generated as the sample clip, whose people are large."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from trackway.media.sample_figures import load_figures

__all__ = ["crowd", "write_still"]


def crowd(size: tuple[int, int], height: int, columns: int, rows: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """People `height` pixels high in even rows before a grey wall.

    Returns:
        uint8 (H, W, 3) RGB, and (columns * rows, 4) float32 left, top, width, height as ratios of it.
    """
    picture = np.full((size[1], size[0], 3), 170, np.uint8)
    figures = load_figures(height)
    boxes = []
    for row in range(rows):
        for column in range(columns):
            figure = figures[(row + column) % 2]
            high, wide = figure.mask.shape
            left, top = round((column + 0.5) * size[0] / columns - wide / 2), round((row + 0.5) * size[1] / rows - high / 2)
            place = picture[top : top + high, left : left + wide]
            place[:] = cv2.add(cv2.multiply(place, figure.veil, scale=1 / 255), figure.light)
            body = figure.body
            boxes.append(((left + body[0]) / size[0], (top + body[1]) / size[1], body[2] / size[0], body[3] / size[1]))
    return picture, np.array(boxes, np.float32)


def write_still(path: Path, picture: npt.NDArray[np.uint8], frames: int, *, key_frame_interval: int = 10) -> None:
    """A video of one picture, 25 frames per second."""
    with av.open(str(path), "w") as container:
        track = container.add_stream("libx264", rate=25, options={"preset": "superfast"})
        track.height, track.width = picture.shape[:2]
        track.gop_size = key_frame_interval
        for _ in range(frames):
            container.mux(track.encode(VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(track.encode(None))
