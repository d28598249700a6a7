"""The operations on pictures and vectors: what functions/recognizer serves."""

from __future__ import annotations

from collections.abc import Mapping

from trackway.api.collections import DeleteCollection
from trackway.api.endpoint import Operation
from trackway.api.faces import DeleteFaces
from trackway.api.images import CompareFaces, DetectFaces
from trackway.api.index_faces import IndexFaces
from trackway.api.paging import ListTokens
from trackway.api.pictures import Pictures
from trackway.api.search import SearchFaces, SearchUsers
from trackway.api.search_by_image import SearchAllFacesByImage, SearchFacesByImage, SearchUsersByImage
from trackway.api.tidying import Tidying
from trackway.api.transfer import ExportFaces, ImportFaces
from trackway.api.users import AssociateFaces, DeleteUser, DisassociateFaces
from trackway.identity.gallery import Gallery
from trackway.identity.members import Members
from trackway.identity.transfer import Transfer
from trackway.jobs.limits import Limits

__all__ = ["recognition"]


def recognition(gallery: Gallery, pictures: Pictures, tidying: Tidying, limits: Limits) -> Mapping[str, Operation]:
    """The operations, by name.

    Args:
        gallery: faces of all collections.
        pictures: looks at them.
        tidying: tells the janitor what is worth its while.
        limits: of the deployment.
    """
    members = Members(gallery, user_faces=limits.user_faces)
    transfer = Transfer(gallery, members)
    return {
        "AssociateFaces": AssociateFaces(members),
        "CompareFaces": CompareFaces(pictures, gallery.similarity),
        "DeleteCollection": DeleteCollection(gallery, tidying),
        "DeleteFaces": DeleteFaces(gallery, tidying),
        "DeleteUser": DeleteUser(members),
        "DetectFaces": DetectFaces(pictures),
        "DisassociateFaces": DisassociateFaces(members),
        "ExportFaces": ExportFaces(gallery, transfer, ListTokens(gallery.clock, hours=limits.token_hours)),
        "ImportFaces": ImportFaces(gallery, transfer, tidying),
        "IndexFaces": IndexFaces(pictures, gallery, tidying),
        "SearchAllFacesByImage": SearchAllFacesByImage(pictures, gallery),
        "SearchFaces": SearchFaces(gallery),
        "SearchFacesByImage": SearchFacesByImage(pictures, gallery),
        "SearchUsers": SearchUsers(gallery, members),
        "SearchUsersByImage": SearchUsersByImage(pictures, gallery, members),
    }
