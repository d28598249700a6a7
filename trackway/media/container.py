"""Opening an untrusted video file with FFmpeg, the one way in which Trackway does it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar, cast

import av
from av.audio.stream import AudioStream
from av.codec.hwaccel import HWAccel
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from trackway.errors import CorruptMedia, MediaTooLarge, UnsupportedMedia
from trackway.media.limits import MediaLimits

__all__ = ["bound_decoder", "check_size", "decoded", "open_container", "packets"]

Track = TypeVar("Track", VideoStream, AudioStream)

_PATIENCE = 256
"""Failed reads in a row after which the rest of a file is given up."""

_CODECS = frozenset(
    (
        *("h264", "hevc", "vvc", "av1", "vp8", "vp9", "vp6", "vp6f", "theora"),
        *("mpeg1video", "mpeg2video", "mpeg4", "msmpeg4v1", "msmpeg4v2", "msmpeg4v3", "h261", "h263", "flv1"),
        *("wmv1", "wmv2", "wmv3", "vc1", "mjpeg", "prores", "dnxhd", "dvvideo", "cinepak", "svq1", "svq3"),
        *("ffv1", "huffyuv", "ffvhuff", "utvideo", "rawvideo"),
    )
)
"""Codecs that are worth their risk: what cameras, phones, editors and browsers write."""


def open_container(path: str | os.PathLike[str], demuxer: str, limits: MediaLimits, accelerator: HWAccel | None = None) -> InputContainer:
    """Open a local file with the demuxer named, and nothing else whatever the file asks for.

    Args:
        path: a regular local file.
        demuxer: FFmpeg's short name of the container, from `demuxer_of`.
        limits: bounds passed on to FFmpeg.
        accelerator: decodes the pictures where it can.

    Raises:
        av.FFmpegError: FFmpeg cannot open it, or not the accelerator.
    """
    options = {
        "protocol_whitelist": "file",
        "enable_drefs": "0",
        "max_streams": str(limits.max_streams),
        "max_pixels": str(limits.max_pixels),
    }
    address = f"file:{Path(path).absolute()}"
    return av.open(address, mode="r", format=demuxer, options=options, metadata_errors="replace", hwaccel=accelerator)


def bound_decoder(stream: VideoStream, limits: MediaLimits, *, threads: int) -> None:
    """Prepare the decoder of `stream`: bounded picture size, bounded threads.

    Raises:
        UnsupportedMedia: no decoder, or one outside the allow-list.
        MediaTooLarge: the header declares a picture beyond the limit.
        CorruptMedia: the decoder does not accept the header.
    """
    codec = stream.codec_context.codec.canonical_name
    if codec not in _CODECS:
        raise UnsupportedMedia(f"Unsupported codec/format. Expected a common video codec such as H.264, HEVC, VP9 or AV1; found {codec}.")
    check_size(stream.codec_context.width, stream.codec_context.height, limits)
    stream.codec_context.options = {"max_pixels": str(limits.max_pixels)}
    stream.codec_context.thread_count = threads
    stream.codec_context.thread_type = "AUTO"
    try:
        stream.codec_context.open(strict=False)
    except av.FFmpegError as error:
        raise CorruptMedia(f"The video's {codec} header is damaged; the decoder does not accept it ({error.strerror}).") from error
    for other in stream.container.streams:
        if other.index != stream.index:
            other.discard = Discard.all


def check_size(width: int, height: int, limits: MediaLimits) -> None:
    """Refuse a picture beyond the limit.

    Raises:
        MediaTooLarge: it is.
    """
    if width * height > limits.max_pixels:
        raise MediaTooLarge(f"The picture is {width} x {height} pixels; at most {limits.max_pixels:,} pixels are accepted.")


def packets(stream: Track) -> Iterator[Packet[Track]]:
    """Packets of one track in file order; damaged places are stepped over.

    Those marked `is_discard` lie outside the edit list: they must be decoded, but are not shown.
    """
    failures = 0
    while failures < _PATIENCE:
        try:
            for packet in cast(InputContainer, stream.container).demux(stream):
                failures = 0
                # An empty packet would end the decoder: AVI stores skipped frames so.
                if packet.size:
                    yield packet
            return
        except av.FFmpegError:
            failures += 1


def decoded(stream: VideoStream, packet: Packet[VideoStream] | None) -> list[VideoFrame]:
    """Pictures that become available with `packet` (None: those still held back); none where the packet is damaged."""
    try:
        return stream.codec_context.decode(packet)
    except av.FFmpegError:
        return []
