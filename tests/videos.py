"""Long videos, made quickly."""

from __future__ import annotations

from pathlib import Path

import av

__all__ = ["repeat"]


def repeat(source: Path, target: Path, times: int) -> None:
    """The packets of a video again and again, later each time; nothing is decoded."""
    with av.open(str(target), "w") as output:
        stream, shift = None, 0
        for _ in range(times):
            with av.open(str(source)) as opened:
                video = opened.streams.video[0]
                stream = stream or output.add_stream_from_template(video)
                for packet in opened.demux(video):
                    if packet.dts is None or packet.pts is None:
                        continue
                    packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, stream
                    output.mux(packet)
                shift += video.duration or 0
