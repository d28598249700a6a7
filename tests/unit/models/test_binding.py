"""Calls from bound buffers give what plain calls give, whoever else is calling."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from trackway.models.binding import BoundSession
from trackway.models.cache import ModelCache
from trackway.models.half import half_precision
from trackway.models.pack import Role, load_pack
from trackway.models.providers import open_session, session_options


def pictures(count: int, height: int = 64, width: int = 96) -> list[np.ndarray]:
    return list(np.random.default_rng(3).integers(0, 256, size=(count, 1, height, width, 3), dtype=np.uint8))


@pytest.mark.parametrize("role", ["personDetector", "faceDetector"])
@pytest.mark.parametrize("half", [False, True])
def test_bound_calls_give_the_tensors_of_plain_ones(models: ModelCache, role: Role, half: bool) -> None:
    data = models.read(load_pack().model(role))
    session = open_session(half_precision(data) if half else data, session_options(1), "cpu")
    bound = BoundSession(session, (1, 64, 96, 3), "cpu")
    found = [bound.run(images) for images in pictures(3)]  # looked at only after the buffers were used again
    for images, tensors in zip(pictures(3), found, strict=True):
        for tensor, wanted in zip(tensors, session.run(None, {"images": images}), strict=True):
            np.testing.assert_array_equal(tensor, wanted)


def test_threads_that_share_a_session_never_see_each_other_s_pictures(network: bytes) -> None:
    session = open_session(network, session_options(1), "cpu")
    bound, images = BoundSession(session, (1, 64, 96, 3), "cpu"), pictures(64)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(bound.run, images))
    for tensors, picture in zip(found, images, strict=True):
        for tensor, wanted in zip(tensors, session.run(None, {"images": picture}), strict=True):
            np.testing.assert_array_equal(tensor, wanted)


def test_pictures_in_any_layout_of_memory_are_taken(network: bytes) -> None:
    session = open_session(network, session_options(1), "cpu")
    turned = np.asfortranarray(pictures(1)[0])
    found = BoundSession(session, turned.shape, "cpu").run(turned)
    np.testing.assert_array_equal(found[0], session.run(None, {"images": np.ascontiguousarray(turned)})[0])
