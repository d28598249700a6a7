"""Which part of a picture faces are looked for in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackway.columns import Detections
from trackway.pipeline.heads import Part, part_with_heads

SIZE = (672, 384)


def bodies(*box: tuple[float, float, float, float], score: float = 0.2) -> Detections:
    return Detections.make(len(box), frame=np.zeros(len(box)), box=np.array(box).reshape(-1, 4), score=np.full(len(box), score))


@pytest.mark.parametrize(
    ("box", "part"),
    [
        ([(0.05, 0.1, 0.1, 0.5)], Part(0, 0, 352, 192)),
        ([(0.85, 0.1, 0.1, 0.5)], Part(320, 0, 352, 192)),
        ([(0.46, 0.55, 0.1, 0.4)], Part(160, 128, 352, 192)),
        ([(0.05, 0.1, 0.1, 0.5), (0.85, 0.1, 0.1, 0.5)], Part(0, 0, 672, 192)),
        ([(0.05, 0.05, 0.1, 0.4), (0.1, 0.5, 0.1, 0.4)], Part(0, 0, 352, 288)),
        ([(0.05, 0.05, 0.1, 0.4), (0.1, 0.6, 0.1, 0.4)], Part(0, 0, 352, 384)),
        ([(0.05, 0.4, 0.1, 0.7), (0.8, 0.5, 0.1, 0.6)], Part(0, 96, 672, 288)),
        ([(0.0, 0.0, 1.0, 1.0)], Part(0, 0, 672, 384)),
        ([(0.3, 0.2, 0.2, 0.8)], Part(64, 0, 352, 384)),  # cut by the lower edge: the face may be anywhere
    ],
)
def test_the_part_holds_the_heads(box: list[tuple[float, float, float, float]], part: Part) -> None:
    assert part_with_heads(bodies(*box), SIZE) == part


def test_nobody_near_no_part() -> None:
    assert part_with_heads(bodies(), SIZE) is None
    assert part_with_heads(bodies((0.5, 0.5, 0.03, 0.1)), SIZE) is None


Ratio = st.floats(-0.25, 1.125)
Side = st.floats(0.02, 1.25)


@given(box=st.lists(st.tuples(Ratio, Ratio, Side, Side), min_size=1, max_size=8), width=st.integers(1, 30), height=st.integers(1, 30))
def test_parts_have_few_shapes_lie_inside_and_hold_every_head(
    box: list[tuple[float, float, float, float]], width: int, height: int
) -> None:
    size = (32 * width, 32 * height)
    found = bodies(*box)
    part = part_with_heads(found, size)
    near = found.box[found.box[:, 3] * size[1] >= 48]
    if part is None:
        assert not len(near)
        return
    left, top, wide, high = part
    halves = [-(-side // 64) * 32 for side in size]
    assert wide in (size[0], halves[0])
    assert high in (size[1], halves[1], -(-2 * size[1] // 96) * 32, -(-3 * size[1] // 128) * 32)
    assert 0 <= left <= size[0] - wide
    assert 0 <= top <= size[1] - high
    assert (left % 32, top % 32) == (0, 0)
    pixels = np.array([*size, *size])
    for x, y, across, down in near * pixels:
        assert left <= max(x, 0)
        assert left + wide >= min(x + across, size[0])
        assert top <= max(y, 0)
        assert top + high >= min(y + 0.4 * down, size[1])


def test_what_is_seen_in_a_part_is_placed_in_the_whole() -> None:
    part = Part(320, 192, 352, 192)
    faces = Detections.make(1, box=[[0.5, 0.5, 0.1, 0.2]], landmarks=np.full((1, 5, 2), 0.5), score=[0.9])
    placed = part.in_whole(faces, SIZE)
    np.testing.assert_allclose(placed.box[0] * [672, 384, 672, 384], [320 + 176, 192 + 96, 35.2, 38.4], rtol=1e-5)
    np.testing.assert_allclose(placed.landmarks[0, 0] * [672, 384], [320 + 176, 192 + 96], rtol=1e-5)
    image = np.arange(384 * 672 * 3, dtype=np.uint32).astype(np.uint8).reshape(384, 672, 3)
    np.testing.assert_array_equal(part.of(image), image[192:384, 320:672])
