"""Decoding on the GPU's own decoder (NVDEC), which leaves the processor to scaling and association.

Pictures come back to the processor's memory, with the numbers, times and pixels that software gives. FFmpeg and PyAV fall back to software
on their own, some of it in silence: without a device, without a hardware decoder for the codec (AV1 is given to libdav1d), and without one
for the stream's profile or pixel format. Here each video's first picture shows what was used, and somebody is told.
"""

from __future__ import annotations

import dataclasses
import logging
import os
from collections.abc import Callable
from typing import Literal

import av
import msgspec
from av.codec.hwaccel import HWAccel, hwdevices_available
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from trackway.media.container import open_container
from trackway.media.frame import Frame
from trackway.media.limits import MediaLimits

__all__ = ["DecoderReport", "Decoding", "Hardware", "HardwareDecode"]

HardwareDecode = Literal["auto", "off"]
"""Whether the GPU's decoder is used where models run on a GPU."""

_PLANAR = {
    "nv12": "yuv420p",
    "nv16": "yuv422p",
    "p010le": "yuv420p10le",
    "p012le": "yuv420p12le",
    "p210le": "yuv422p10le",
    "p212le": "yuv422p12le",
}
"""Forms of pictures that come from NVDEC and from no software decoder, and what software gives instead. 4:4:4 looks alike from both and is
reported as software's."""

_logger = logging.getLogger(__name__)


class DecoderReport(msgspec.Struct, frozen=True, rename="camel"):
    """What decoded a video.

    Attributes:
        requested: the device asked for.
        used: that device, or "cpu".
        reason: why the processor decodes instead; empty where the device does.
    """

    requested: str
    used: str
    reason: str = ""


def _log(report: DecoderReport) -> None:
    if report.reason:
        _logger.warning("video is decoded on the processor, not by %s: %s", report.requested, report.reason)
    else:
        _logger.info("video is decoded by %s", report.used)


@dataclasses.dataclass(frozen=True)
class Hardware:
    """A device that decodes where it can.

    Attributes:
        device: FFmpeg's name of its kind.
        tell: hears of each video, at its first picture, what decodes it.
    """

    device: str = "cuda"
    tell: Callable[[DecoderReport], None] = _log


class Decoding:
    """One video on its way through the device, or through software where that is how it must be.

    Args:
        hardware: None decodes in software, and nobody is told.
    """

    def __init__(self, hardware: Hardware | None) -> None:
        self._hardware = hardware
        self._refusal = ""
        self._reformatter = VideoReformatter()

    def open(self, path: str | os.PathLike[str], demuxer: str, limits: MediaLimits) -> InputContainer:
        """A container whose pictures the device decodes; software where the device cannot be opened.

        Raises:
            av.FFmpegError: FFmpeg cannot open it in software either.
        """
        if self._hardware is None:
            return open_container(path, demuxer, limits)
        device, known = self._hardware.device, hwdevices_available()
        if device in known:
            try:
                return open_container(path, demuxer, limits, HWAccel(device, allow_software_fallback=True))
            except av.FFmpegError as error:
                self._refusal = f"the device cannot be opened ({error.strerror})"
        else:
            self._refusal = f"this FFmpeg knows no such device, only {', '.join(known)}"
        return open_container(path, demuxer, limits)  # raises again where it is the file's fault

    def as_software(self, frame: Frame) -> Frame:
        """The frame with its samples in the order that software gives. Scaled from NVDEC's, chroma would round to other values."""
        form = _PLANAR.get(frame.picture.format.name) if self._hardware is not None else None
        if form is None:
            return frame
        return dataclasses.replace(frame, picture=self._reformatter.reformat(frame.picture, format=form, threads=1))

    def begun(self, stream: VideoStream, picture: VideoFrame) -> None:
        """Tell what decoded the first picture, as its form shows."""
        if self._hardware is None:
            return
        device, context = self._hardware.device, stream.codec_context
        reason = self._refusal
        if not reason and not context.is_hwaccel:
            reason = f"FFmpeg's decoder {context.codec.name} has no variant for it"
        elif not reason and picture.format.name not in _PLANAR:
            reason = f"it does not take this stream ({context.codec.name}, {picture.format.name})"
        self._hardware.tell(DecoderReport(device, "cpu" if reason else device, reason))
