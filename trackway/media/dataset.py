"""A video as a list of pictures, as torch's data loaders like it: `VideoDataset` of mexca (SPEC M13, M14, M23)."""

from __future__ import annotations

import math
import os
from collections.abc import Generator, Iterator
from typing import Any, TypedDict, overload

import numpy as np
import numpy.typing as npt

from trackway.errors import ArgumentError, CorruptMedia
from trackway.media.decode import Frame, Scaler, read_frames
from trackway.media.probe import Probe, probe
from trackway.media.segments import Segment
from trackway.media.video import VideoInfo

__all__ = ["VideoDataset", "VideoItem", "VideoItems"]

_RUN_UP = 2
"""Key frames before a picture from which decoding starts, as in `media.segments`."""
_NEAR = 16
"""Frames that are decoded on the way rather than to open the file once more, in a video of key frames alone."""


class VideoItem(TypedDict):
    """One picture: `Image` (H, W, 3) uint8 RGB, upright, and `Frame`, its number in the video."""

    Image: npt.NDArray[np.uint8]
    Frame: int


class VideoItems(TypedDict):
    """Several: `Image` (K, H, W, 3) uint8 RGB, upright, and `Frame` (K,) int64, their numbers in the video."""

    Image: npt.NDArray[np.uint8]
    Frame: npt.NDArray[np.int64]


class VideoDataset:
    """Chosen frames of a video file, decoded one by one when they are asked for; their time stamps alone are read at once.

    Frames asked for in order are decoded in one go; any other order costs a seek each time. A copy in another process reads for itself.

    Args:
        video_file: a local file.
        skip_frames: every n-th frame is taken, from the first of the part on.
        start, end: the part in seconds; None, or 0, is the end of the video.

    Attributes:
        file_name: of the file, without its folder.
        video_frames, video_frames_idx: (N,) int64 numbers of the frames taken: from int(start * fps) to below int(end * fps) (SPEC M13).
        video_pts: (N,) float64 their presentation times in seconds, as the file tells them, to the tick.
        video_fps: frames per second on average.
        duration: of the whole video in seconds.
        frame_seconds: (F,) float64 from the first frame to each frame of the video, taken or not; ours alone.

    Raises:
        ArgumentError: the part lies outside the video, or a number outside its range; a ValueError.
        FileError: no such file.
        MediaError: the file is no video that can be read.
    """

    def __init__(self, video_file: str | os.PathLike[str], skip_frames: int = 1, start: float = 0, end: float | None = None) -> None:
        if isinstance(skip_frames, bool) or not isinstance(skip_frames, int | np.integer) or skip_frames < 1:
            raise ArgumentError(f"skip_frames must be a whole number from 1 on, got {skip_frames!r}; 1 takes every frame.")
        for name, seconds in (("start", start), ("end", 0 if end is None else end)):
            if isinstance(seconds, bool) or not isinstance(seconds, int | float | np.number) or not 0 <= seconds < math.inf:
                raise ArgumentError(f"The {name} of a part must be seconds from 0 on, got {seconds!r}.")
        self._path = os.fspath(video_file)
        self.file_name = os.path.basename(self._path)
        self._probe: Probe = probe(video_file)
        self.info = self._probe.info
        self.video_fps = self.info.frame_rate
        self.duration = self.info.duration_ms / 1000
        self.video_frames = self.video_frames_idx = self._part(start, end)[:: int(skip_frames)]
        pts = self._probe.frame_pts * self.info.time_base_numerator / self.info.time_base_denominator
        self.video_pts, self.frame_seconds = pts[self.video_frames], pts - pts[0]
        self._scaler = Scaler(self.info)
        self._reading: Generator[Frame, None, None] | None = None
        self._ahead: Frame | None = None

    def __len__(self) -> int:
        """How many frames are taken."""
        return len(self.video_frames)

    @overload
    def __getitem__(self, idx: int) -> VideoItem: ...
    @overload
    def __getitem__(self, idx: slice) -> VideoItems: ...
    def __getitem__(self, idx: int | slice) -> VideoItem | VideoItems:
        """One of the frames taken; several at once for a slice.

        Raises:
            IndexError: there is no such frame.
            CorruptMedia: it cannot be decoded.
        """
        if isinstance(idx, slice):
            frames = self.video_frames[idx]
            images = np.zeros((len(frames), self.info.height, self.info.width, 3), np.uint8)
            for image, number in zip(images, frames.tolist(), strict=True):
                image[:] = self._rgb(number)
            return {"Image": images, "Frame": frames}
        frame = int(self.video_frames[idx])
        return {"Image": self._rgb(frame), "Frame": frame}

    def __iter__(self) -> Iterator[VideoItem]:
        """The frames taken that can be decoded, in order."""
        for frame in self.video_frames.tolist():
            picture = self._find(frame)
            if picture is not None:
                yield {"Image": self._scaler.rgb(picture, self.info.width, self.info.height), "Frame": frame}

    def __getstate__(self) -> dict[str, Any]:
        """What another process needs; it opens the file itself."""
        return {**self.__dict__, "_reading": None, "_ahead": None, "_scaler": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._scaler = Scaler(self.info)

    def close(self) -> None:
        """Lets go of the file; the next frame opens it again."""
        if self._reading is not None:
            self._reading.close()
        self._reading, self._ahead = None, None

    def _part(self, start: float, end: float | None) -> npt.NDArray[np.int64]:
        first = int(start * self.video_fps)
        last = int((end or 0) * self.video_fps) or self.info.frame_count
        if start >= self.duration or first >= self.info.frame_count:
            raise ArgumentError(f"The part starts at {start:g} s, but {self._path} ends at {self.duration:g} s; choose an earlier start.")
        if last <= first:
            raise ArgumentError(
                f"The part from {start:g} s to {end:g} s holds no frame at {self.video_fps:g} frames per second; end it later."
            )
        return np.arange(first, min(last, self.info.frame_count))

    def _rgb(self, frame: int) -> npt.NDArray[np.uint8]:
        """The picture of the frame of that number.

        Raises:
            CorruptMedia: it cannot be decoded.
        """
        picture = self._find(frame)
        if picture is None:
            raise CorruptMedia(f"{self._path}: frame {frame} cannot be decoded; the file is damaged there.")
        return self._scaler.rgb(picture, self.info.width, self.info.height)

    def _find(self, number: int) -> Frame | None:
        """The frame of that number; None if it is damaged."""
        if self._ahead is not None and self._ahead.number == number:
            return self._ahead
        reading = self._reading
        if reading is None or self._ahead is None or not self._is_near(self._ahead.number, number):
            reading = self._seek(number)
        for frame in reading:
            self._ahead = frame
            if frame.number >= number:
                return frame if frame.number == number else None
        self.close()
        return None

    def _is_near(self, reached: int, number: int) -> bool:
        """Whether decoding on from a frame costs no more than to seek."""
        keys_between = int(np.count_nonzero(self._probe.is_key[reached + 1 : number + 1]))
        return reached < number and (keys_between <= _RUN_UP or number - reached <= _NEAR)

    def _seek(self, number: int) -> Generator[Frame, None, None]:
        """Frames from that number on."""
        self.close()
        pts, ms = self._probe.frame_pts, self._probe.frame_ms
        keys = np.flatnonzero(self._probe.is_key[:number]) if self.info.timed else np.zeros(0, np.int64)
        beginning = int(keys[-_RUN_UP]) if len(keys) >= _RUN_UP else 0
        part = Segment(
            index=1 if beginning else 0,
            start_ms=int(ms[number]),
            end_ms=max(self.info.duration_ms, int(ms[-1]) + 1),
            first_frame=number,
            previous_ms=int(ms[number - 1]) if number else None,
            start_pts=int(pts[number]),
            seek_pts=int(pts[beginning]),
        )
        self._reading = _frames(self._path, self.info, part)
        return self._reading


def _frames(path: str, info: VideoInfo, part: Segment) -> Generator[Frame, None, None]:
    yield from read_frames(path, info, segment=part)
