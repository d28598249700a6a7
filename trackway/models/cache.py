"""Converted networks on this machine, one file per digest, written whole or not at all and checked at every load."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from trackway.errors import ModelError
from trackway.models.pack import Weights

__all__ = ["ModelCache", "cache_folder"]


def cache_folder(environment: Mapping[str, str]) -> Path:
    """TRACKWAY_CACHE, else trackway below XDG_CACHE_HOME, else ~/.cache/trackway."""
    if given := environment.get("TRACKWAY_CACHE"):
        return Path(given)
    return Path(environment.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "trackway"


class ModelCache:
    """The folder of converted networks. Several processes may read and fill it at once.

    Attributes:
        folder: where everything lies; need not exist yet. Reading works on a read-only one.
        prepared: where networks made ready for this machine are kept; TRACKWAY_PREPARED, else below the folder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = cache_folder(os.environ) if folder is None else folder
        elsewhere = os.environ.get("TRACKWAY_PREPARED") if folder is None else None
        self.prepared = Path(elsewhere) if elsewhere else self.folder / "prepared"

    def path(self, model: Weights) -> Path:
        """Where the network of `model` lies or will lie."""
        return self.folder / "models" / f"{model.onnx_sha256}.onnx"

    def holds(self, model: Weights) -> bool:
        """A file of that name is there; `read` says whether its bytes are right."""
        return self.path(model).is_file()

    def require(self, model: Weights) -> None:
        """Says so before a run begins, where `read` would only during it.

        Raises:
            ModelError: it is absent.
        """
        if not self.holds(model):
            raise self._absent(model)

    def read(self, model: Weights) -> bytes:
        """The network's bytes, verified.

        Raises:
            ModelError: it is absent, unreadable or not what the pack pins.
        """
        path = self.path(model)
        try:
            data = path.read_bytes()
        except FileNotFoundError as error:
            raise self._absent(model) from error
        except OSError as error:
            raise ModelError(f"The weights of {model.title} cannot be read from {path}: {error.strerror or error}.") from error
        found = hashlib.sha256(data).hexdigest()
        if found != model.onnx_sha256:
            raise ModelError(
                f"The weights of {model.title} were changed: {path} should have sha256 {model.onnx_sha256} but has {found}; "
                "delete that file and run `trackway models pull`."
            )
        return data

    def _absent(self, model: Weights) -> ModelError:
        return ModelError(f"The weights of {model.title} are not installed ({self.path(model)} is missing); run `trackway models pull`.")

    def write(self, model: Weights, data: bytes) -> Path:
        """Stores the network; a reader sees the old file or the whole new one.

        Raises:
            ModelError: the folder cannot be written.
        """
        path = self.path(model)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".incoming-", dir=path.parent) as folder:
                incoming = Path(folder) / path.name
                incoming.write_bytes(data)
                os.replace(incoming, path)
        except OSError as error:
            raise ModelError(
                f"The weights of {model.title} cannot be stored in {path.parent}: {error.strerror or error}; "
                "make it writable or name another folder in TRACKWAY_CACHE."
            ) from error
        return path
