"""A collection as a file: JSON lines or Parquet, by the file's ending; either holds everything and becomes the other without loss.

JSON lines: first the embedding, then the faces by id, each with its vector (float32, little endian, base64), then the users.

    {"Embedding": {"Title": ..., "Digest": ..., "Size": 1024, "Version": "1.0"}}
    {"Face": {"FaceId": ..., ...}, "Vector": "..."}
    {"User": {"UserId": ..., "FaceIds": [...]}}

Parquet: a row per face, its vector as a list of floats; embedding and users as JSON in the file's metadata, key "trackway".
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from trackway.errors import FileError, OptionError

__all__ = ["ENDINGS", "Entry", "check_ending", "read_entries", "write_entries"]

Entry = dict[str, Any]
"""A line of the JSON file."""

_METADATA = b"trackway"
_ROWS_AT_ONCE = 5_000
_BOX = ("Left", "Top", "Width", "Height")
_TEXTS = ("FaceId", "ImageId", "ExternalImageId", "IndexFacesModelVersion", "UserId")
_NUMBERS = ("Confidence",)


def check_ending(path: Path) -> None:
    """Refuse a file of no known kind.

    Raises:
        OptionError: its name ends otherwise.
    """
    if path.suffix.lower() not in ENDINGS:
        raise OptionError(f"{path}: expected a name that ends with {' or '.join(ENDINGS)}, found {path.suffix or 'no ending'!r}.")


def write_entries(entries: Iterable[Entry], path: Path) -> None:
    """Write a file, whole or not at all.

    Raises:
        FileError: it cannot be written.
    """
    unfinished = path.with_name(path.name + ".tmp")
    try:
        ENDINGS[path.suffix.lower()][0](entries, unfinished)
        os.replace(unfinished, path)
    except OSError as error:
        raise FileError(f"The collection cannot be written to {path}: {error.strerror or error}.") from error
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)


def read_entries(path: Path) -> Iterator[Entry]:
    """The entries of a file, the embedding first.

    Raises:
        FileError: it cannot be read, or is not what `write_entries` wrote.
    """
    try:
        entries = ENDINGS[path.suffix.lower()][1](path)
        first = next(entries, {})
        if "Embedding" not in first:
            raise FileError(f"{path}: expected the export of a collection, found something else.")
        yield first
        yield from entries
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}.") from error


def _write_lines(entries: Iterable[Entry], path: Path) -> None:
    with path.open("wb") as file:
        for entry in entries:
            file.write(msgspec.json.encode(entry) + b"\n")


def _read_lines(path: Path) -> Iterator[Entry]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield msgspec.json.decode(line, type=Entry)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise FileError(f"{path}, line {number}: expected a JSON object, found something else ({error}).") from error


def _write_parquet(entries: Iterable[Entry], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rest = iter(entries)
    embedding, users = next(rest)["Embedding"], []
    columns = {name: pa.string() for name in _TEXTS} | {name: pa.float64() for name in (*_NUMBERS, *_BOX)}
    schema = pa.schema({**columns, "Vector": pa.list_(pa.float32(), embedding["Size"])})
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for chunk in iter(lambda: list(itertools.islice(rest, _ROWS_AT_ONCE)), []):
            users += [entry["User"] for entry in chunk if "User" in entry]
            faces = [_row(entry) for entry in chunk if "Face" in entry]
            if faces:
                writer.write_table(pa.Table.from_pylist(faces, schema))
        writer.add_key_value_metadata({_METADATA: msgspec.json.encode({"Embedding": embedding, "Users": users})})


def _read_parquet(path: Path) -> Iterator[Entry]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            told = msgspec.json.decode((file.metadata.metadata or {}).get(_METADATA, b"{}"), type=Entry)
            if "Embedding" not in told:
                return
            yield {"Embedding": told["Embedding"]}
            for batch in file.iter_batches(_ROWS_AT_ONCE):
                yield from map(_entry, batch.to_pylist())
            yield from ({"User": user} for user in told["Users"])
    except (pa.ArrowException, KeyError, msgspec.DecodeError) as error:
        raise FileError(f"{path}: expected a Parquet file of a collection, found something else ({error}).") from error


def _row(entry: Entry) -> Entry:
    face: Entry = entry["Face"]
    vector = np.frombuffer(base64.b64decode(entry["Vector"]), "<f4")
    return {name: face.get(name) for name in (*_TEXTS, *_NUMBERS)} | dict(face["BoundingBox"]) | {"Vector": vector}


def _entry(row: Entry) -> Entry:
    face = {name: row[name] for name in (*_TEXTS, *_NUMBERS) if row[name] is not None}
    vector = np.asarray(row["Vector"], "<f4").tobytes()
    return {"Face": face | {"BoundingBox": {side: row[side] for side in _BOX}}, "Vector": base64.b64encode(vector).decode()}


ENDINGS: dict[str, tuple[Callable[[Iterable[Entry], Path], None], Callable[[Path], Iterator[Entry]]]] = {
    ".jsonl": (_write_lines, _read_lines),
    ".parquet": (_write_parquet, _read_parquet),
}
"""File ending -> how such a file is written and read."""
