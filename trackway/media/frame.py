"""One picture of a video, and the pixels that models want of it: by swscale, off the GIL."""

from __future__ import annotations

import dataclasses

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter

from trackway.errors import CorruptMedia
from trackway.media.video import VideoInfo

__all__ = ["SMALL_WIDTH", "Frame", "Scaler", "greyed", "plane_of", "reformat", "turned"]

SMALL_WIDTH = 160
"""Pixels across of the picture in which the camera's motion is looked for."""

_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
_KNOWN_COLORS = frozenset((1, 4, 5, 6, 7, 9))
"""FFmpeg's numbers of the YUV matrices that swscale converts; it refuses the others, which broken headers name."""

_NO_COLOUR = 128
_PLANES_OF_LUMA = frozenset(("gray", "nv12", "nv21", "yuv410p", "yuv411p", "yuv420p", "yuv422p", "yuv440p", "yuv444p"))


@dataclasses.dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a video.

    Attributes:
        number: how many frames the file lists before it.
        time_ms: milliseconds from the first frame.
        picture: as decoded, not turned yet.
    """

    number: int
    time_ms: int
    picture: VideoFrame


class Scaler:
    """Turns and scales pictures of one video. Each thread needs its own: it keeps swscale's tables between calls."""

    def __init__(self, info: VideoInfo) -> None:
        """Prepare for the pictures of the video described by `info`."""
        self._info = info
        self._shrinkers: dict[tuple[int, int], tuple[VideoReformatter, VideoReformatter]] = {}
        self._graying = VideoReformatter()

    def rgb(self, frame: Frame, width: int, height: int) -> npt.NDArray[np.uint8]:
        """The whole turned picture squashed to `width` x `height`.

        Two steps, both in swscale's fast code: shrink in YUV by averaging areas, then convert the few pixels left. For
        1080p to 512 x 512 that takes half of the time of one combined step, and is nearer to the exact average.

        Returns:
            uint8 (height, width, 3), RGB.

        Raises:
            CorruptMedia: the picture is in a form that cannot be converted.
        """
        size = (width, height) if self._info.rotation in (0, 180) else (height, width)
        shrinker, converter = self._shrinkers.setdefault(size, (VideoReformatter(), VideoReformatter()))
        small = reformat(shrinker, frame.picture, *size, "yuv420p")
        pixels = plane_of(reformat(converter, small, *size, "rgb24"), 3)
        return turned(pixels.reshape(size[1], size[0], 3), self._info)

    def luma(self, frame: Frame) -> npt.NDArray[np.uint8]:
        """The brightness of the whole turned picture at its full size, as the file stores it (`info.color_range`).

        Returns:
            uint8 (info.height, info.width), read-only; usually a view of the decoder's own memory.

        Raises:
            CorruptMedia: the picture is in a form that cannot be converted.
        """
        picture = frame.picture
        size = self._info.coded_size
        if (picture.width, picture.height) != size or picture.format.name.replace("yuvj", "yuv") not in _PLANES_OF_LUMA:
            picture = reformat(self._graying, picture, *size, "yuv420p")
        luma = np.rot90(plane_of(picture, 1), -self._info.rotation // 90)
        luma = luma[:, ::-1] if self._info.mirrored else luma
        luma.flags.writeable = False
        return luma

    def small_luma(self, frame: Frame) -> npt.NDArray[np.uint8]:
        """The brightness of the whole turned picture, averaged over areas, `SMALL_WIDTH` pixels wide: enough to follow the camera.

        Returns:
            uint8 (height in proportion, SMALL_WIDTH).

        Raises:
            CorruptMedia: the picture is in a form that cannot be converted.
        """
        height = max(1, round(SMALL_WIDTH * self._info.height / self._info.width))
        return np.asarray(cv2.resize(self.luma(frame), (SMALL_WIDTH, height), interpolation=cv2.INTER_AREA), np.uint8)


def greyed(frame: Frame) -> Frame:
    """The picture without its colours, brightness as it was (SPEC F17, HeadCamGrey).

    Raises:
        CorruptMedia: the picture is in a form that cannot be converted.
    """
    grey = reformat(VideoReformatter(), frame.picture, frame.picture.width, frame.picture.height, "yuv420p")
    if grey is frame.picture:  # others may hold it
        grey = VideoFrame(grey.width, grey.height, grey.format.name)
        _plane(grey, 0)[:, : grey.width] = plane_of(frame.picture, 1)
    grey.colorspace, grey.color_range = frame.picture.colorspace, frame.picture.color_range
    for colour in (1, 2):
        _plane(grey, colour)[:] = _NO_COLOUR
    return dataclasses.replace(frame, picture=grey)


def _plane(picture: VideoFrame, number: int) -> npt.NDArray[np.uint8]:
    """One plane with its padding, to be written."""
    plane = picture.planes[number]
    return np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, -1)


def turned(pixels: npt.NDArray[np.uint8], info: VideoInfo) -> npt.NDArray[np.uint8]:
    """Pixels (H, W, 3) as decoded -> as the processed frame shows them."""
    upright = cv2.rotate(pixels, _TURNS[info.rotation]) if info.rotation else pixels
    return np.asarray(cv2.flip(upright, 1) if info.mirrored else upright, np.uint8)


def reformat(reformatter: VideoReformatter, picture: VideoFrame, width: int, height: int, form: str) -> VideoFrame:
    """The picture at that size and in that form, by swscale.

    Raises:
        CorruptMedia: the picture is in a form that cannot be converted.
    """
    color = None if picture.colorspace in _KNOWN_COLORS else Colorspace.DEFAULT
    by_area = Interpolation.AREA
    try:
        return reformatter.reformat(picture, width, height, form, color, color, interpolation=by_area, threads=1)
    except av.FFmpegError as error:
        found = picture.format.name
        raise CorruptMedia(f"The video holds pictures of the form {found}, which cannot be converted ({error.strerror}).") from error


def plane_of(picture: VideoFrame, channels: int) -> npt.NDArray[np.uint8]:
    """The first plane without its padding, uint8 (height, width * channels)."""
    plane = picture.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, -1)
    return rows[:, : picture.width * channels]
