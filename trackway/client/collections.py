"""Collections out of a deployment and into another one: page by page, taken up where it was cut off."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from trackway.errors import FileError
from trackway.progress import Progress
from trackway.results.collection_files import Entry, check_ending, read_entries, write_entries

__all__ = ["Imported", "export_collection", "import_collection"]

_FACES_AT_ONCE = 500
_USERS_AT_ONCE = 50  # each brings up to a hundred faces


class Imported(NamedTuple):
    """What became of the faces of a file.

    Attributes:
        stored, known_by_id, known_by_vector: how many are new, were there, were there under another id.
        refused: the others: FaceId and Reason.
    """

    stored: int
    known_by_id: int
    known_by_vector: int
    refused: list[dict[str, str]]


def export_collection(client: Any, collection_id: str, path: Path, progress: Progress, *, total: int | None = None) -> int:
    """Write a collection to a file; returns how many faces it has.

    What was read lies beside the file, with the ending .part, until all of it is there; the same export again goes on from there.

    Args:
        client: see `connect.trackway_client`.
        collection_id: which.
        path: ends with .jsonl or .parquet; must not be there.
        progress: is told of every page.
        total: how many faces there are, as far as known.

    Raises:
        OptionError: the file's name ends otherwise.
        FileError: it is there already, or cannot be written.
    """
    check_ending(path)
    if path.exists():
        raise FileError(f"{path} is there already; name another file, or remove it.")
    part = _Part(path.with_name(path.name + ".part"), collection_id)
    progress.stage("export", total)
    try:
        _read_all(client, collection_id, part, progress)
        progress.stage("write", part.faces)
        write_entries(_counted(part.entries(), progress), path)
        part.remove()
    except OSError as error:
        raise FileError(f"The collection cannot be written to {path}: {error.strerror or error}.") from error
    return part.faces


def import_collection(client: Any, collection_id: str, path: Path, progress: Progress) -> Imported:
    """Put the faces and users of a file into a collection; what is there already stays as it is, so that it may be done again.

    Args:
        client: see `connect.trackway_client`.
        collection_id: which; it must be there.
        path: what `export_collection` wrote.
        progress: is told of every page.

    Raises:
        OptionError: the file's name ends otherwise.
        FileError: it cannot be read, or is no export.
    """
    check_ending(path)
    entries = read_entries(path)
    embedding = next(entries)["Embedding"]
    total, done = Imported(0, 0, 0, []), 0
    progress.stage("import")
    for faces, users in _portions(entries, path):
        answer = client.import_faces(CollectionId=collection_id, Embedding=embedding, Faces=faces, Users=users)
        total = Imported(
            total.stored + answer["Stored"],
            total.known_by_id + answer["KnownById"],
            total.known_by_vector + answer["KnownByVector"],
            total.refused + answer["Refused"],
        )
        done += len(faces)
        progress.update(done)
    return total


class _Part:
    """Pages that were read, as JSON lines, each page followed by the token of the next."""

    def __init__(self, path: Path, collection_id: str) -> None:
        self._path = path
        self._head = msgspec.json.encode({"Export": collection_id}) + b"\n"
        self.faces = 0
        self.token: str | None = None
        self.complete = False
        self._take_up()

    def _take_up(self) -> None:
        """Find the last page that was written whole, and forget what follows it."""
        whole = 0
        if self._path.exists():
            with self._path.open("rb") as file:
                if file.readline() == self._head:
                    whole = self._last_page(file)
        if not whole:
            self._path.write_bytes(self._head)
        else:
            with self._path.open("r+b") as file:
                file.truncate(whole)

    def _last_page(self, file: Iterable[bytes]) -> int:
        whole, at, faces = 0, len(self._head), 0
        for line in file:
            at += len(line)
            faces += line.startswith(b'{"Face"')
            if line.startswith(b'{"NextToken"') and line.endswith(b"}\n"):
                whole, self.faces = at, faces
                self.token = msgspec.json.decode(line)["NextToken"]
                self.complete = self.token is None
        return whole

    def add(self, page: dict[str, Any]) -> None:
        """Keep a page."""
        faces, users = page.get("Faces", []), page.get("Users", [])
        lines: list[Entry] = [] if self.faces or self.token else [{"Embedding": page["Embedding"]}]
        lines += [{"Face": face["Face"], "Vector": base64.b64encode(face["Embedding"]).decode()} for face in faces]
        lines += [{"User": user} for user in users]
        self.token = page.get("NextToken")
        self.complete = self.token is None
        with self._path.open("ab") as file:
            file.writelines(msgspec.json.encode(line) + b"\n" for line in (*lines, {"NextToken": self.token}))
        self.faces += len(faces)

    def restart(self) -> None:
        """Forget everything."""
        self._path.write_bytes(self._head)
        self.faces, self.token, self.complete = 0, None, False

    def entries(self) -> Iterator[Entry]:
        """What was read, without the tokens."""
        with self._path.open("rb") as file:
            next(file)
            yield from (msgspec.json.decode(line) for line in file if not line.startswith(b'{"NextToken"'))

    def remove(self) -> None:
        self._path.unlink()


def _read_all(client: Any, collection_id: str, part: _Part, progress: Progress) -> None:
    resumed = part.token is not None
    while not part.complete:
        token = {} if part.token is None else {"NextToken": part.token}
        try:
            page = client.export_faces(CollectionId=collection_id, MaxResults=_FACES_AT_ONCE, **token)
        except client.exceptions.InvalidPaginationTokenException:
            if not resumed:
                raise
            # The part is older than a day, or of a collection that is gone.
            resumed = False
            part.restart()
            continue
        part.add(page)
        progress.update(part.faces)


def _counted(entries: Iterable[Entry], progress: Progress) -> Iterator[Entry]:
    faces = 0
    for entry in entries:
        faces += "Face" in entry
        if "Face" in entry and faces % _FACES_AT_ONCE == 0:
            progress.update(faces)
        yield entry


def _portions(entries: Iterable[Entry], path: Path) -> Iterator[tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """Faces and users, so many of either as one request takes."""
    kinds: dict[str, tuple[int, Callable[[Entry], dict[str, Any]]]] = {
        "Face": (_FACES_AT_ONCE, lambda entry: {"Face": entry["Face"], "Embedding": base64.b64decode(entry["Vector"])}),
        "User": (_USERS_AT_ONCE, lambda entry: entry["User"]),
    }
    for kind, group in itertools.groupby(entries, key=lambda entry: next(iter(entry), "")):
        if kind not in kinds:
            raise FileError(f"{path}: expected faces and users, found {kind or 'nothing'!r}.")
        size, shape = kinds[kind]
        for portion in iter(lambda: list(itertools.islice(group, size)), []):  # noqa: B023 - used up before the next round
            try:
                shaped = [shape(entry) for entry in portion]
            except (KeyError, ValueError, TypeError) as error:
                raise FileError(f"{path}: a {kind.lower()} lacks something or is broken ({error}).") from error
            yield (shaped, []) if kind == "Face" else ([], shaped)
