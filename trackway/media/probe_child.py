"""The child process that looks into an untrusted video: `python -m trackway.media.probe_child PATH DEMUXER LIMITS`.

It bounds its own memory and time, opens the file, decodes until the first picture, walks over all packets, writes one
msgpack `Listing` or `Refusal` to standard output, and imports as little as possible because every job waits for it.
"""

from __future__ import annotations

import contextlib
import math
import re
import resource
import sys
from array import array
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import cast

import av
import av.logging
import msgspec
from av.audio.codeccontext import AudioCodecContext
from av.buffer import Buffer
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from trackway.errors import CorruptMedia, MediaError, MediaTooLarge, NoVideoStream, UnsupportedMedia, VideoTooLong
from trackway.media.container import bound_decoder, check_size, decoded, open_container, packets
from trackway.media.limits import MediaLimits

__all__ = ["Listing", "Refusal", "bound_process", "look"]


class Listing(msgspec.Struct, frozen=True, tag=True):
    """What the child found out.

    Attributes:
        codec, format, stream, has_audio: as in `VideoInfo`.
        width, height: pixels of the first picture as decoded.
        matrix: the nine numbers of the display matrix, or none.
        color_range: FFmpeg's number: 1 limited, 2 full.
        nominal_rate: frames per second that the header declares, as numerator and denominator; 0 where it does not.
        reorders: the decoder puts pictures out in another order than they are stored.
        time_base: numerator and denominator of one tick in seconds.
        first_pts: presentation time of the first picture, None without one.
        decode_times_fall: the decode times run backwards somewhere.
        pts, is_key: presentation time (int64, native order) and key flag of each packet that has a time, in file order.
        last_duration: ticks that the packet shown last is shown.
        untimed: packets without a presentation time.
    """

    codec: str
    format: str
    stream: int
    has_audio: bool
    width: int
    height: int
    matrix: tuple[int, ...]
    color_range: int
    nominal_rate: tuple[int, int]
    reorders: bool
    time_base: tuple[int, int]
    first_pts: int | None
    decode_times_fall: bool
    pts: bytes
    is_key: bytes
    last_duration: int
    untimed: int


class Refusal(msgspec.Struct, frozen=True, tag=True):
    """Why the child refuses the file: the name of an error class of `trackway.errors`, and its message."""

    error: str
    message: str


def look(path: str, demuxer: str, limits: MediaLimits) -> Listing:
    """List the pictures of a video.

    Raises:
        MediaError: it cannot be processed; the message says why.
    """
    with av.logging.Capture() as log:
        try:
            container = open_container(path, demuxer, limits)
        except MemoryError as error:
            raise MediaTooLarge(f"Opening the video takes more than {limits.probe_memory_bytes >> 20} MB of memory.") from error
        except av.FFmpegError as error:
            reasons = [line for level, _, line in log if level <= av.logging.ERROR]
            raise _unreadable(demuxer, reasons[0] if reasons else str(error.strerror)) from error
        with container:
            stream = _video_stream(container, "".join(line for _, _, line in log), limits)
            bound_decoder(stream, limits, threads=1)
            return _walk(container, stream, limits)


def _unreadable(demuxer: str, reason: str) -> MediaError:
    """The error for a file that FFmpeg does not open, from what it logged first."""
    if "moov atom not found" in reason:
        return CorruptMedia("The video is cut off or was never finished: its index (the MP4 'moov' box) is missing.")
    if "encryption" in reason:
        return _encrypted()
    readable = re.sub(r"[^\x20-\x7e]+", " ", reason)[:160].strip(" .")
    return CorruptMedia(f"The video is damaged and cannot be opened as {demuxer} ({readable}).")


def _encrypted() -> UnsupportedMedia:
    return UnsupportedMedia("Unsupported codec/format. Expected readable pictures; found encrypted ones (DRM). Upload it unprotected.")


def _video_stream(container: InputContainer, log: str, limits: MediaLimits) -> VideoStream:
    """The first real picture track; cover art is none."""
    if len(container.streams) > limits.max_streams:
        raise MediaTooLarge(f"The file has {len(container.streams)} tracks; at most {limits.max_streams} are accepted.")
    tracks = [track for track in container.streams.video if not track.disposition & Disposition.attached_pic]
    if not tracks:
        found = ", ".join(sorted({track.type for track in container.streams})) or "no track at all"
        raise NoVideoStream(f"The file opens but holds no video track; found {found}.")
    if cast("VideoCodecContext | None", tracks[0].codec_context) is None:
        fourcc = re.search(r"\(Video: \w+ \(([\x20-\x7e]{4}) /", log)
        found = f"the codec {fourcc[1]!r}" if fourcc else "an unknown codec"
        raise UnsupportedMedia(f"Unsupported codec/format. Expected a common video codec such as H.264, HEVC, VP9 or AV1; found {found}.")
    return tracks[0]


class _PacketTimes:
    """What the packets say about time, collected in one pass."""

    def __init__(self, time_base: Fraction | None) -> None:
        self.pts, self.is_key, self.untimed = array("q"), bytearray(), 0
        self.last_duration = 0
        self.decode_times_fall = False
        self._second = math.ceil(1 / (time_base or 1))
        self._last_pts = self._last_dts = -(2**63)
        self._cut_off = False

    def __len__(self) -> int:
        return len(self.pts) + self.untimed

    def add(self, packet: Packet[VideoStream]) -> None:
        self._cut_off = packet.is_corrupt
        if packet.dts is not None:
            self.decode_times_fall |= self._last_dts - packet.dts > self._second
            self._last_dts = packet.dts
        if packet.pts is None:
            self.untimed += 1
            return
        self.pts.append(packet.pts)
        self.is_key.append(packet.is_keyframe)
        if packet.pts > self._last_pts:
            self._last_pts, self.last_duration = packet.pts, packet.duration or 0

    def since(self, pts: int) -> int:
        """Ticks from `pts` to the last picture."""
        return self._last_pts - pts

    def drop_cut_off(self) -> None:
        """Forget the last picture if the end of the file cuts through it."""
        if self._cut_off and len(self.pts) > 1:
            del self.pts[-1], self.is_key[-1]


def _walk(container: InputContainer, stream: VideoStream, limits: MediaLimits) -> Listing:
    """Decode until the first picture, and note the times of all."""
    picture: VideoFrame | None = None
    times = _PacketTimes(stream.time_base)
    longest = limits.max_duration_ms / 1000 / (stream.time_base or 1)
    for packet in packets(stream):
        if picture is None:
            if packet.has_sidedata("encryption_info"):
                raise _encrypted()
            picture = next(iter(decoded(stream, packet)), None)
        if not packet.is_discard:
            times.add(packet)
        if len(times) > limits.max_frames:
            raise MediaTooLarge(f"The video has more than {limits.max_frames:,} frames, the most that are accepted.")
        if picture is not None and picture.pts is not None and times.since(picture.pts) > longest:
            raise VideoTooLong(f"The video is longer than {limits.max_duration_ms / 3600_000:g} hours, the most that is accepted.")
    picture = picture or next(iter(decoded(stream, None)), None)
    if picture is None:
        raise CorruptMedia(f"The video opens but none of its {len(times)} frames can be decoded; it is damaged or encrypted.")
    check_size(picture.width, picture.height, limits)
    times.drop_cut_off()
    return Listing(
        codec=stream.codec_context.codec.canonical_name,
        format=container.format.long_name,
        stream=stream.index,
        has_audio=any(cast("AudioCodecContext | None", track.codec_context) is not None for track in container.streams.audio),
        width=picture.width,
        height=picture.height,
        matrix=_display_matrix(picture),
        color_range=2 if picture.format.name.startswith("yuvj") else picture.color_range,
        nominal_rate=_ratio(stream.guessed_rate or stream.average_rate),
        reorders=stream.codec_context.reorder_depth > 0,
        time_base=_ratio(stream.time_base),
        first_pts=picture.pts,
        decode_times_fall=times.decode_times_fall,
        pts=times.pts.tobytes(),
        is_key=bytes(times.is_key),
        last_duration=times.last_duration,
        untimed=times.untimed,
    )


def _display_matrix(picture: VideoFrame) -> tuple[int, ...]:
    try:
        side_data = cast("Mapping[str, Buffer]", picture.side_data)
        return tuple(array("i", bytes(side_data["DISPLAYMATRIX"])))
    except KeyError:
        return ()
    except ValueError:  # PyAV does not know the type of some other side data, and lists none
        quarter = round(-picture.rotation / 90) % 4
        cosine, sine = ((1, 0), (0, 1), (-1, 0), (0, -1))[quarter]
        return cosine, sine, 0, -sine, cosine, 0, 0, 0, 1


def _ratio(value: Fraction | None) -> tuple[int, int]:
    return (value.numerator, value.denominator) if value else (0, 1)


def bound_process(limits: MediaLimits) -> None:
    """Give up memory, time, and the right to write files or to open many: for good, and for this whole process."""
    seconds = math.ceil(limits.probe_seconds)
    for kind, most in (
        (resource.RLIMIT_AS, limits.probe_memory_bytes),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 16),
    ):
        hard = resource.getrlimit(kind)[1]
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(ValueError):  # macOS knows RLIMIT_AS but refuses to set it
            resource.setrlimit(kind, (bound, bound))


def main(arguments: list[str], write: Callable[[bytes], object]) -> None:
    """Look at one file and write the answer."""
    path, demuxer, encoded_limits = arguments
    limits = msgspec.json.decode(encoded_limits, type=MediaLimits)
    bound_process(limits)
    av.logging.set_level(av.logging.WARNING)
    answer: Listing | Refusal
    try:
        answer = look(path, demuxer, limits)
    except MediaError as error:
        answer = Refusal(type(error).__name__, str(error))
    write(msgspec.msgpack.encode(answer))


if __name__ == "__main__":
    main(sys.argv[1:], sys.stdout.buffer.write)
