"""Our ExportFaces and ImportFaces: a collection with its vectors, page by page, out of one place and into another."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from trackway.api.caller import Caller
from trackway.api.errors import InvalidParameter
from trackway.api.paging import ListTokens
from trackway.api.tidying import Tidying
from trackway.identity.gallery import Gallery
from trackway.identity.transfer import ExportPage, ImportedFace, ImportedUser, Transfer
from trackway.results.matches import face_shape

__all__ = ["ExportFaces", "ImportFaces"]

_PAGE = 500  # the most that may be asked for


class ExportFaces:
    """The operation.

    Args:
        gallery: faces of all collections.
        transfer: out and in.
        tokens: of the deployment's lists.
    """

    def __init__(self, gallery: Gallery, transfer: Transfer, tokens: ListTokens) -> None:
        self._gallery = gallery
        self._transfer = transfer
        self._tokens = tokens

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request; NoSuchCollection, and InvalidToken where NextToken is none of this list."""
        collection = self._gallery.describe(request["CollectionId"])
        binding = (collection.generation, "ExportFaces")
        after = self._tokens.redeem(request["NextToken"], *binding) if "NextToken" in request else None
        page = self._transfer.export(collection.collection_id, after, request.get("MaxResults", _PAGE))
        more = {} if page.after is None else {"NextToken": self._tokens.issue(page.after, *binding)}
        return msgspec.json.encode({**_content(page), **more})


class ImportFaces:
    """The operation.

    Args:
        gallery: faces of all collections.
        transfer: out and in.
        tidying: tells the janitor where much was added.
    """

    def __init__(self, gallery: Gallery, transfer: Transfer, tidying: Tidying) -> None:
        self._gallery = gallery
        self._transfer = transfer
        self._tidying = tidying

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request.

        Raises:
            InvalidParameter: a face lacks what every exported face has.
            NoSuchCollection, OtherEmbedding, QuotaExceeded: see `Transfer.import_faces`.
        """
        faces = [_face(place, given) for place, given in enumerate(request.get("Faces", []), 1)]
        users = [ImportedUser(given["UserId"], given.get("FaceIds", [])) for given in request.get("Users", [])]
        collection = self._gallery.describe(request["CollectionId"])
        outcome = self._transfer.import_faces(collection.collection_id, request["Embedding"]["Digest"], faces, users)
        self._tidying.changed(collection, outcome.stored)
        return msgspec.json.encode(
            {
                "Stored": outcome.stored,
                "KnownById": outcome.known_by_id,
                "KnownByVector": outcome.known_by_vector,
                "Refused": [{"FaceId": face_id, "Reason": reason} for face_id, reason in outcome.refused],
            }
        )


def _content(page: ExportPage) -> dict[str, Any]:
    made_by = page.embedding
    return {
        # msgspec writes bytes as base64, which is what a blob is in JSON 1.1.
        "Faces": [
            {"Face": face_shape(face, made_by.version), "Embedding": np.asarray(vector, "<f4").tobytes()} for face, vector in page.faces
        ],
        "Users": [{"UserId": user.user_id, "FaceIds": user.face_ids} for user in page.users],
        "Embedding": {"Title": made_by.title, "Digest": made_by.digest, "Size": made_by.size, "Version": made_by.version},
    }


def _face(place: int, given: dict[str, Any]) -> ImportedFace:
    """A face as ExportFaces told it; the model has no member of Rekognition's Face as required."""
    face, vector = given["Face"], given["Embedding"]
    try:
        box = face["BoundingBox"]
        return ImportedFace(
            face_id=face["FaceId"],
            image_id=face["ImageId"],
            box=(box["Left"], box["Top"], box["Width"], box["Height"]),
            confidence=face["Confidence"],
            external_image_id=face.get("ExternalImageId"),
            vector=np.frombuffer(vector, "<f4") if len(vector) % 4 == 0 else np.empty(0, np.float32),
        )
    except KeyError as error:
        raise InvalidParameter(
            f"Request has invalid parameters. Faces.{place}.Face has no {error.args[0]}; send faces as ExportFaces gave them."
        ) from error
