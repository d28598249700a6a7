"""Vectors of faces and users in LanceDB, on S3 or in a folder: one table per collection, `<kind>-<generation>`.

Up to `EXACT_ROWS` rows are compared one by one. Beyond, an index (made by `maintain`) finds candidates and their own vectors decide; rows
that came after it are compared one by one. docs/collections.md has what that costs and what it finds.
"""

from __future__ import annotations

import datetime
import itertools
import operator
import re
from collections.abc import Collection as Several
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from trackway.identity.ports import Found, VectorRow
from trackway.identity.records import Vector
from trackway.store.vector_memory import Memory, Snapshot
from trackway.store.vector_tables import Tables

if TYPE_CHECKING:
    import pyarrow

__all__ = ["EXACT_ROWS", "VectorStore"]

EXACT_ROWS = 10_000
"""Up to here a search compares every row."""

_ID = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
_IDS_AT_ONCE = 1000  # in one filter
_ROWS_AT_ONCE = 10_000  # of ids that become text
_INDEX_BYTES, _MEMORY_BYTES = 512 << 20, 256 << 20

# Three bits per number keep a million vectors of 1,024 floats in 410 MB. All partitions of a million rows are looked at for every question,
# since the nearest faces of a stranger may lie in any; only beyond are some left out.
_BITS, _PARTITION_ROWS, _PROBES = 3, 8192, 128
# So many rows, and at least so many times the wanted ones, are then compared by their own vectors, each of which is a read.
_CANDIDATES, _LEAST_FACTOR = 100, 3
_UNIT_TOLERANCE = 1e-3

_VECTOR_INDEX, _ID_INDEX = "vectors", "vector_ids"
# Nothing that reads or writes lasts as long; files of versions older than this are removed.
_KEPT_VERSIONS = datetime.timedelta(hours=1)


class VectorStore:
    """The vectors of one kind (`trackway.identity.ports.Vectors`). Threads may share it; a process that forks must make its own.

    Args:
        kind: whose vectors.
        uri: "s3://bucket/prefix" or a folder.
        options: of the storage, see `vector_tables.s3_options`.
        index_bytes: memory for indexes; one that does not fit is read again for every search.
        memory_bytes: memory for the vectors of small tables.
    """

    def __init__(
        self,
        kind: Literal["faces", "users"],
        uri: str,
        options: Mapping[str, str] | None = None,
        *,
        index_bytes: int = _INDEX_BYTES,
        memory_bytes: int = _MEMORY_BYTES,
    ) -> None:
        self._kind = kind
        self._tables = Tables(uri, options or {}, index_bytes)
        self._memory = Memory(memory_bytes)

    def prepare(self) -> None:
        """Import the library and connect now, while a function is initialised, instead of at the first request."""
        _ = self._tables.connection

    def add(self, generation: str, rows: Sequence[VectorRow], *, size: int) -> None:
        """Append rows; the table is made by its first rows.

        Raises:
            ValueError: an id that cannot be one, or a vector that is not a finite unit vector of this size.
            SystemFault: other changes were in the way again and again.
        """
        if not rows:
            return
        name, content = self._name(generation), _as_table(rows, size)

        def append(table: Any) -> None:
            if (there := _size(table)) != size:
                raise ValueError(f"Expected a table of vectors of {there} numbers, as {name} is, got vectors of {size}.")
            table.add(content)

        self._tables.change(name, append, content.schema)

    def remove(self, generation: str, vector_ids: Several[str]) -> None:
        """Remove rows; those that are not there are passed over.

        Raises:
            ValueError: an id that cannot be one.
            SystemFault: other changes were in the way again and again.
        """
        for condition in _conditions(vector_ids):
            self._tables.change(self._name(generation), operator.methodcaller("delete", condition))

    def get(self, generation: str, vector_ids: Several[str]) -> dict[str, Vector]:
        """Vectors by their ids; those that are not there are left out.

        Raises:
            ValueError: an id that cannot be one.
        """
        conditions = _conditions(vector_ids)

        def rows(table: Any) -> dict[str, Vector]:
            found = (table.search().where(condition).select(["vector_id", "vector"]).to_arrow() for condition in conditions)
            return {name: vector for part in found for name, vector in zip(part["vector_id"].to_pylist(), _matrix(part), strict=True)}

        return (self._tables.read(self._name(generation), rows) if conditions else None) or {}

    def search(self, generation: str, vector: Vector, limit: int) -> list[Found]:
        """The `limit` nearest rows, best first: exact up to `EXACT_ROWS` rows, by an index beyond.

        Raises:
            ValueError: the vector has another size than those of the table.
        """
        if limit <= 0:
            return []
        name = self._name(generation)

        def nearest(table: Any) -> list[Found]:
            size = _size(table)
            if vector.shape != (size,):
                raise ValueError(
                    f"Expected a vector of {size} numbers, as the table {name} has them, got an array of shape {vector.shape}."
                )
            if table.count_rows() > EXACT_ROWS:
                return _search_by_index(table, vector, limit)
            return self._snapshot(name, table).search(vector, limit)

        return self._tables.read(name, nearest) or []

    def count(self, generation: str) -> int:
        """How many rows there are, orphans included."""
        return self._tables.read(self._name(generation), lambda table: int(table.count_rows())) or 0

    def ids(self, generation: str) -> Iterator[str]:
        """The vector_id of every row, orphans included, of the table as it is when the first one is drawn."""
        # Read at once, about 40 bytes a row: files may be gone before the last one is drawn.
        content = self._tables.read(self._name(generation), lambda table: table.search().select(["vector_id"]).to_arrow())
        for batch in () if content is None else content.to_batches(max_chunksize=_ROWS_AT_ONCE):
            yield from batch.column("vector_id").to_pylist()

    def drop(self, generation: str) -> None:
        """Remove the whole table, if there is one."""
        self._tables.drop(self._name(generation))
        self._memory.forget(self._name(generation))

    def maintain(self, generation: str) -> None:
        """Compact files, remove those of old versions, bring the indexes up to date or make them; may take minutes, disturbs nobody.

        Raises:
            SystemFault: other changes were in the way again and again.
        """
        name = self._name(generation)
        self._tables.change(name, lambda table: table.optimize(cleanup_older_than=_KEPT_VERSIONS))
        self._tables.change(name, _make_indexes)

    def _name(self, generation: str) -> str:
        return f"{self._kind}-{generation}"

    def _snapshot(self, name: str, table: Any) -> Snapshot:
        version = int(table.version)
        if (kept := self._memory.get(name, version)) is not None:
            return kept
        content = table.search().select(["vector_id", "owner_id", "vector"]).to_arrow()
        snapshot = Snapshot(version, content["vector_id"].to_pylist(), content["owner_id"].to_pylist(), _matrix(content))
        self._memory.put(name, snapshot)
        return snapshot


def _search_by_index(table: Any, vector: Vector, limit: int) -> list[Found]:
    factor = max(_CANDIDATES // limit, _LEAST_FACTOR)
    question = table.search(vector).distance_type("cosine").nprobes(_PROBES).refine_factor(factor).limit(limit)
    found = question.select(["vector_id", "owner_id", "_distance"]).to_arrow()
    columns = (found[name].to_pylist() for name in ("vector_id", "owner_id", "_distance"))
    return [Found(vector_id, owner_id, 1 - distance) for vector_id, owner_id, distance in zip(*columns, strict=True)]


def _make_indexes(table: Any) -> None:
    """Those that a large table needs and has not: once made, they are brought up to date with the files."""
    from lancedb.index import BTree, IvfRq

    there = {index.name for index in table.list_indices()}
    if table.count_rows() <= EXACT_ROWS:
        return
    if _ID_INDEX not in there:
        table.create_index("vector_id", config=BTree(), name=_ID_INDEX)
    if _VECTOR_INDEX not in there:
        config = IvfRq(distance_type="cosine", num_bits=_BITS, target_partition_size=_PARTITION_ROWS)
        table.create_index("vector", config=config, name=_VECTOR_INDEX)


def _schema(size: int) -> pyarrow.Schema:
    import pyarrow

    text, vector = pyarrow.string(), pyarrow.list_(pyarrow.float32(), size)
    return pyarrow.schema(
        [pyarrow.field(name, kind, nullable=False) for name, kind in (("vector_id", text), ("owner_id", text), ("vector", vector))]
    )


def _as_table(rows: Sequence[VectorRow], size: int) -> pyarrow.Table:
    import pyarrow

    if (wrong := next((row for row in rows if row.vector.shape != (size,)), None)) is not None:
        raise ValueError(f"Expected vectors of {size} numbers, got an array of shape {wrong.vector.shape} for {wrong.owner_id}.")
    vectors = np.stack([row.vector for row in rows]).astype(np.float32, copy=False)
    lengths = np.linalg.norm(vectors, axis=1)
    if not np.all(np.abs(lengths - 1) < _UNIT_TOLERANCE):
        raise ValueError(f"Expected vectors of length 1, got lengths from {lengths.min()} to {lengths.max()}.")
    schema = _schema(size)
    columns = {
        "vector_id": _checked(row.vector_id for row in rows),
        "owner_id": _checked(row.owner_id for row in rows),
        "vector": pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(vectors.ravel()), type=schema.field("vector").type),
    }
    return pyarrow.table(columns, schema=schema)


def _size(table: Any) -> int:
    """Numbers in a vector of a table or of a result."""
    return int(table.schema.field("vector").type.list_size)


def _matrix(content: pyarrow.Table) -> npt.NDArray[np.float32]:
    """(N, size) vectors of a result."""
    numbers = [chunk.flatten().to_numpy() for chunk in content["vector"].chunks]
    return np.concatenate([np.zeros(0, np.float32), *numbers]).reshape(-1, _size(content))


def _checked(names: Iterable[str]) -> list[str]:
    """The ids, none of which can end the text of a filter."""
    given = list(names)
    if (wrong := next((name for name in given if not _ID.fullmatch(name)), None)) is not None:
        raise ValueError(f"Expected ids of 1 to 128 letters, digits, '_', '.', ':' and '-', got {wrong!r}.")
    return given


def _conditions(vector_ids: Several[str]) -> list[str]:
    """Filters that together name all the ids."""
    names = iter(_checked(sorted(set(vector_ids))))
    return [
        f"vector_id IN ({', '.join(repr(name) for name in some)})" for some in iter(lambda: list(itertools.islice(names, _IDS_AT_ONCE)), [])
    ]
