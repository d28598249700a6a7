"""Both eyes of a face, closer than its mesh shows them: the outline of each, and the iris in it, by MediaPipe's Iris.

The network knows one kind of eye, that at the image's left; the other one is mirrored for it, and so is its answer.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from trackway.faces.cutouts import Cutout, square
from trackway.faces.mesh import across, between
from trackway.models.pack import TraitNetwork
from trackway.models.session import Network

__all__ = ["Eyes", "IrisReader"]

Array = npt.NDArray[Any]

_OUTLINE, _IRIS = 71, 5
_LENGTH = 2.3
"""Of the square's sides, in widths of the eye."""
_LEAST_WIDTH_PX = 4.0
"""Of an eye whose outline means something, seen from the front or not."""

_CORNERS = ((33, 133), (362, 263))
"""Vertices of the mesh: the corners of the eye at the image's left, then at its right; that nearer to the image's left first."""
_OUTER, _INNER = 0, 8
_LIDS = ((11, 3), (12, 4), (13, 5))
"""Points of an outline: upper and lower lid above each other, in the middle third of the eye."""


class Eyes(NamedTuple):
    """Of N faces: first the eye at the image's left, then that at its right; NaN where it is not seen.

    Attributes:
        outline: (N, 2, 71, 2) float64 x, y in pixels of each face's cutout: lids and brow.
        iris: (N, 2, 5, 2) its centre, then points on its edge.
    """

    outline: Array
    iris: Array

    @property
    def pupils(self) -> Array:
        """(N, 2, 2) x, y."""
        return self.iris[:, :, 0]

    @property
    def widths(self) -> Array:
        """(N, 2) from corner to corner, in pixels."""
        widths: Array = np.linalg.norm(self.outline[:, :, _OUTER] - self.outline[:, :, _INNER], axis=-1)
        return widths

    @property
    def openness(self) -> Array:
        """(N, 2) mean gap between the lids over the width of the eye."""
        gaps = [np.linalg.norm(self.outline[:, :, upper] - self.outline[:, :, lower], axis=-1) for upper, lower in _LIDS]
        openness: Array = np.mean(gaps, axis=0) / self.widths
        return openness


class IrisReader:
    """The pack's network for the role iris: pictures to (B, 228) x, y, z of 71 points of an eye and 5 of its iris, in their pixels.

    Args:
        model: the manifest's entry.
        network: the tensors' source.
    """

    def __init__(self, model: TraitNetwork, network: Network) -> None:
        self._side = model.width
        self._network = network

    def read(self, cutouts: list[Cutout], meshes: Array) -> Eyes:
        """The eyes of each face.

        Args:
            cutouts: K of them.
            meshes: (K, 468, 3) in their pixels, from `MeshReader`; no eyes where they are NaN.
        """
        points = np.full((len(cutouts), 2, _OUTLINE + _IRIS, 2), np.nan)
        wide = np.max([across(meshes, *corners) for corners in _CORNERS], axis=0)
        rows = np.flatnonzero(wide >= _LEAST_WIDTH_PX).tolist()
        if rows:
            squares = [self._square(cutouts[row].pixels, meshes[row], eye) for row in rows for eye in (0, 1)]
            pictures = np.stack([picture for picture, _ in squares])
            pictures[1::2] = pictures[1::2, :, ::-1]
            seen = self._network.run(pictures)[0].reshape(len(squares), _OUTLINE + _IRIS, 3)[..., :2].astype(np.float64)
            seen[1::2, :, 0] = self._side - seen[1::2, :, 0]
            placed = [answer @ back[:2] + back[2] for answer, (_, back) in zip(seen, squares, strict=True)]
            points[rows] = np.stack(placed).reshape(len(rows), 2, _OUTLINE + _IRIS, 2)
        return Eyes(points[:, :, :_OUTLINE], points[:, :, _OUTLINE:])

    def _square(self, pixels: Array, mesh: Array, eye: int) -> tuple[Array, Array]:
        level = mesh[_CORNERS[1][1], :2] - mesh[_CORNERS[0][0], :2]  # of both eyes: of one it is less certain
        length = _LENGTH * float(across(mesh, *_CORNERS[eye]))
        return square(pixels, between(mesh, _CORNERS[eye])[:2], max(length, 1.0), float(np.arctan2(level[1], level[0])), self._side)
