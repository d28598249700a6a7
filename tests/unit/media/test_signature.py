"""Containers are told by their bytes; everything else is refused by name before FFmpeg sees it."""

from __future__ import annotations

import pytest

from tests.unit.media.conftest import MakeClip
from trackway.errors import UnsupportedMedia
from trackway.media.signature import HEAD_BYTES, demuxer_of

TS_PACKET = b"\x47" + bytes(187)


@pytest.mark.parametrize(
    ("head", "demuxer"),
    [
        (b"\0\0\0\x20ftypisom", "mov"),
        (b"\0\0\0\x08wide\0\0\0\0mdat", "mov"),
        (b"\x1a\x45\xdf\xa3\x93\x42", "matroska"),
        (b"RIFF\x10\0\0\0AVI LIST", "avi"),
        (TS_PACKET * 5, "mpegts"),
        (b"\x01\xff\x10" + TS_PACKET * 5, "mpegts"),
        ((b"\0\0\0\0" + TS_PACKET) * 4, "mpegts"),
        (b"FLV\x01\x05\0\0\0\x09", "flv"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9", "asf"),
        (b"OggS\0\x02", "ogg"),
        (b"DKIF\0\0\x20\0", "ivf"),
        (b"\0\0\x01\xba\x44", "mpeg"),
        (b"\0\0\x01\xb3\x16", "mpegvideo"),
        (b"\0\0\x01\xb0\x01\0\0\x01\xb5", "m4v"),
        (b"\0\0\0\x01\x67\x64\x00\x1f", "h264"),
        (b"\0\0\0\x01\x09\xf0\0\0\0\x01\x67", "h264"),
        (b"\0\0\x01\x40\x01\x0c\x01", "hevc"),
    ],
)
def test_a_container_is_known_by_its_first_bytes(head: bytes, demuxer: str) -> None:
    assert demuxer_of(head) == demuxer


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"#EXTM3U\n#EXT-X-VERSION:3\n", "an HLS playlist"),
        (b"\xef\xbb\xbf#EXTM3U\n", "an HLS playlist"),
        (b"\n \t#extm3u\n", "an HLS playlist"),
        (b"ffconcat version 1.0\nfile x.mp4\n", "a concat playlist"),
        (b"file '/etc/passwd'\n", "a concat playlist"),
        (b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n", "a session description"),
        (b'<?xml version="1.0"?>\n<MPD type="static">', "a DASH manifest"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"just some words\n", "plain text"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG picture"),
        (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "WAV sound"),
        (b"ID3\x04\0", "MP3 sound"),
        (b"PK\x03\x04\x14\0", "a ZIP archive"),
        (bytes(64), "nothing but zero bytes"),
        (b"\x01\x02\x03\x04\x05\x06\x07\x08\x09", "begins with the bytes 01 02 03 04 05 06 07 08"),
    ],
)
def test_anything_else_is_refused_by_name(head: bytes, found: str) -> None:
    """SPEC R48, B.2: the recorded text first, then what was found."""
    with pytest.raises(UnsupportedMedia) as caught:
        demuxer_of(head)
    assert str(caught.value).startswith("Unsupported codec/format. Expected MP4")
    assert found in str(caught.value)


@pytest.mark.parametrize(("suffix", "demuxer"), [("mp4", "mov"), ("mov", "mov"), ("mkv", "matroska"), ("ts", "mpegts"), ("flv", "flv")])
def test_what_our_own_muxers_write_is_known(make_clip: MakeClip, suffix: str, demuxer: str) -> None:
    assert demuxer_of(make_clip(suffix).path.read_bytes()[:HEAD_BYTES]) == demuxer
