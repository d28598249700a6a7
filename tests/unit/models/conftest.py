"""Networks that several tests of this room run."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.models.packs import model, old_onnx
from trackway.models.convert import convert


@pytest.fixture(scope="session")
def network() -> bytes:
    """A small converted one with two outputs, of 2 and of 3 channels."""
    files = {"net.onnx": old_onnx(np.random.default_rng(2))}
    return convert(model(files, b""), files)
