"""Traits of stills from end to end: networks are loaded when they are needed, and the one that serves two roles runs once."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.portraits import both, collins
from trackway.errors import ModelError
from trackway.faces.traits import TraitReader
from trackway.models.cache import ModelCache
from trackway.models.pack import load_pack
from trackway.models.session import OnnxNetwork
from trackway.pipeline.still import StillReader
from trackway.results.shapes import ALL_OF_STILLS, face_details


class Listing(ModelCache):
    """Notes which networks are read."""

    def __init__(self) -> None:
        super().__init__()
        self.titles: list[str] = []

    def read(self, model: Any) -> bytes:
        self.titles.append(model.title)
        return super().read(model)


def test_networks_for_traits_are_read_when_traits_are_wanted(models: ModelCache) -> None:
    cache = Listing()
    reader = StillReader.open(cache=cache)
    faces = reader.faces(collins())
    assert cache.titles == ["CenterFace"]
    reader.describe(collins(), faces)
    networks = {model.title for model in load_pack().traits.values()}
    assert sorted(cache.titles) == sorted(["CenterFace", *networks])
    reader.describe(collins(), faces)
    reader.embed(collins(), faces)
    assert len(cache.titles) == 1 + len(networks)


def test_a_face_that_was_compared_is_not_looked_at_again_for_its_age(models: ModelCache, monkeypatch: pytest.MonkeyPatch) -> None:
    shapes: list[tuple[int, ...]] = []
    run = OnnxNetwork.run

    def counted(network: OnnxNetwork, images: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
        shapes.append(images.shape)
        return run(network, images)

    monkeypatch.setattr(OnnxNetwork, "run", counted)
    reader = StillReader.open(cache=models)
    faces = reader.faces(both())
    reader.embed(both(), faces)
    assert sum(shape[0] for shape in shapes if shape[1] == 224) == 4  # two faces and their mirror images
    reader.describe(both(), faces)
    assert sum(shape[0] for shape in shapes if shape[1] == 224) == 4


def test_r36_all_attributes_of_a_still_are_told(models: ModelCache) -> None:
    reader = StillReader.open(cache=models)
    faces = reader.faces(collins())
    (detail,) = face_details(faces, reader.describe(collins(), faces), ALL_OF_STILLS)
    assert detail.landmarks is not None
    assert len(detail.landmarks) == 30
    assert detail.emotions is not None
    assert detail.emotions[0].type == "HAPPY"
    assert len(detail.emotions) == 7
    assert sum(emotion.confidence for emotion in detail.emotions) == pytest.approx(100, abs=0.1)
    assert detail.age_range is not None
    assert detail.age_range.high - detail.age_range.low == 20
    assert detail.gender is not None
    assert detail.gender.value == "Female"
    for yes in (detail.smile, detail.eyes_open, detail.mouth_open):
        assert yes is not None
        assert yes.value
        assert 50 <= yes.confidence <= 100
    assert detail.eye_direction is not None
    assert detail.pose is not None
    assert detail.pose.yaw == pytest.approx(faces.pose[0, 1], abs=10)


def test_traits_and_faces_have_the_same_rows(models: ModelCache) -> None:
    reader = StillReader.open(cache=models)
    faces = reader.faces(both())
    traits = reader.describe(both(), faces)
    assert traits is not None
    assert len(traits) == len(faces) == 2
    middle = traits.landmarks.mean(axis=1)
    centre = faces.box[:, :2] + faces.box[:, 2:] / 2
    assert (np.abs(middle - centre) < faces.box[:, 2:] / 2).all()


def test_a_pack_without_a_mesh_cannot_say_how_faces_are_formed(models: ModelCache) -> None:
    whole = StillReader.open(cache=models)
    reader = StillReader(whole._detector, traits=TraitReader())
    faces = reader.faces(collins())
    with pytest.raises(ModelError, match="no network for the role landmarks"):
        reader.forms(collins(), faces)
