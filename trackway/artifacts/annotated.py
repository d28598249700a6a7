"""The video made for people to look at: boxes, numbers, faces and trails on every frame (SPEC X10)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.codec.context import Flags, ThreadType
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from av.video.stream import VideoStream

from trackway.artifacts.appearances import Appearances, FaceLayer
from trackway.artifacts.painter import Painter
from trackway.artifacts.sound import SoundTrack
from trackway.columns import AnalysedFrames, Tracks
from trackway.media.decode import read_frames
from trackway.media.frame import Frame, Scaler
from trackway.media.video import VideoInfo
from trackway.pipeline.overlap import STALL_SECONDS, ordered_map
from trackway.progress import Progress, Silent

__all__ = ["annotate"]

Pixels = npt.NDArray[np.uint8]

_ENCODER = {"preset": "veryfast", "crf": "23", "bf": "0"}
"""Without B-frames, MP4 states the length of the last frame and of the whole exactly, and encoding takes 14 % less time."""

_COLOR_MATRICES = {1: Colorspace.ITU709, 4: Colorspace.FCC, 7: Colorspace.SMPTE240M, 9: Colorspace.BT2020}
"""Swscale's name for FFmpeg's number; every other is BT.601, as when a file does not say."""

_UNSPECIFIED = 2

_IN_FLIGHT = 6
"""Pictures that are decoded and not yet encoded, at most."""


def annotate(
    video: str | os.PathLike[str],
    info: VideoInfo,
    tracks: Tracks,
    output: str | os.PathLike[str],
    *,
    faces: FaceLayer | None = None,
    frames: AnalysedFrames | None = None,
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
        frames: every sampled frame, so that nobody is drawn on a way across a cut; None knows of no cut.
        progress: hears of each frame.

    Raises:
        CorruptMedia: not one frame can be decoded.
        OSError: `output` cannot be written.
        Stalled: no picture was finished for two minutes.
    """
    listener = progress or Silent()
    cuts_ms = None if frames is None else frames.time_ms[frames.cut]
    unfinished = Path(output).with_name(f".{Path(output).name}.part")
    try:
        try:
            _write(unfinished, video, info, Appearances(tracks, faces, cuts_ms), listener, with_sound=info.has_audio)
        except av.FFmpegError:
            if not info.has_audio:
                raise
            # A sound track that is too damaged to be carried over must not cost the pictures.
            _write(unfinished, video, info, Appearances(tracks, faces, cuts_ms), listener, with_sound=False)
        unfinished.replace(output)
    finally:
        unfinished.unlink(missing_ok=True)


def _write(
    path: Path, video: str | os.PathLike[str], info: VideoInfo, appearances: Appearances, progress: Progress, *, with_sound: bool
) -> None:
    progress.stage("annotate", info.frame_count)
    # Drawn one after the other, but in a thread of its own, while other threads decode what follows and encode what came before.
    drawn = ordered_map(
        _shown(read_frames(video, info), info),
        lambda: _Artist(info, appearances),
        workers=1,
        in_flight=_IN_FLIGHT,
        stall_seconds=STALL_SECONDS,
    )
    with av.open(str(path), "w", format="mp4", container_options={"movflags": "+faststart"}) as container, closing(drawn) as pictures:
        track = container.add_stream("libx264", rate=Fraction(info.frame_rate).limit_denominator(1001), options=_ENCODER)
        track.codec_context.thread_type = ThreadType.FRAME
        sound = SoundTrack(video, info, container) if with_sound else None
        for done, (frame, picture) in enumerate(pictures, 1):
            if done == 1:
                _describe(track, info, frame.picture)
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


def _describe(track: VideoStream, info: VideoInfo, decoded: VideoFrame) -> None:
    """Tell the encoder what the pictures are like."""
    encoder = track.codec_context
    track.width, track.height = info.width + info.width % 2, info.height + info.height % 2
    track.pix_fmt = "yuv420p"
    encoder.time_base = info.time_base
    encoder.flags |= Flags.frame_duration
    encoder.color_range = ColorRange.MPEG
    encoder.colorspace = decoded.colorspace if decoded.colorspace in (*_COLOR_MATRICES, 5, 6) else _UNSPECIFIED
    encoder.color_primaries, encoder.color_trc = decoded.color_primaries, decoded.color_trc


class _Artist:
    """From decoded pictures to pixels, which are drawn on, and back to pictures for the encoder, with the colors as they were."""

    def __init__(self, info: VideoInfo, appearances: Appearances) -> None:
        self._info = info
        self._appearances = appearances
        self._painter = Painter(info.width, info.height)
        self._scaler = Scaler(info)
        self._reformatter = VideoReformatter()
        self._matrix: Colorspace | None = None

    def __call__(self, shown: tuple[Frame, int, int]) -> tuple[Frame, VideoFrame]:
        """The frame as it was, and as the encoder gets it."""
        frame, pts, duration = shown
        if self._matrix is None:  # that of the first picture holds for all
            self._matrix = _COLOR_MATRICES.get(frame.picture.colorspace, Colorspace.DEFAULT)
        pixels = self._scaler.rgb(frame, self._info.width, self._info.height)
        self._painter.draw(pixels, [*self._appearances.at(frame.time_ms)])
        picture = self._picture(pixels, self._matrix)
        picture.pts, picture.duration, picture.time_base = pts, duration, self._info.time_base
        return frame, picture

    def _picture(self, pixels: Pixels, matrix: Colorspace) -> VideoFrame:
        """A picture for the encoder, which wants even sides: the last row and column are shown twice if need be."""
        height, width = pixels.shape[:2]
        if height % 2 or width % 2:
            pixels = np.asarray(cv2.copyMakeBorder(pixels, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE), np.uint8)
        picture = VideoFrame.from_numpy_buffer(np.ascontiguousarray(pixels), "rgb24")
        return self._reformatter.reformat(
            picture,
            format="yuv420p",
            dst_colorspace=matrix,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.AREA,
            threads=1,
        )
