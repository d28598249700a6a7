"""The error tree: every class is public, says whose fault it is and whether trying again can help."""

from __future__ import annotations

import inspect

import pytest

from trackway import errors

CLASSES = [value for _, value in inspect.getmembers(errors, inspect.isclass) if issubclass(value, errors.TrackwayError)]


def test_the_tree_is_public_and_sorted() -> None:
    assert errors.__all__ == sorted(kind.__name__ for kind in CLASSES)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_whose_fault_it_is(kind: type[errors.TrackwayError]) -> None:
    theirs = issubclass(kind, errors.InputError)
    assert kind.exit_status == (2 if theirs else 1)
    assert not (theirs and kind.retryable)
    assert kind.code == kind.code.upper()


def test_b2_media_codes_are_the_documented_ones() -> None:
    assert errors.UnsupportedMedia.code == "UNSUPPORTED_MEDIA"
    assert errors.NoVideoStream.code == "NO_VIDEO_STREAM"
    assert errors.CorruptMedia.code == "CORRUPT_MEDIA"
    assert errors.VideoTooLong.code == "VIDEO_TOO_LONG"
    assert errors.ObjectGone.code == "OBJECT_GONE"
