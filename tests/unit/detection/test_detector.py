"""The detectors' verb on scripted tensors."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pytest

from trackway.detection.faces import FaceDetector
from trackway.detection.persons import PersonDetector
from trackway.errors import ModelError
from trackway.models.pack import load_pack

Array = npt.NDArray[Any]


class Scripted:
    """A network whose heat map has a spot wherever the picture has a bright pixel; the brighter, the warmer."""

    def run(self, images: Array) -> list[Array]:
        heat = images[:, ::4, ::4, :1].transpose(0, 3, 1, 2).astype(np.float32) / 255
        return [np.full((len(images), 4, *heat.shape[2:]), 6, np.float32), heat]


@pytest.fixture
def persons() -> PersonDetector:
    return PersonDetector(load_pack().model("personDetector"), Scripted())


def pictures(*spots: list[tuple[int, int, int]]) -> Array:
    images = np.zeros((len(spots), 64, 96, 3), np.uint8)
    for index, listed in enumerate(spots):
        for row, column, value in listed:
            images[index, row, column] = value
    return images


def test_rows_carry_their_frame_and_come_by_falling_score(persons: PersonDetector) -> None:
    images = pictures([(8, 8, 100), (40, 60, 250)], [], [(16, 16, 200)])
    found = persons.detect(images, [4, 7, 11], [160, 280, 440])
    assert found.frame.tolist() == [4, 4, 11]
    assert found.time_ms.tolist() == [160, 160, 440]
    assert found.score.tolist() == pytest.approx([250 / 255, 100 / 255, 200 / 255])
    np.testing.assert_allclose(found.box[0], [(60.5 - 6) / 96, (40.5 - 6) / 64, 12 / 96, 12 / 64], rtol=1e-6)
    assert np.isnan(found.landmarks).all()


def test_weak_people_are_kept_for_the_tracker(persons: PersonDetector) -> None:
    found = persons.detect(pictures([(8, 8, 30), (40, 60, 20)]), [0], [0])
    assert found.score.tolist() == pytest.approx([30 / 255])  # above 0.1, and only that


def test_no_pictures_give_no_rows(persons: PersonDetector) -> None:
    assert len(persons.detect(pictures([], []), [0, 1], [0, 40])) == 0


def test_the_input_size_follows_the_video(persons: PersonDetector) -> None:
    class Video:
        width, height = 1920, 1080

    width, height = persons.input_size(Video())
    assert (width % 32, height % 32) == (0, 0)
    assert width / height == pytest.approx(16 / 9, rel=0.1)


def test_a_decoder_that_the_room_lacks_is_named() -> None:
    model = msgspec.structs.replace(load_pack().model("faceDetector"), decoder="retinaface")
    with pytest.raises(ModelError, match=r"'retinaface'; FaceDetector has centerface"):
        FaceDetector(model, Scripted())
