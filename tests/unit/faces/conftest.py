"""A head at rest, of which the tests make expressions."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
import pytest

from tests.portraits import hopper
from tests.unit.faces.heads import symmetric
from trackway.faces.cutouts import of_picture
from trackway.models.cache import ModelCache
from trackway.pipeline.still import StillReader

Array = npt.NDArray[Any]


@pytest.fixture(scope="session")
def head(models: ModelCache) -> Array:
    """(468, 3) centimetres, see `heads.symmetric`."""
    still, picture = StillReader.open(cache=models, threads=1), hopper()
    assert still._traits is not None
    vertices = still._traits.meshes(of_picture(picture), still.faces(picture)[:1])[0]
    return symmetric(vertices * [picture.shape[1], picture.shape[0], picture.shape[1]])
