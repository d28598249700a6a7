"""The video made for people to look at: boxes, numbers, faces and trails on every frame (SPEC X10)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.codec.context import Flags
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from av.video.stream import VideoStream

from trackway.artifacts.appearances import Appearances, FaceLayer
from trackway.artifacts.painter import Painter
from trackway.artifacts.sound import SoundTrack
from trackway.columns import Tracks
from trackway.media.decode import read_frames
from trackway.media.frame import Frame, Scaler
from trackway.media.video import VideoInfo
from trackway.progress import Progress, Silent

__all__ = ["annotate"]

Pixels = npt.NDArray[np.uint8]

_ENCODER = {"preset": "veryfast", "crf": "23", "bf": "0"}
"""Without B-frames, MP4 states the length of the last frame and of the whole exactly, and encoding takes 14 % less time."""

_COLOR_MATRICES = {1: Colorspace.ITU709, 4: Colorspace.FCC, 7: Colorspace.SMPTE240M, 9: Colorspace.BT2020}
"""Swscale's name for FFmpeg's number; every other is BT.601, as when a file does not say."""

_UNSPECIFIED = 2


def annotate(
    video: str | os.PathLike[str],
    info: VideoInfo,
    tracks: Tracks,
    output: str | os.PathLike[str],
    *,
    faces: FaceLayer | None = None,
    progress: Progress | None = None,
) -> None:
    """Write an MP4 (H.264, yuv420p, index in front) of the upright video with everyone marked.

    Every source frame is kept at its own time, and the sound with it. `output` appears when it is complete.

    Args:
        video: the file that `info` was made from.
        info: from `probe`.
        tracks: rows sorted by time; frames between two rows of a person are filled in where the gap is short.
        output: file to write.
        faces: more of the faces in `tracks`: mesh, pose, action units, whose they are; None draws boxes and five points.
        progress: hears of each frame.

    Raises:
        CorruptMedia: not one frame can be decoded.
    """
    listener = progress or Silent()
    unfinished = Path(output).with_name(f".{Path(output).name}.part")
    try:
        try:
            _write(unfinished, video, info, Appearances(tracks, faces), listener, with_sound=info.has_audio)
        except av.FFmpegError:
            if not info.has_audio:
                raise
            # A sound track that is too damaged to be carried over must not cost the pictures.
            _write(unfinished, video, info, Appearances(tracks, faces), listener, with_sound=False)
        unfinished.replace(output)
    finally:
        unfinished.unlink(missing_ok=True)


def _write(
    path: Path, video: str | os.PathLike[str], info: VideoInfo, appearances: Appearances, progress: Progress, *, with_sound: bool
) -> None:
    painter, canvas = Painter(info.width, info.height), _Canvas(info)
    progress.stage("annotate", info.frame_count)
    with av.open(str(path), "w", format="mp4", container_options={"movflags": "+faststart"}) as container:
        track = container.add_stream("libx264", rate=Fraction(info.frame_rate).limit_denominator(1001), options=_ENCODER)
        sound = SoundTrack(video, info, container) if with_sound else None
        for done, (frame, pts, duration) in enumerate(_shown(read_frames(video, info), info), 1):
            if done == 1:
                canvas.describe(track, frame)
            pixels = canvas.pixels(frame)
            painter.draw(pixels, [*appearances.at(frame.time_ms)])
            picture = canvas.picture(pixels)
            picture.pts, picture.duration, picture.time_base = pts, duration, info.time_base
            container.mux(track.encode(picture))
            if sound:
                sound.write_until(frame.time_ms / 1000)
            progress.update(done)
        container.mux(track.encode(None))
        if sound:
            sound.finish()


def _shown(frames: Iterator[Frame], info: VideoInfo) -> Iterator[tuple[Frame, int, int]]:
    """Each frame with its time and duration in ticks."""
    last: tuple[Frame, int] | None = None
    for frame in frames:
        pts = (frame.picture.pts or 0) - info.start_pts if info.timed else frame.number
        if last is not None:
            yield *last, pts - last[1]
        last = frame, pts
    if last is not None:
        end = round(Fraction(info.duration_ms, 1000) / info.time_base)
        yield *last, max(1, end - last[1])


class _Canvas:
    """From decoded pictures to pixels and back to pictures for the encoder, with the colors as they were."""

    def __init__(self, info: VideoInfo) -> None:
        self._info = info
        self._scaler = Scaler(info)
        self._reformatter = VideoReformatter()
        self._matrix = Colorspace.DEFAULT

    def describe(self, track: VideoStream, first: Frame) -> None:
        """Tell the encoder what the pictures are like."""
        decoded, encoder = first.picture, track.codec_context
        self._matrix = _COLOR_MATRICES.get(decoded.colorspace, Colorspace.DEFAULT)
        track.width, track.height = self._info.width + self._info.width % 2, self._info.height + self._info.height % 2
        track.pix_fmt = "yuv420p"
        encoder.time_base = self._info.time_base
        encoder.flags |= Flags.frame_duration
        encoder.color_range = ColorRange.MPEG
        encoder.colorspace = decoded.colorspace if decoded.colorspace in (*_COLOR_MATRICES, 5, 6) else _UNSPECIFIED
        encoder.color_primaries, encoder.color_trc = decoded.color_primaries, decoded.color_trc

    def pixels(self, frame: Frame) -> Pixels:
        """The upright picture, uint8 (info.height, info.width, 3) RGB, writable."""
        return self._scaler.rgb(frame, self._info.width, self._info.height)

    def picture(self, pixels: Pixels) -> VideoFrame:
        """A picture for the encoder, which wants even sides: the last row and column are shown twice if need be."""
        height, width = pixels.shape[:2]
        if height % 2 or width % 2:
            pixels = np.asarray(cv2.copyMakeBorder(pixels, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE), np.uint8)
        picture = VideoFrame.from_numpy_buffer(np.ascontiguousarray(pixels), "rgb24")
        return self._reformatter.reformat(
            picture,
            format="yuv420p",
            dst_colorspace=self._matrix,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.AREA,
            threads=1,
        )
