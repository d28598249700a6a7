"""A JPEG or PNG file taken apart, without decoding any pixel: its size, which way is up, and the parts that its pixels need.

Metadata never reaches a decoder: profiles, comments, thumbnails and compressed texts are where broken and hostile files hide things.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Literal, NamedTuple

from trackway.errors import InvalidImage

__all__ = ["PictureFile", "take_apart"]

_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_KNOWN = (
    (b"GIF8", "a GIF picture"),
    (b"RIFF", "a WebP picture or another RIFF file"),
    (b"BM", "a BMP picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"<", "a markup document"),
)

_FRAME_HEADERS = frozenset((*range(0xC0, 0xD0),)) - {0xC4, 0xC8, 0xCC}
_START_OF_SCAN, _APP1, _EXIF = 0xDA, 0xE1, b"Exif\0\0"
_BARE = frozenset((0x00, 0x01, *range(0xD0, 0xD9)))
"""JPEG markers without a length."""
_METADATA = frozenset((*range(0xE1, 0xEE), 0xEF, 0xFE))
"""JPEG segments that say nothing about the decoding: all application data but JFIF's and Adobe's, and comments."""

_MARKER = re.compile(rb"\xff([^\xff])", re.DOTALL)

_ORIENTATION = 0x0112

_MOST_PARTS = 100_000
"""Segments or chunks of a file; a photograph has some dozens, and few programs write more than thousands."""


class PictureFile(NamedTuple):
    """What the file's headers say.

    Attributes:
        format: by content.
        width, height: pixels as stored.
        orientation: 1 to 8, as EXIF numbers the ways a stored picture is shown; 1 where nothing, or nonsense, is said.
        pixels: the same file without metadata.
    """

    format: Literal["JPEG", "PNG"]
    width: int
    height: int
    orientation: int
    pixels: bytes


def take_apart(content: bytes) -> PictureFile:
    """Reads the headers of a whole file.

    Raises:
        InvalidImage: neither JPEG nor PNG by content, animated, broken before its pixels begin, or without its end.
    """
    if content.startswith(_JPEG):
        return _jpeg(content)
    if content.startswith(_PNG):
        return _png(content)
    raise InvalidImage(f"Invalid image format: expected a JPEG or PNG picture, found {_what(content)}.")


def _what(content: bytes) -> str:
    if not content:
        return "no bytes at all"
    if not content.strip(b"\0"):
        return "nothing but zero bytes"
    return next((name for start, name in _KNOWN if content.startswith(start)), "something else")


def _jpeg(content: bytes) -> PictureFile:
    kept, size, orientation = [content[:2]], (0, 0), 1
    for marker, start, end in _segments(content):
        body = content[start + 4 : end]
        if marker in _FRAME_HEADERS:
            if len(body) < 6:
                raise _broken("JPEG")
            height, width = struct.unpack_from(">HH", body, 1)
            size = width, height
        if marker == _APP1 and body.startswith(_EXIF):
            orientation = _orientation(body[len(_EXIF) :])
        if marker not in _METADATA:
            kept.append(content[start:end])
    if not all(size):
        raise InvalidImage(f"Invalid image format: the JPEG picture says that it is {size[0]} x {size[1]} pixels large.")
    return PictureFile("JPEG", *size, orientation, b"".join(kept))


def _segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, first byte and end of each segment; the last one is the first scan, with everything that follows it."""
    at = 2
    for _ in range(_MOST_PARTS):
        found = _MARKER.search(content, at)
        if found is None or found.end() + 2 > len(content):
            raise _truncated("JPEG")
        start, marker, length = found.end() - 2, found[1][0], int.from_bytes(content[found.end() : found.end() + 2], "big")
        if marker == _START_OF_SCAN:
            yield marker, start, len(content)
            return
        at = found.end()
        if marker in _BARE:
            continue
        at += length
        if length < 2:
            raise _broken("JPEG")
        if at > len(content):
            raise _truncated("JPEG")
        yield marker, start, at
    raise _broken("JPEG")


def _png(content: bytes) -> PictureFile:
    kept, size, orientation, depth = [_PNG], (0, 0), 1, 8
    at = len(_PNG)
    for _ in range(_MOST_PARTS):
        kind, length = content[at + 4 : at + 8], int.from_bytes(content[at : at + 4], "big")
        end = at + 12 + length
        if end > len(content):
            raise _truncated("PNG")
        body = content[at + 8 : end - 4]
        if len(kept) == 1 and (kind != b"IHDR" or length != 13):
            raise _broken("PNG")
        if kind == b"IHDR":
            width, height, depth = struct.unpack_from(">IIB", body)
            size = width, height
        elif kind == b"acTL" and int.from_bytes(body[:4], "big") > 1:
            raise InvalidImage("Invalid image format: the PNG picture is animated; send a single frame of it as a JPEG or PNG picture.")
        elif kind == b"eXIf":
            orientation = _orientation(body)
        if kind[:1].isupper() or (kind == b"tRNS" and depth <= 8):
            kept.append(content[at:end])
        if kind == b"IEND":
            break
        at = end
    else:
        raise _broken("PNG")
    if not all(size):
        raise InvalidImage(f"Invalid image format: the PNG picture says that it is {size[0]} x {size[1]} pixels large.")
    return PictureFile("PNG", *size, orientation, b"".join(kept))


def _orientation(exif: bytes) -> int:
    """The tag of the first directory of a TIFF header; 1 where that cannot be read."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return 1
    try:
        (at,) = struct.unpack_from(f"{order}I", exif, 4)
        (entries,) = struct.unpack_from(f"{order}H", exif, at)
        for entry in range(entries):
            tag, kind, count, value = struct.unpack_from(f"{order}HHIH", exif, at + 2 + 12 * entry)
            if tag == _ORIENTATION:
                return value if (kind, count) == (3, 1) and 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1


def _truncated(kind: str) -> InvalidImage:
    return InvalidImage(f"Invalid image format: the {kind} picture ends too early; send the whole file.")


def _broken(kind: str) -> InvalidImage:
    return InvalidImage(f"Invalid image format: the headers of the {kind} picture are broken.")
