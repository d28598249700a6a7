"""What is drawn of faces lies on them or beside them, hides no other face, and is only what is known (issue 5)."""

from __future__ import annotations

from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trackway.artifacts.appearances import Appearance, Appearances, FaceLayer, FaceLook
from trackway.artifacts.face_painter import _MESH_LINES, _WORDS, FacePainter
from trackway.artifacts.lettering import Lettering
from trackway.artifacts.painter import Painter, color_of
from trackway.columns import UNIT_NAMES, Tracks

Pixels = npt.NDArray[np.uint8]
Array = npt.NDArray[Any]
SIZE = (640, 360)
UNITS = (("AU12", 0.8), ("AU1", 0.3), ("AU25", 0.6))


def box_of(x: float = 0.5, y: float = 0.5, height: float = 0.4) -> Array:
    """A face of which the middle is given, as wide as three quarters of its height."""
    width = 0.75 * height * SIZE[1] / SIZE[0]
    return np.array([x - width / 2, y - height / 2, width, height], np.float32)


def shape_in(box: Array, count: int = 468) -> Array:
    """(count, 2) points spread over an oval in a box; the last half mirrors the first."""
    half = np.random.default_rng(count).uniform(-1, 1, (count // 2, 2)) * [0.5, 0.5]
    inside = half / np.maximum(1, 2 * np.linalg.norm(half, axis=1))[:, None]
    points = np.concatenate([inside, inside * [-1, 1]])
    return np.asarray(box[:2] + (points + 0.5) * box[2:], np.float32)


def face(person: int = 0, box: Array | None = None, **options: Any) -> Appearance:
    box = box_of() if box is None else box
    known: dict[str, Any] = {
        "vertices": shape_in(box),
        "points": shape_in(box, 68),
        "pose": np.array([5, 20, -10], np.float32),
        "units": (),
    }
    named = {name: options.pop(name) for name in ("identity", "name", "grouped") if name in options}
    return Appearance(person, None, box, None, np.zeros((0, 2), np.float32), look=FaceLook(**(known | options)), **named)


def painted(*people: Appearance, painter: Painter | None = None, size: tuple[int, int] = SIZE) -> Pixels:
    pixels = np.full((size[1], size[0], 3), 128, np.uint8)
    (painter or Painter(*size)).draw(pixels, people)
    return pixels


def changed(pixels: Pixels) -> Array:
    """(H, W) bool."""
    marked: Array = (pixels != 128).any(axis=2)
    return marked


def extent(mask: Array) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what is set."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])


@pytest.mark.parametrize("shape", ["vertices", "points"])
def test_lines_lie_on_the_face(shape: str) -> None:
    hidden: dict[str, Any] = {"pose": None, {"vertices": "points", "points": "vertices"}[shape]: None}
    mask = changed(painted(face(**hidden)))
    mask[: 108 + 4, :310] = False  # the chip with the number
    left, top, right, bottom = extent(mask)
    assert left >= 320 - 54 - 4
    assert right <= 320 + 54 + 4
    assert top >= 108 - 4
    assert bottom <= 252 + 4
    assert mask.sum() > 500


def test_without_a_shape_the_box_is_drawn() -> None:
    nothing = painted(Appearance(0, None, box_of(), None, np.zeros((0, 2), np.float32)))
    assert np.array_equal(painted(face(vertices=None, points=None)), nothing)


@pytest.mark.parametrize(("height", "drawn"), [(0.2, False), (0.5, True)])
def test_a_web_is_for_large_faces(height: float, drawn: bool) -> None:
    """All that lines join is moved to one spot, so that only the web is left elsewhere."""
    box = box_of(height=height)
    vertices = shape_in(box)
    vertices[[index for line, _ in _MESH_LINES for index in line]] = box[:2] + box[2:] / 2
    pixels = np.full((SIZE[1], SIZE[0], 3), 128, np.uint8)
    FacePainter(*SIZE, Lettering()).draw_lines(pixels, FaceLook(vertices, None, None, ()), box, (255, 255, 255))
    assert (changed(pixels).sum() > 1000) == drawn


def test_a_mirrored_face_is_drawn_mirrored() -> None:
    one = face(vertices=None, pose=None)
    assert one.look is not None
    assert one.look.points is not None
    other = face(vertices=None, pose=None, points=one.look.points * [-1, 1] + [1, 0])
    first, second = (painted(some)[112:].astype(int) for some in (one, other))
    # Rows that have the chip with the number are left out; OpenCV rounds half pixels to one side.
    assert np.abs(first[:, 1:] - second[:, :0:-1]).mean() < 0.1 * np.abs(first - 128).mean() + 1


@pytest.mark.parametrize(
    ("pose", "way"),
    [([0, 60, 0], (1, 0)), ([0, -60, 0], (-1, 0)), ([0, 0, 60], (0, -1)), ([0, 0, -60], (0, 1))],
    ids=["to the right of the picture", "to its left", "up", "down"],
)
def test_r40_the_blue_arrow_points_where_the_face_looks(pose: list[float], way: tuple[int, int]) -> None:
    box = box_of(height=0.8)
    middle = np.tile(box[:2] + box[2:] / 2, (468, 1)).astype(np.float32)
    pixels = painted(face(box=box, vertices=middle, pose=np.array(pose, np.float32))).astype(int)
    blue = (pixels[..., 2] > pixels[..., 0] + 120) & (pixels[..., 2] > pixels[..., 1] + 60)
    centre = np.argwhere(blue)[:, ::-1].mean(axis=0) - [320, 180]
    assert blue.sum() > 40
    assert centre @ np.array(way) > 15
    assert abs(centre @ np.array(way[::-1])) < 5


def test_bars_are_as_long_as_the_units_are_strong() -> None:
    pixels = painted(face(units=UNITS))
    mask = changed(pixels)
    mask[:, : 320 + 60] = False
    lengths = []
    color = np.array(color_of(0))
    for row in range(*np.flatnonzero(mask.any(axis=1))[[0, -1]]):
        lengths.append(int((pixels[row, 480:] == color).all(axis=1).sum()))
    bars = [lengths[index] for index in range(1, len(lengths)) if lengths[index] and lengths[index] != lengths[index - 1]]
    assert len(bars) == 3
    first, second, third = bars  # AU1, AU12, AU25: in the order of their numbers
    assert second > third > first
    assert first / second == pytest.approx(0.3 / 0.8, abs=0.06)


@pytest.mark.parametrize(("height", "drawn"), [(0.15, False), (0.3, True)])
def test_small_faces_have_no_bars(height: float, drawn: bool) -> None:
    bare, with_units = (changed(painted(face(box=box_of(height=height), units=units))) for units in ((), UNITS))
    assert (with_units.sum() > bare.sum() + 1000) == drawn


def test_an_unknown_unit_is_an_empty_bar() -> None:
    zero, unknown = (painted(face(units=(("AU1", value), ("AU2", 0.5)))) for value in (0.0, float("nan")))
    assert np.array_equal(zero, unknown)


@pytest.mark.parametrize(("x", "right"), [(0.15, True), (0.85, False)])
def test_a_panel_is_where_there_is_room(x: float, right: bool) -> None:
    box = box_of(x)
    bare, with_units = (painted(face(box=box, units=units)) for units in ((), UNITS))
    left, _, last, _ = extent((bare != with_units).any(axis=2))
    assert (left > x * SIZE[0]) == right
    assert last < SIZE[0]


def test_a_panel_hides_no_other_face_and_no_other_panel() -> None:
    people = [face(0, box_of(0.3), units=UNITS), face(1, box_of(0.5), units=UNITS), face(2, box_of(0.7), units=UNITS)]
    bare = [face(one.person, one.face_box) for one in people]
    mask = (painted(*people) != painted(*bare)).any(axis=2)
    for one in people:
        assert one.face_box is not None
        left, top = np.round(one.face_box[:2] * SIZE).astype(int)
        right, bottom = np.round((one.face_box[:2] + one.face_box[2:]) * SIZE).astype(int)
        assert mask[top:bottom, left:right].mean() < 0.1
    assert mask.sum() > 2000


def test_a_panel_stays_on_its_side() -> None:
    painter = Painter(*SIZE)
    sides = []
    for x in (0.4, 0.7, 0.72, 0.7, 0.4):
        bare, with_units = (painted(face(box=box_of(x), units=units), painter=painter) for units in ((), UNITS))
        sides.append(extent((bare != with_units).any(axis=2))[0] > x * SIZE[0])
    assert sides == [True, False, False, False, False]


def test_who_is_one_has_one_color_and_who_is_nobody_is_grey() -> None:
    first, second = (painted(face(person, identity=4, grouped=True, pose=None)) for person in (1, 2))
    assert (first == color_of(4)).all(axis=2).sum() > 100
    assert (second == color_of(4)).all(axis=2).sum() > 100
    stranger = painted(face(3, grouped=True, pose=None))
    assert np.ptp(stranger.astype(int), axis=2).max() == 0


def test_the_chip_says_the_name() -> None:
    chips = [extent((painted(face(1, name=name, identity=2)) == color_of(1)).all(axis=2)) for name in ("Al", "Alexandra")]
    assert chips[1][2] - chips[1][0] > chips[0][2] - chips[0][0] + 20


numbers = st.floats(-400, 400, width=32)


@settings(deadline=None, max_examples=60)
@given(
    st.tuples(numbers, numbers, st.floats(0, 3, width=32), st.floats(0, 3, width=32)),
    st.floats(0.125, 300, width=32),
    st.tuples(numbers, numbers, numbers),
    st.sampled_from([(16, 16), (33, 17), (320, 240)]),
)
def test_r34_nothing_is_too_strange_to_be_drawn(
    box: tuple[float, ...], scale: float, pose: tuple[float, ...], size: tuple[int, int]
) -> None:
    """Faces leave the picture; drawing clips."""
    where = np.array(box, np.float32)
    shape = (where[:2] + scale * (np.random.default_rng(0).uniform(-1, 1, (468, 2)))).astype(np.float32)
    painted(face(0, where, vertices=shape, pose=np.array(pose, np.float32), units=UNITS), face(1, where / 400, units=UNITS), size=size)


def test_every_unit_that_may_get_a_bar_has_words() -> None:
    assert _WORDS.keys() == {name for name in UNIT_NAMES if name[2:].isdigit()}


def test_the_web_joins_all_vertices_once() -> None:
    with resources.as_file(resources.files("trackway.artifacts") / "wireframe.npy") as path:
        web = np.load(path)
    assert web.dtype == np.uint16
    assert np.array_equal(np.unique(web), np.arange(468))
    assert (web[:, 0] < web[:, 1]).all()
    assert len(np.unique(web, axis=0)) == len(web)
    assert len(web) <= 3 * 468 - 6  # no graph without crossings has more


def layer_of(time_ms: list[int], *, person: int = 3, **options: Any) -> FaceLayer:
    rows = len(time_ms)
    known = {
        "vertices": np.full((rows, 468, 3), np.arange(rows)[:, None, None] * 0.1, np.float32),
        "pose": np.stack([np.linspace(170, 190, rows), np.zeros(rows), np.zeros(rows)], axis=1).astype(np.float32),
    }
    known["pose"][known["pose"] > 180] -= 360
    return FaceLayer(np.array(time_ms), np.full(rows, person), **(known | options))


def looks_at(layer: FaceLayer, *times: int) -> list[FaceLook | None]:
    rows = [0, 100, 200, 300, 400, 1200, 1300]
    box = np.tile(np.array([0.4, 0.4, 0.2, 0.2], np.float32), (len(rows), 1))
    tracks = Tracks.make(len(rows), time_ms=rows, person=np.full(len(rows), 3), face_box=box, face_score=np.ones(len(rows)))
    appearances = Appearances(tracks, layer)
    return [next((one.look for one in appearances.at(time)), None) for time in times]


def test_a_look_between_two_is_between_them() -> None:
    exact, between = looks_at(layer_of([0, 100, 200]), 100, 150)
    assert exact is not None
    assert between is not None
    assert exact.vertices is not None
    assert between.vertices is not None
    assert np.allclose(exact.vertices, 0.1)
    assert np.allclose(between.vertices, 0.15)
    assert between.vertices.shape == (468, 2)


def test_a_head_that_hangs_turns_the_short_way() -> None:
    (between,) = looks_at(layer_of([0, 100]), 50)
    assert between is not None
    assert between.pose is not None
    assert np.cos(np.radians(between.pose[0])) == pytest.approx(-1, abs=1e-6)


def test_a_lost_face_has_no_look() -> None:
    within, after = looks_at(layer_of([0, 100, 200, 300, 400, 1200, 1300]), 700, 1250)
    assert within is None
    assert after is not None
    nothing = layer_of([0, 100], vertices=np.full((2, 468, 3), np.nan, np.float32), pose=None)
    assert looks_at(nothing, 0, 50) == [None, None]
    assert looks_at(layer_of([0, 100], person=8), 0, 50) == [None, None]


def test_rows_of_a_layer_may_come_in_any_order() -> None:
    layer = layer_of([200, 0, 100])
    (one,) = looks_at(layer, 0)
    assert one is not None
    assert one.vertices is not None
    assert np.allclose(one.vertices, 0.1)


def test_bars_are_for_the_strongest_units_and_always_the_same() -> None:
    units = np.zeros((5, len(UNIT_NAMES)), np.float32)
    strong = {"AU12": 0.9, "AU1": 0.5, "AU2": 0.4, "AU4": 0.3, "AU6": 0.25, "AU25": 0.8, "AU26": 0.7, "AUL12": 1.0, "AU43": 0.1}
    for name, value in strong.items():
        units[:, UNIT_NAMES.index(name)] = np.linspace(0, value, 5)
    units[2, UNIT_NAMES.index("AU12")] = np.nan
    first, third, last = looks_at(layer_of([0, 100, 200, 300, 400], units=units), 0, 200, 400)
    assert first is not None
    assert third is not None
    assert last is not None
    assert [name for name, _ in first.units] == [name for name, _ in last.units] == ["AU12", "AU25", "AU26", "AU1", "AU2", "AU4"]
    assert dict(last.units)["AU12"] == pytest.approx(0.9)
    assert np.isnan(dict(third.units)["AU12"])
    assert dict(third.units)["AU25"] == pytest.approx(0.4)
