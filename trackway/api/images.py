"""DetectFaces and CompareFaces: pictures alone, nothing is kept (SPEC R71, R72)."""

from __future__ import annotations

from typing import Any

import msgspec

from trackway.api.caller import Caller
from trackway.api.errors import InvalidParameter
from trackway.api.pictures import Pictures, Seen
from trackway.models.similarity import DEFAULT_THRESHOLD, Similarity

__all__ = ["CompareFaces", "DetectFaces"]

_NO_FACE = "Request has invalid parameters"  # all that Rekognition says of it


class DetectFaces:
    """The operation.

    Args:
        pictures: looks at them.
    """

    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request; errors as `Pictures.look` has them."""
        seen = self._pictures.look(request["Image"])
        return msgspec.json.encode({"FaceDetails": seen.details(request.get("Attributes", ()))})


class CompareFaces:
    """The operation.

    Args:
        pictures: looks at them.
        similarity: the curve of the network that tells faces apart.
    """

    def __init__(self, pictures: Pictures, similarity: Similarity) -> None:
        self._pictures = pictures
        self._similarity = similarity

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request.

        Raises:
            InvalidParameter: no face in one of the pictures passes the filter.
            InvalidImage, ImageTooLarge, InvalidS3Object: as `Pictures.look` has them.
        """
        level, threshold = request.get("QualityFilter", "NONE"), request.get("SimilarityThreshold", DEFAULT_THRESHOLD)
        source = self._pictures.look(request["SourceImage"], level)
        target = self._pictures.look(request["TargetImage"], level)
        if not source.good or not target.good:
            raise InvalidParameter(_NO_FACE)
        (wanted,) = source.vectors(source.good[:1])
        alike = self._similarity.percent(target.vectors(target.good) @ wanted).tolist()
        details = target.details()
        compared = sorted(zip(alike, target.good, strict=True), key=lambda pair: -pair[0])
        return msgspec.json.encode(
            {
                "SourceImageFace": _source(source),
                "FaceMatches": [{"Similarity": percent, "Face": details[row]} for percent, row in compared if percent >= threshold],
                "UnmatchedFaces": [details[row] for percent, row in compared if percent < threshold],
            }
        )


def _source(seen: Seen) -> dict[str, Any]:
    face = seen.details()[seen.good[0]]
    return {"BoundingBox": face.bounding_box, "Confidence": face.confidence}
