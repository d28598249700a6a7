"""Files that can be made again at any time: optimised graphs, halved weights, TensorRT engines. Kept so that it is done once.

Several processes may read and fill a folder at once: a file appears whole, behind a checksum of its content. None of this can fail:
what is damaged reads as absent, and a folder that cannot be written keeps nothing. Each picture size brings files of its own, so that those
unused for longest make room for new ones.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

__all__ = ["Kept", "seal", "unseal"]

_CHECKSUM_BYTES = 4


class Kept:
    """A folder of such files.

    Args:
        folder: made when the first file is kept.
        limit_bytes: of all files together.
    """

    def __init__(self, folder: Path, limit_bytes: int = 512 * 2**20) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes

    def get(self, name: str, make: Callable[[], bytes]) -> bytes:
        """The content of the file `name`; where there is none, what `make` gives, which is kept."""
        content = self.read(name)
        if content is None:
            content = make()
            self.write(name, content)
        return content

    def read(self, name: str) -> bytes | None:
        """The content of a file; None where it is absent or damaged."""
        path = self._folder / name
        try:
            sealed = path.read_bytes()
        except OSError:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # in use
        return unseal(sealed)

    def write(self, name: str, content: bytes) -> None:
        """Keep a file, where that is possible."""
        path = self._folder / name
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".incoming-", dir=path.parent) as folder:
                incoming = Path(folder) / path.name
                incoming.write_bytes(seal(content))
                os.replace(incoming, path)
            self._make_room(path)

    def _make_room(self, newest: Path) -> None:
        """Remove the files that nobody has read for longest."""
        files = [(path, path.stat()) for path in self._folder.rglob("*") if path.is_file() and path != newest]
        room = self._limit_bytes - newest.stat().st_size
        for path, facts in sorted(files, key=lambda entry: (-entry[1].st_mtime_ns, entry[0])):
            room -= facts.st_size
            if room < 0:
                path.unlink(missing_ok=True)


def seal(content: bytes) -> bytes:
    """The content behind its checksum."""
    return _checksum(content) + content


def unseal(sealed: bytes) -> bytes | None:
    """The content of what `seal` gave; None where it was damaged since."""
    checksum, content = sealed[:_CHECKSUM_BYTES], sealed[_CHECKSUM_BYTES:]
    return content if content and checksum == _checksum(content) else None


def _checksum(content: bytes) -> bytes:
    """CRC-32: against damage, not against forgery; a digest would take half as long as opening the network."""
    return zlib.crc32(content).to_bytes(_CHECKSUM_BYTES, "big")
