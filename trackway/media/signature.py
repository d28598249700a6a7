"""Which container a file is, by its first bytes alone.

FFmpeg is never left to guess: among its guesses are playlists, which open sockets and other files.
"""

from __future__ import annotations

import re

from trackway.errors import UnsupportedMedia

__all__ = ["HEAD_BYTES", "demuxer_of"]

HEAD_BYTES = 4096
"""How much of the file `demuxer_of` wants to see."""

_EXPECTED = "Expected MP4, MOV, MKV, WebM, AVI, MPEG-TS, MPEG-PS, FLV, WMV, Ogg, IVF or a raw H.264, HEVC or MPEG stream"

_CONTAINERS: tuple[tuple[str, re.Pattern[bytes]], ...] = tuple(
    (demuxer, re.compile(pattern, re.DOTALL))
    for demuxer, pattern in (
        ("mov", rb".{4}(?:ftyp|moov|mdat|free|skip|wide|pnot|styp|moof|sidx)"),
        ("matroska", rb"\x1a\x45\xdf\xa3"),
        ("avi", rb"RIFF.{4}AVI[ \x19X]"),
        ("mpegts", rb".{0,191}?\x47.{187}\x47.{187}\x47"),
        ("mpegts", rb".{4}\x47.{191}\x47.{191}\x47"),
        ("flv", rb"FLV\x01"),
        ("asf", rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
        ("ogg", rb"OggS"),
        ("ivf", rb"DKIF"),
        ("mpeg", rb"\0{0,16}\0\0\x01\xba"),
        ("mpegvideo", rb"\0{0,16}\0\0\x01\xb3"),
        ("m4v", rb"\0\0\x01(?:\xb0|\0\0\0\x01\x20)"),
        # Annex B streams begin with parameter sets or an access unit delimiter.
        ("hevc", rb"\0?\0\0\x01[\x40\x42\x46]\x01"),
        ("h264", rb"\0?\0\0\x01[\x06\x09\x27\x47\x67]"),
    )
)

_FOREIGN: tuple[tuple[str, re.Pattern[bytes]], ...] = tuple(
    (what, re.compile(pattern, re.DOTALL | re.IGNORECASE))
    for what, pattern in (
        ("an HLS playlist, which only refers to other files", rb"\s*#EXTM3U"),
        ("a concat playlist, which only refers to other files", rb"\s*ffconcat|\s*file\s+['\"\w./]"),
        ("a session description (SDP), which only refers to a network stream", rb"\s*v=0\s"),
        ("a DASH manifest, which only refers to other files", rb".{0,512}<MPD[\s>]"),
        ("a web page", rb"\s*(?:<!doctype html|<html)"),
        ("an XML document", rb"\s*<\?xml"),
        ("a JPEG picture", rb"\xff\xd8\xff"),
        ("a PNG picture", rb"\x89PNG"),
        ("a GIF picture", rb"GIF8"),
        ("a WebP picture", rb"RIFF.{4}WEBP"),
        ("WAV sound", rb"RIFF.{4}WAVE"),
        ("MP3 sound", rb"ID3|\xff[\xf3\xfb]"),
        ("FLAC sound", rb"fLaC"),
        ("a ZIP archive", rb"PK\x03\x04"),
        ("a gzip archive", rb"\x1f\x8b"),
        ("a PDF document", rb"%PDF"),
        ("plain text", rb"[\t\n\f\r\x20-\x7e\x80-\xff]+\Z"),
        ("nothing but zero bytes", rb"\0+\Z"),
    )
)


def demuxer_of(head: bytes) -> str:
    """FFmpeg's short name of the container whose file begins with `head`.

    Args:
        head: the first `HEAD_BYTES` of the file, or all of a shorter one.

    Raises:
        UnsupportedMedia: the bytes begin no container of the allow-list; the message says what they look like.
    """
    foreign = next((what for what, pattern in _FOREIGN if pattern.match(head.removeprefix(b"\xef\xbb\xbf"))), None)
    if foreign is None:
        for demuxer, pattern in _CONTAINERS:
            if pattern.match(head):
                return demuxer
    found = foreign or f"an unknown format that begins with the bytes {head[:8].hex(' ')}"
    raise UnsupportedMedia(f"Unsupported codec/format. {_EXPECTED}; found {found}.")
