"""A clip of our own with exactly known truth: two people walk and cross, one covering the other; one leaves and comes back."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Mapping
from fractions import Fraction
from typing import cast

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from trackway.media.sample_scene import Scene, Seen
from trackway.media.video import Rotation

__all__ = ["SampleTruth", "make_sample"]

_FINE_TICK = Fraction(1, 90_000)
_SOUND_RATE = 48_000
_CHORD_HZ = (220.0, 277.18, 329.63)


@dataclasses.dataclass(frozen=True, eq=False)
class SampleTruth:
    """What is to be seen in a sample clip: one row per frame and person of whom any part shows.

    Attributes:
        frame_ms: (F,) int64 time of every frame of the clip, milliseconds from the first.
        frame: (N,) int64 frame number.
        time_ms: (N,) int64 milliseconds from the first frame.
        person: (N,) int64, 0 for Collins, who walks in front, and 1 for Hopper.
        box: (N, 4) float32 left, top, width, height of the whole body as ratios of the upright picture, which it may leave.
        face_box: (N, 4) float32 the same of the face, about as a detector draws it.
        visible: (N,) float32 share of the body that is inside the picture and not covered, 0..1.
    """

    frame_ms: npt.NDArray[np.int64]
    frame: npt.NDArray[np.int64]
    time_ms: npt.NDArray[np.int64]
    person: npt.NDArray[np.int64]
    box: npt.NDArray[np.float32]
    face_box: npt.NDArray[np.float32]
    visible: npt.NDArray[np.float32]


def make_sample(
    path: str | os.PathLike[str],
    *,
    seconds: float = 10.0,
    fps: float = 25.0,
    size: tuple[int, int] = (720, 540),
    seed: int = 0,
    rotation: Rotation = 0,
    variable_rate: bool = False,
    start_ms: int = 0,
    audio: str | None = None,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    key_frame_interval: int = 50,
    codec_options: Mapping[str, str] | None = None,
    container_options: Mapping[str, str] | None = None,
) -> SampleTruth:
    """Write the clip; the same arguments give the same pictures.

    Args:
        path: file to write; its suffix names the container.
        seconds: length; people walk the same way, faster in a shorter clip.
        fps: frames per second, on average where the rate varies.
        size: width and height of the upright picture; even numbers for most codecs.
        seed: varies gait and pace a little.
        rotation: store the picture turned, with a display matrix that has players turn it clockwise by this much.
        variable_rate: show frames for one, two or three shares of time at random.
        start_ms: presentation time of the first frame.
        audio: FFmpeg's name of the encoder of a sound track (a quiet chord), such as "aac"; silent when None.
        codec: FFmpeg's name of the video encoder.
        pixel_format: FFmpeg's name of the form in which pixels are stored.
        key_frame_interval: frames from one key frame to the next, at most.
        codec_options, container_options: further options of FFmpeg's encoder and muxer.

    Raises:
        FileError: the packages with the photographs (scikit-image, matplotlib) are not installed.
    """
    rng = np.random.default_rng(seed)
    rate = Fraction(fps).limit_denominator(1001)
    tick = _FINE_TICK if variable_rate else 1 / rate
    ticks, end = _times(round(seconds * rate), 1 / rate / tick, rng if variable_rate else None)
    scene = Scene(size, rng)
    seen: list[list[Seen]] = []
    with av.open(os.fspath(path), "w", container_options=dict(container_options or {"movflags": "+faststart"})) as container:
        quick = {"preset": "superfast", "crf": "20"} if codec == "libx264" else {}
        track = cast(VideoStream, container.add_stream(codec, rate=rate, options={**quick, **(codec_options or {})}))
        track.width, track.height = size if rotation in (0, 180) else size[::-1]
        track.pix_fmt = pixel_format
        track.gop_size = key_frame_interval
        track.time_base = track.codec_context.time_base = tick
        if rotation:
            track.set_display_rotation(-rotation)
        sound = _Sound(container, audio) if audio else None
        for at in ticks:
            pixels, people = scene.show(at / end)
            seen.append(people)
            picture = VideoFrame.from_ndarray(np.ascontiguousarray(np.rot90(pixels, rotation // 90)), "rgb24")
            picture.pts, picture.time_base = at + round(Fraction(start_ms, 1000) / tick), tick
            container.mux(track.encode(picture))
            if sound:
                sound.play_until(at * tick)
        container.mux(track.encode(None))
        if sound:
            sound.play_until(end * tick)
            sound.stop()
    return _truth(np.array([math.floor(1000 * at * tick + Fraction(1, 2)) for at in ticks], np.int64), seen)


def _times(count: int, step: Fraction, rng: np.random.Generator | None) -> tuple[list[int], int]:
    """When each frame begins, and when the last one ends, in ticks; `step` ticks apart on average."""
    shares = np.ones(count, np.int64) if rng is None else rng.integers(1, 4, count)
    ends = [int(end) for end in np.cumsum(shares)]
    scaled = [round(count * step * end / ends[-1]) for end in (0, *ends)]
    return scaled[:-1], scaled[-1]


def _truth(frame_ms: npt.NDArray[np.int64], seen: list[list[Seen]]) -> SampleTruth:
    rows = [(frame, row) for frame, people in enumerate(seen) for row in people]
    frame = np.array([frame for frame, _ in rows], np.int64)
    return SampleTruth(
        frame_ms=frame_ms,
        frame=frame,
        time_ms=frame_ms[frame],
        person=np.array([row.person for _, row in rows], np.int64),
        box=np.array([row.box for _, row in rows], np.float32).reshape(-1, 4),
        face_box=np.array([row.face_box for _, row in rows], np.float32).reshape(-1, 4),
        visible=np.array([row.visible for _, row in rows], np.float32),
    )


class _Sound:
    """A quiet chord as the sound track."""

    def __init__(self, container: OutputContainer, codec: str) -> None:
        self._container = container
        self._track = cast(AudioStream, container.add_stream(codec, rate=_SOUND_RATE, layout="mono"))
        self._played = 0

    def play_until(self, seconds: Fraction) -> None:
        count = int(seconds * _SOUND_RATE) - self._played
        if count <= 0:
            return
        at = np.arange(self._played, self._played + count) / _SOUND_RATE
        wave = 0.05 * np.sin(2 * math.pi * np.outer(_CHORD_HZ, at)).sum(axis=0)
        frame = AudioFrame.from_ndarray(wave.astype(np.float32)[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = _SOUND_RATE, self._played, Fraction(1, _SOUND_RATE)
        self._container.mux(self._track.encode(frame))
        self._played += count

    def stop(self) -> None:
        self._container.mux(self._track.encode(None))
