"""Breaking video files on purpose, byte by byte."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator

PARENTS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"moof", b"traf")


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Type, first byte and end of every MP4 box, parents before their children."""
    end = len(data) if end is None else end
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        if size < 8:
            return
        yield kind, start, start + size
        if kind in PARENTS:
            yield from boxes(data, start + 8, start + size)
        start += size


def box(data: bytes, kind: bytes) -> tuple[int, int]:
    """First byte and end of the first box of a kind."""
    return next((start, end) for found, start, end in boxes(data) if found == kind)


def declare_size(data: bytes, width: int, height: int) -> bytes:
    """An MP4 whose track header and sample description both claim another picture size."""
    changed = bytearray(data)
    _, end = box(data, b"tkhd")
    changed[end - 8 : end] = struct.pack(">II", width << 16, height << 16)
    entry = data.index(b"avc1", box(data, b"stsd")[0])
    changed[entry + 28 : entry + 32] = struct.pack(">HH", width, height)
    return bytes(changed)


def declare_sequence(data: bytes, width: int, height: int) -> bytes:
    """An MP4 whose H.264 sequence parameters claim another picture size (multiples of 16)."""
    at = data.index(b"avcC") + 4 + 6
    (length,) = struct.unpack_from(">H", data, at)
    parameters = sequence_parameters(width // 16, height // 16)
    return data[: at + 2] + parameters.ljust(length, b"\0") + data[at + 2 + length :]


def sequence_parameters(width: int, height: int) -> bytes:
    """A baseline H.264 sequence parameter set (ITU-T H.264, 7.3.2.1) of a size in macroblocks."""

    def golomb(value: int) -> str:
        digits = f"{value + 1:b}"
        return "0" * (len(digits) - 1) + digits

    bits = f"{66:08b}{0:08b}{51:08b}" + golomb(0) + golomb(0) + golomb(2) + golomb(1) + "0"
    bits += golomb(width - 1) + golomb(height - 1) + "1100" + "1"
    bits += "0" * (-len(bits) % 8)
    escaped, zeros = bytearray(b"\x67"), 0
    for byte in (int(bits[start : start + 8], 2) for start in range(0, len(bits), 8)):
        if zeros >= 2 and byte <= 3:
            escaped.append(3)
            zeros = 0
        escaped.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(escaped)


def mutant(data: bytes, random: random.Random) -> bytes:
    """The file after one kind of accident."""
    changed = bytearray(data)
    at = random.randrange(len(data))
    match random.choice(("flip", "header", "cut", "lose", "repeat", "blank", "box")):
        case "flip":
            for _ in range(random.randint(1, 40)):
                changed[random.randrange(len(data))] ^= 1 << random.randrange(8)
        case "header":
            for _ in range(random.randint(1, 10)):
                changed[random.randrange(min(len(data), 1500))] = random.choice((0, 127, 128, 255))
        case "cut":
            del changed[at:]
        case "lose":
            del changed[at : at + random.randint(1, 300)]
        case "repeat":
            changed[at:at] = changed[at : at + random.randint(1, 3000)]
        case "blank":
            changed[at : at + random.randint(1, 2000)] = bytes(len(changed[at : at + 2000]))
        case "box":
            found = list(boxes(data)) or [(b"", at, len(data))]
            _, start, end = random.choice(found)
            del changed[start + random.randint(0, min(16, end - start)) : end]
    return bytes(changed)
