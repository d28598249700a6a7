"""Small tables in memory: LanceDB reads all vectors from S3 anew for every exact search, which takes longer than everything else."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from trackway.identity.ports import Found
from trackway.identity.records import Vector

__all__ = ["Memory", "Snapshot"]


class Snapshot(NamedTuple):
    """All rows of one version of a table.

    Attributes:
        version: of the table.
        vector_ids, owner_ids: of the rows.
        vectors: (N, size) float32 unit vectors.
    """

    version: int
    vector_ids: list[str]
    owner_ids: list[str]
    vectors: npt.NDArray[np.float32]

    def search(self, vector: Vector, limit: int) -> list[Found]:
        """The nearest rows, best first."""
        cosines = self.vectors @ vector
        best = np.argsort(-cosines, kind="stable")[:limit]
        return [Found(self.vector_ids[row], self.owner_ids[row], float(cosines[row])) for row in best]


class Memory:
    """The snapshots that were used last.

    Args:
        capacity_bytes: of vectors, all snapshots together; the newest one stays whatever its size.
    """

    def __init__(self, capacity_bytes: int) -> None:
        self._capacity = capacity_bytes
        self._kept: OrderedDict[str, Snapshot] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: str, version: int) -> Snapshot | None:
        """The snapshot of this very version of a table."""
        with self._lock:
            kept = self._kept.get(name)
            if kept is None or kept.version != version:
                return None
            self._kept.move_to_end(name)
            return kept

    def put(self, name: str, snapshot: Snapshot) -> None:
        """Keep a snapshot instead of the table's last one."""
        with self._lock:
            self._kept.pop(name, None)
            self._kept[name] = snapshot
            while len(self._kept) > 1 and sum(each.vectors.nbytes for each in self._kept.values()) > self._capacity:
                self._kept.popitem(last=False)

    def forget(self, name: str) -> None:
        """The table is dropped."""
        with self._lock:
            self._kept.pop(name, None)
