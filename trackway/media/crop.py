"""A part of a picture at its full resolution, without converting the rest."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from trackway.media.frame import Frame, plane_of, reformat, turned
from trackway.media.video import VideoInfo

__all__ = ["Cropper"]

Array = npt.NDArray[Any]

_BYTES = {"gray": (1,), "nv12": (1, 2), "nv21": (1, 2)} | {
    f"yuv{kind}p{depth}": (size,) * 3
    for kind in (420, 422, 440, 444, 411, 410)
    for depth, size in (("", 1), ("9le", 2), ("10le", 2), ("12le", 2))
}
"""Forms whose planes can be cut -> bytes of one place of each plane."""

_STEP = 4
"""Luma pixels to which cuts are aligned, so that no form splits its coarser colours."""


class Cropper:
    """Cuts parts out of the pictures of one video. Each thread needs its own: it keeps swscale's tables between calls."""

    def __init__(self, info: VideoInfo) -> None:
        """Prepare for the pictures of the video described by `info`."""
        self._info = info
        self._converting = VideoReformatter()
        self._flattening = VideoReformatter()

    def rgb(self, frame: Frame, box: Array, longest: int = 1024) -> tuple[Array, Array]:
        """The pixels below a box, and a few around it.

        Args:
            frame: a picture of the video.
            box: (4,) left, top, width, height as ratios of the processed frame; what lies outside is left out.
            longest: pixels that neither side of the answer may exceed; a larger part is shrunk.

        Returns:
            (h, w, 3) uint8 RGB, upright, and (4,) float64 the box that they really show, in the same ratios. No pixels where the box
            misses the picture.

        Raises:
            CorruptMedia: the picture is in a form that cannot be converted.
        """
        picture = frame.picture
        size = np.array([picture.width, picture.height])
        corners = self._as_decoded(np.array([box[:2], box[:2] + box[2:]], np.float64)) * size
        if not np.isfinite(corners).all():
            return np.zeros((0, 0, 3), np.uint8), np.zeros(4)
        first = (np.floor(corners.min(axis=0).clip(0, size) / _STEP) * _STEP).astype(int)
        last = np.minimum(np.ceil(corners.max(axis=0).clip(0, size) / _STEP).astype(int) * _STEP, size)
        width, height = (last - first).tolist()
        if min(width, height) < 1:
            return np.zeros((0, 0, 3), np.uint8), np.zeros(4)
        if picture.format.name.replace("yuvj", "yuv") not in _BYTES:
            picture = reformat(self._flattening, picture, picture.width, picture.height, "yuv420p")
        part = _cut(picture, int(first[0]), int(first[1]), width, height)
        scale = min(1.0, longest / max(width, height))
        small = reformat(self._converting, part, max(1, round(width * scale)), max(1, round(height * scale)), "rgb24")
        shown = self._as_shown(np.stack([first, last]) / size)
        low, high = shown.min(axis=0), shown.max(axis=0)
        pixels = plane_of(small, 3).reshape(small.height, small.width, 3)
        return np.ascontiguousarray(turned(pixels, self._info)), np.concatenate([low, high - low])

    def _as_decoded(self, point: Array) -> Array:
        """(N, 2) ratios of the processed frame -> of the frame as decoded."""
        x, y = (1 - point[:, 0] if self._info.mirrored else point[:, 0]), point[:, 1]
        back = {0: (x, y), 90: (y, 1 - x), 180: (1 - x, 1 - y), 270: (1 - y, x)}
        return np.stack(back[self._info.rotation], axis=1)

    def _as_shown(self, point: Array) -> Array:
        """The opposite of `_as_decoded`."""
        u, v = point.T
        x, y = {0: (u, v), 90: (1 - v, u), 180: (1 - u, 1 - v), 270: (v, 1 - u)}[self._info.rotation]
        return np.stack([1 - x if self._info.mirrored else x, y], axis=1)


def _cut(picture: VideoFrame, left: int, top: int, width: int, height: int) -> VideoFrame:
    """A picture of its own; `left` and `top` are aligned."""
    part = VideoFrame(width, height, picture.format.name)
    part.colorspace, part.color_range = picture.colorspace, picture.color_range
    places = _BYTES[picture.format.name.replace("yuvj", "yuv")]
    for source, target, size in zip(picture.planes, part.planes, places, strict=True):
        across, down = round(picture.width / source.width), round(picture.height / source.height)
        rows = np.frombuffer(memoryview(source), np.uint8).reshape(source.height, -1)
        cut = np.frombuffer(memoryview(target), np.uint8).reshape(target.height, -1)
        first, count = left // across * size, target.width * size
        cut[:, :count] = rows[top // down : top // down + target.height, first : first + count]
    return part
