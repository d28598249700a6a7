"""Boxes on the ground that the camera moves over."""

from __future__ import annotations

import numpy as np

from trackway.columns import AnalysedFrames
from trackway.tracking.boxes import to_centre
from trackway.tracking.stabilised import Stage


def frames(camera: np.ndarray, cut: tuple[int, ...] = (), skipped: tuple[int, ...] = ()) -> AnalysedFrames:
    number = np.arange(len(camera))
    return AnalysedFrames.make(
        len(camera), frame=number, time_ms=40 * number, camera=camera, cut=np.isin(number, cut), detected=~np.isin(number, skipped)
    )


def similarity(angle: float, zoom: float, x: float, y: float) -> list[float]:
    return [zoom * np.cos(angle), zoom * np.sin(angle), x, y]


def moved(box: np.ndarray, camera: np.ndarray) -> np.ndarray:
    """One box as the camera's definition in `AnalysedFrames` moves it."""
    a, b, x, y = camera
    px, py, width, height = to_centre(box)[:, 0]
    centre = np.array([a * px - b * py + x, b * px + a * py + y])
    size = np.hypot(a, b) * np.array([width, height])
    return np.concatenate([centre - size / 2, size])[None]


def test_who_stands_stays_in_one_place_whatever_the_camera_does() -> None:
    random = np.random.default_rng(0)
    camera = np.array([similarity(random.normal(0, 0.05), random.uniform(0.95, 1.05), *random.normal(0, 20, 2)) for _ in range(20)])
    stage = Stage(frames(camera))
    box = first = np.array([[100.0, 200, 40, 100]])
    first = stage.on_stage(first, np.array([0]))
    for number in range(1, 20):
        box = moved(box, camera[number])
        np.testing.assert_allclose(stage.on_stage(box, np.array([number])), first, rtol=1e-9)
        np.testing.assert_allclose(stage.in_picture(first, np.array([number])), box, rtol=1e-9)


def test_a_cut_begins_anew() -> None:
    camera = np.array([similarity(0, 1, 10, 0)] * 6)
    stage = Stage(frames(camera, cut=(3,)))
    box = np.array([[0.0, 0, 10, 10]])
    assert stage.scene(np.arange(6)).tolist() == [0, 0, 0, 1, 1, 1]
    np.testing.assert_allclose(stage.on_stage(box, np.array([3])), box)
    np.testing.assert_allclose(stage.on_stage(box, np.array([5]))[0, 0], -20)


def test_between_two_looks_the_camera_moves_evenly() -> None:
    camera = np.array([similarity(0, 1, shift, 0) for shift in (0, 0, 0, 0, 80)])
    stage = Stage(frames(camera, skipped=(1, 2, 3)))
    box = np.tile([100.0, 0, 10, 10], (5, 1))
    np.testing.assert_allclose(stage.in_picture(box, np.arange(5))[:, 0], [100, 120, 140, 160, 180])


def test_small_errors_of_the_zoom_do_not_grow_without_end() -> None:
    camera = np.array([similarity(0, 1.01, 1, 0)] * 20_000)
    assert np.isfinite(Stage(frames(camera)).on_stage(np.array([[1.0, 2, 3, 4]]), np.array([19_999]))).all()
