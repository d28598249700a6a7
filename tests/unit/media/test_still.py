"""Stills as they come: every kind of JPEG and PNG opens to the same pixels, and everything else is refused in a sentence."""

from __future__ import annotations

import hashlib
import io
import struct
import time
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from trackway.errors import ImageTooLarge, ImageTooSmall, InputError, InvalidImage, OptionError
from trackway.media.picture import take_apart
from trackway.media.still import LEAST_SIDE_PX, MOST_PIXELS, open_still

Picture = npt.NDArray[np.uint8]

SCENE: Picture = np.ascontiguousarray(np.asarray(skimage.data.astronaut())[:240, 60:380])  # type: ignore[no-untyped-call]


def saved(picture: Image.Image, form: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def jpeg(picture: Picture = SCENE, **options: Any) -> bytes:
    return saved(Image.fromarray(picture), "JPEG", quality=95, **options)


def png(picture: Picture = SCENE, **options: Any) -> bytes:
    return saved(Image.fromarray(picture), "PNG", **options)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def raw_png(width: int, height: int, depth: int, colour: int, rows: bytes, *others: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(others) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def rows_of(samples: npt.NDArray[Any]) -> bytes:
    """Unfiltered scan lines."""
    return b"".join(b"\0" + line.tobytes() for line in samples)


def difference(one: Picture, other: Picture) -> float:
    assert one.shape == other.shape
    return float(np.abs(one.astype(int) - other).mean())


def test_a_png_gives_its_very_pixels_and_the_digest_of_the_file() -> None:
    content = png()
    still = open_still(content)
    np.testing.assert_array_equal(still.rgb, SCENE)
    assert still.digest == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}, {"optimize": True, "comment": b"x" * 60_000}])
def test_r66_jpegs_open_however_they_are_coded(options: dict[str, Any]) -> None:
    assert difference(open_still(jpeg(**options)).rgb, SCENE) < 4


def test_a_cmyk_jpeg_shows_the_same_colours() -> None:
    content = saved(Image.fromarray(SCENE).convert("CMYK"), "JPEG", quality=95)
    assert b"Adobe" in content[:100]  # stores its inks inverted
    assert difference(open_still(content).rgb, SCENE) < 6


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_grey_pictures_have_three_equal_colours(form: str) -> None:
    grey = Image.fromarray(SCENE).convert("L")
    rgb = open_still(saved(grey, form)).rgb
    assert (rgb[..., :1] == rgb).all()
    assert difference(rgb[..., 0], np.asarray(grey)) < 3


def test_sixteen_bits_keep_their_high_bytes() -> None:
    deep = (SCENE.astype(np.uint16) * 256 + 77).astype(">u2")
    height, width = SCENE.shape[:2]
    np.testing.assert_array_equal(open_still(raw_png(width, height, 16, 2, rows_of(deep))).rgb, SCENE)
    np.testing.assert_array_equal(open_still(raw_png(width, height, 16, 0, rows_of(deep[..., 1]))).rgb, SCENE[..., 1:2].repeat(3, axis=2))
    solid = np.concatenate([deep, np.full((height, width, 1), 65535, ">u2")], axis=2).astype(">u2")
    np.testing.assert_array_equal(open_still(raw_png(width, height, 16, 6, rows_of(solid))).rgb, SCENE)
    keyed = raw_png(width, height, 16, 2, rows_of(deep), chunk(b"tRNS", b"\xff\xfe" * 3))
    np.testing.assert_array_equal(open_still(keyed).rgb, SCENE)


def test_palettes_and_single_bits_open() -> None:
    palette = Image.fromarray(SCENE).quantize(256)
    assert difference(open_still(saved(palette, "PNG")).rgb, np.asarray(palette.convert("RGB"))) == 0
    bits = Image.fromarray(SCENE).convert("1")
    assert difference(open_still(saved(bits, "PNG")).rgb, np.asarray(bits.convert("RGB"))) == 0


def test_what_is_transparent_is_white_paper() -> None:
    alpha = np.zeros(SCENE.shape[:2], np.uint8)
    alpha[:, 160:] = 255
    rgb = open_still(png(np.dstack([SCENE, alpha]))).rgb
    assert (rgb[:, :160] == 255).all()
    np.testing.assert_array_equal(rgb[:, 160:], SCENE[:, 160:])
    palette = Image.fromarray(SCENE).quantize(255)
    index = np.asarray(palette)[5, 5]
    clear = open_still(saved(palette, "PNG", transparency=int(index))).rgb
    assert (clear[np.asarray(palette) == index] == 255).all()
    faint = open_still(saved(Image.fromarray(np.dstack([SCENE[..., 0], alpha])), "PNG")).rgb
    assert (faint[:, :160] == 255).all()


STORED = {
    1: lambda upright: upright,
    2: np.fliplr,
    3: lambda upright: np.rot90(upright, 2),
    4: np.flipud,
    5: lambda upright: upright.transpose(1, 0, 2),
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: np.rot90(upright, 2).transpose(1, 0, 2),
    8: lambda upright: np.rot90(upright, -1),
}
"""EXIF orientation -> how a camera stores an upright picture, after the standard's table."""


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("order", ["<", ">"])
def test_all_eight_orientations_are_upright(orientation: int, order: str) -> None:
    stored = np.ascontiguousarray(STORED[orientation](SCENE))
    exif = tiff(order, (0x010F, 2, 1, 0), (0x0112, 3, 1, orientation))
    np.testing.assert_array_equal(open_still(png(stored, exif=exif)).rgb, SCENE)
    content = jpeg(stored, exif=b"Exif\0\0" + exif)
    assert difference(open_still(content).rgb, SCENE) < 4
    assert take_apart(content).orientation == orientation


def tiff(order: str, *entries: tuple[int, int, int, int]) -> bytes:
    header = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    packed = [struct.pack(f"{order}HHIHH", tag, kind, count, value, 0) for tag, kind, count, value in entries]
    return header + struct.pack(f"{order}H", len(entries)) + b"".join(packed) + bytes(4)


@pytest.mark.parametrize(
    "exif",
    [b"", b"nonsense", b"II*\0\xff\xff\xff\xff", tiff("<", (0x0112, 3, 1, 9)), tiff("<", (0x0112, 4, 1, 6)), tiff(">", (0x0112, 3, 2, 6))],
)
def test_nonsense_about_orientation_is_not_heeded(exif: bytes) -> None:
    assert difference(open_still(jpeg(exif=b"Exif\0\0" + exif)).rgb, SCENE) < 4


def test_hostile_metadata_never_reaches_the_decoder() -> None:
    bomb = chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(200_000_000), 1)) + chunk(b"iCCP", b"p\0\0nonsense")
    plain = png()
    content = plain[:33] + bomb + plain[33:]
    np.testing.assert_array_equal(open_still(content).rgb, SCENE)
    assert len(take_apart(content).pixels) <= len(plain)


@pytest.mark.parametrize("filling", [b"\xff\xe1\0\2", b"\xff\xd0", b"\xff", b"\0"])
def test_millions_of_empty_parts_take_no_time(filling: bytes) -> None:
    content = b"\xff\xd8\xff\xd0" + filling * (15_000_000 // len(filling))
    began = time.process_time()
    with pytest.raises(InvalidImage):
        open_still(content)
    assert time.process_time() - began < 2


def test_several_pictures_in_one_jpeg_file_show_the_first() -> None:
    assert difference(open_still(jpeg() + jpeg(SCENE[::-1])).rgb, SCENE) < 4


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no bytes at all"),
        (bytes(5000), "nothing but zero bytes"),
        (b"Hello, is this a picture?", "something else"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a markup document"),
        (saved(Image.fromarray(SCENE), "GIF"), "a GIF picture"),
        (saved(Image.fromarray(SCENE), "WEBP"), "a WebP picture"),
        (saved(Image.fromarray(SCENE), "BMP"), "a BMP picture"),
        (saved(Image.fromarray(SCENE), "TIFF"), "a TIFF picture"),
        (b"\xff\xd8\xff", "ends too early"),
        (b"\x89PNG\r\n\x1a\n", "ends too early"),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IDAT", b"x") + chunk(b"IEND", b""), "headers of the PNG picture are broken"),
        (b"\xff\xd8\xff\xc0\x00\x01" + bytes(50), "headers of the JPEG picture are broken"),
        (raw_png(0, 100, 8, 2, b""), "0 x 100 pixels"),
        (raw_png(100, 100, 8, 2, b"\0" * 50), "truncated or broken"),
    ],
)
def test_what_is_no_picture_is_refused(content: bytes, says: str) -> None:
    with pytest.raises(InvalidImage, match=says):
        open_still(content)


@pytest.mark.parametrize("make", [jpeg, lambda: jpeg(progressive=True), png])
@pytest.mark.parametrize("share", [0.01, 0.3, 0.6, 0.95])
def test_truncated_files_are_refused(make: Any, share: float) -> None:
    content = make()
    with pytest.raises(InvalidImage, match=r"ends too early|truncated or broken"):
        open_still(content[: int(share * len(content))])


def test_animated_pngs_are_refused_and_single_frames_are_not() -> None:
    frames = [Image.fromarray(SCENE), Image.fromarray(SCENE[::-1])]
    with pytest.raises(InvalidImage, match="animated"):
        open_still(saved(frames[0], "PNG", save_all=True, append_images=frames[1:]))
    plain = png()
    single = plain[:33] + chunk(b"acTL", struct.pack(">II", 1, 0)) + plain[33:]
    np.testing.assert_array_equal(open_still(single).rgb, SCENE)


def test_a_jpeg_that_gives_its_size_twice_is_refused() -> None:
    content = jpeg()
    start = content.index(b"\xff\xc0")
    header = bytearray(content[start : start + 2 + int.from_bytes(content[start + 2 : start + 4], "big")])
    header[5:7] = struct.pack(">H", 99)
    with pytest.raises(InvalidImage):
        open_still(content[:start] + bytes(header) + content[start:])


def large_jpeg(width: int, height: int) -> bytes:
    """A header of that size before a small picture."""
    content = jpeg()
    at = content.index(b"\xff\xc0") + 5
    return content[:at] + struct.pack(">HH", height, width) + content[at + 4 :]


@pytest.mark.parametrize("content", [raw_png(20_000, 20_000, 8, 2, bytes(1000)), large_jpeg(20_000, 20_000)], ids=["png", "jpeg"])
def test_a_header_beyond_the_limit_is_refused_at_once(content: bytes) -> None:
    began = time.process_time()
    with pytest.raises(ImageTooLarge, match=rf"20000 x 20000 pixels, the limit is {MOST_PIXELS}"):
        open_still(content)
    assert time.process_time() - began < 0.1


def test_r79_pictures_of_few_pixels_are_refused_as_a_parameter() -> None:
    for size in ((1, 1), (LEAST_SIDE_PX - 1, 500), (500, LEAST_SIDE_PX - 1)):
        with pytest.raises(ImageTooSmall, match=r"^Request has invalid parameters") as refusal:
            open_still(png(np.zeros((*size, 3), np.uint8)))
        assert isinstance(refusal.value, OptionError)
    assert open_still(png(np.zeros((LEAST_SIDE_PX, LEAST_SIDE_PX, 3), np.uint8))).rgb.shape == (80, 80, 3)


def test_files_beyond_the_callers_limit_are_refused() -> None:
    content = png()
    assert open_still(content, most_bytes=len(content)).rgb.shape == SCENE.shape
    with pytest.raises(ImageTooLarge, match=f"{len(content)} bytes, the limit is {len(content) - 1} bytes"):
        open_still(content, most_bytes=len(content) - 1)


SEEDS = [
    jpeg(),
    jpeg(progressive=True),
    png(),
    saved(Image.fromarray(SCENE).quantize(64), "PNG"),
    saved(Image.fromarray(SCENE).convert("CMYK"), "JPEG"),
]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=8), st.integers(-60, 60))
def test_whatever_is_broken_is_refused_or_opened_and_nothing_else(seed: bytes, changes: list[tuple[int, int]], shift: int) -> None:
    content = bytearray(seed)
    for at, value in changes:
        content[at % len(content)] = value
    broken = bytes(content[: len(content) + shift] if shift < 0 else content[:20] + bytes(shift) + content[20:])
    try:
        still = open_still(broken)
    except InputError:
        return
    assert still.rgb.dtype == np.uint8
    assert still.rgb.ndim == 3
    assert min(still.rgb.shape[:2]) >= LEAST_SIDE_PX
