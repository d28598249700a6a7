"""Carrying the sound of a video over into another file: untouched where MP4 takes it, else as AAC."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from fractions import Fraction
from typing import TypeAlias, cast

import av
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet

from trackway.media.container import open_container, packets
from trackway.media.limits import DEFAULT_LIMITS
from trackway.media.video import VideoInfo

__all__ = ["SoundTrack"]

_COPIED = frozenset(("aac", "mp3", "ac3", "eac3", "alac", "opus"))
_AAC_RATES = frozenset((8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000))

Packets: TypeAlias = "Iterator[Packet[AudioStream]]"


class SoundTrack:
    """The first sound track of a video, written piece by piece beside the pictures; damaged places fall silent."""

    def __init__(self, path: str | os.PathLike[str], info: VideoInfo, output: OutputContainer) -> None:
        """Add to `output` a track for the sound of the video at `path`, which must have some.

        Raises:
            av.FFmpegError: the sound can neither be copied nor encoded.
        """
        self._source = open_container(path, info.demuxer, DEFAULT_LIMITS)
        self._output = output
        source = next(track for track in self._source.streams.audio if cast("object | None", track.codec_context) is not None)
        start = info.start_pts * info.time_base if info.timed else Fraction(0)
        if source.codec_context.codec.canonical_name in _COPIED:
            self._track = output.add_stream_from_template(source)
            self._packets = _copied(source, start)
        else:
            rate = source.sample_rate if source.sample_rate in _AAC_RATES else 48_000
            self._track = output.add_stream("aac", rate=rate, layout="mono" if source.channels == 1 else "stereo")
            self._packets = _transcoded(source, start, self._track)
        self._next = next(self._packets, None)

    def write_until(self, seconds: float) -> None:
        """Write what begins before `seconds` after the first picture."""
        while self._next is not None and (self._next.pts or 0) * self._next.time_base < seconds:
            self._next.stream = self._track
            self._output.mux(self._next)
            self._next = next(self._packets, None)

    def finish(self) -> None:
        """Write the rest."""
        self.write_until(math.inf)
        self._source.close()


def _copied(source: AudioStream, start: Fraction) -> Packets:
    """The packets as they are, on the clock of the pictures; what is heard before the first picture is left out."""
    for packet in packets(source):
        shift = round(start / packet.time_base)
        if packet.pts is not None and packet.pts >= shift:
            packet.pts -= shift
            packet.dts = packet.pts
            yield packet


def _transcoded(source: AudioStream, start: Fraction, track: AudioStream) -> Packets:
    """The sound encoded anew; gaps in it become silence."""

    def fresh() -> AudioResampler:
        return AudioResampler(track.format, track.layout, track.rate, options={"async": "1"})

    resampler = fresh()
    form: tuple[str, str, int] | None = None
    shift = round(start / source.time_base) if source.time_base else 0
    for packet in packets(source):
        try:
            heard = source.codec_context.decode(packet)
        except av.FFmpegError:
            continue
        for frame in heard:
            if frame.pts is not None and frame.pts >= shift:
                frame.pts -= shift
                before, form = form, (frame.format.name, frame.layout.name, frame.sample_rate)
                if before not in (None, form):  # broadcasts go from stereo to mono and back; a resampler does not
                    for piece in resampler.resample(None):
                        yield from track.encode(piece)
                    resampler = fresh()
                for piece in resampler.resample(frame):
                    yield from track.encode(piece)
    for piece in resampler.resample(None):
        yield from track.encode(piece)
    yield from track.encode(None)
