"""What several rooms' tests look at: the installed default pack, and a face whose picture ships with scikit-image."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import skimage.data

from trackway.models.cache import ModelCache
from trackway.models.eight_bits import eight_bits
from trackway.models.pack import load_pack
from trackway.pipeline.vision import Vision

Picture = npt.NDArray[np.uint8]


@pytest.fixture(scope="session")
def vision(models: ModelCache) -> Vision:
    """The default pack's detectors."""
    return Vision.open(threads=2, cache=models)


@pytest.fixture(scope="session")
def faces_in_eight_bits(models: ModelCache) -> bytes:
    """The default pack's face network, converted, which takes ten seconds; `share` in tests/conftest.py keeps its tests together."""
    return eight_bits(models.read(load_pack().model("faceDetector")))


@pytest.fixture(scope="session")
def astronaut() -> Picture:
    """(512, 512, 3) RGB: one woman, frontal, her head upright; NASA, public domain."""
    picture: Picture = skimage.data.astronaut()  # type: ignore[no-untyped-call]
    return picture
