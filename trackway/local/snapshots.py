"""What makes the emulator's state survive: it writes its records only at a clean exit, this writes them while it runs.

A snapshot is a set of files named by their content, plus one manifest that is replaced at the end: a kill at any moment leaves
the snapshot before or the new one, never a mixture. The records are not captured in one instant, so the order matters: first
the queues, then the executions, then everything else. Whatever a later service shows as done, the earlier one may still show
as open, and is done again after a restart; the other way round a job could get lost. Every step of a job can be repeated.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from trackway.errors import EmbeddedCloudError
from trackway.local.seams import Part, require

__all__ = ["Snapshots"]

_PARTS = (
    Part("app", "load_state"),
    Part("app", "save_all"),
    Part("app", "_build_persistence_save_dict", ()),
    Part("core.persistence", "_json_default", ("obj",)),
    Part("core.persistence", "_json_object_hook", ("obj",)),
)
_FIRST = ("sqs", "stepfunctions")
_LOG = logging.getLogger(__name__)


class Snapshots:
    """Saves the state shortly after every change, and gives it back at the next start.

    Args:
        folder: where the files lie.
        address: "127.0.0.1:PORT" of this cloud. Records hold addresses (of queues, say); those of an earlier start are
            replaced when the port has changed.
    """

    def __init__(self, folder: Path, address: str) -> None:
        self._folder = folder
        self._address = address
        self._written: dict[str, str] = {}
        self._services: Callable[[], Mapping[str, Callable[[], Any]]] = dict
        self._encode: Callable[[Any], Any] = str
        self._news = threading.Condition()
        self._changes = 0
        self._saved = 0
        self._hurry = False
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="trackway-snapshots", daemon=True)

    def install(self) -> None:
        """Takes the place of the emulator's own loading and saving; nothing is saved before `watch`.

        Raises:
            EmbeddedCloudError: the emulator is another version, or the state cannot be read.
        """
        require("snapshots", _PARTS)
        from ministack import app
        from ministack.core import persistence

        records = self._read(persistence._json_object_hook)
        app.load_state = lambda service: records.pop(service, None)
        app.save_all = lambda services: None
        self._services = app._build_persistence_save_dict
        self._encode = persistence._json_default

    def watch(self) -> None:
        """From now on every change is saved."""
        self._thread.start()

    def changed(self) -> int:
        """Something has changed: it is on disk within a fraction of a second. Returns a ticket for `wait_for`."""
        with self._news:
            self._changes += 1
            self._news.notify_all()
            return self._changes

    def wait_for(self, ticket: int, timeout_seconds: float = 10.0) -> None:
        """Waits until the change with this ticket is on disk."""
        with self._news:
            self._hurry = True
            self._news.notify_all()
            if self._thread.is_alive():
                self._news.wait_for(lambda: self._saved >= ticket or self._closed, timeout_seconds)

    def close(self) -> None:
        """Writes what is not yet written; nothing is saved afterwards."""
        with self._news:
            if self._closed:
                return
            self._closed = True
            self._news.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        pause = 0.0
        while True:
            with self._news:
                # A large state takes long to write: at most a tenth of the time goes into it, unless somebody waits.
                self._news.wait_for(lambda: self._hurry or self._closed, pause)
                self._news.wait_for(lambda: self._changes > self._saved or self._closed)
                closing, reached = self._closed, self._changes
                self._hurry = False
            started = time.monotonic()
            try:
                self._save()
            except (OSError, RuntimeError):
                # A full disk, or a table that changed ten times while it was copied: tried again after the pause.
                _LOG.exception("The state could not be saved")
            else:
                with self._news:
                    self._saved = reached
                    self._news.notify_all()
            pause = max(0.25, 10 * (time.monotonic() - started))
            if closing:
                return

    def _save(self) -> None:
        services = self._services()
        order = [*(name for name in _FIRST if name in services), *(name for name in services if name not in _FIRST)]
        captured = {name: self._capture(services[name]) for name in order}
        files = {}
        for name, text in captured.items():
            if text is None:
                continue
            files[name] = f"{name}-{hashlib.sha256(text).hexdigest()[:32]}.json"
            if self._written.get(name) != files[name]:
                (self._folder / files[name]).write_bytes(text)
        if files == self._written:
            return
        partial = self._folder / "manifest.json.partial"
        partial.write_text(json.dumps({"address": self._address, "files": files}))
        partial.replace(self._folder / "manifest.json")
        for name in {path.name for path in self._folder.glob("*-*.json")} - set(files.values()):
            (self._folder / name).unlink()
        self._written = files

    def _capture(self, state: Callable[[], Any]) -> bytes | None:
        for attempt in range(10):
            try:
                captured = state()
                return None if captured is None else json.dumps(captured, default=self._encode).encode()
            except RuntimeError:  # "dictionary changed size during iteration"
                if attempt == 9:
                    raise
                time.sleep(0.01)
        raise AssertionError("the last attempt returns or raises")

    def _read(self, decode: Callable[[Any], Any]) -> dict[str, Any]:
        path = self._folder / "manifest.json"
        try:
            manifest = json.loads(path.read_text())
            self._written = dict(manifest["files"])
            records = {}
            for service, name in self._written.items():
                path = self._folder / name
                text = path.read_text().replace(manifest["address"], self._address)
                records[service] = json.loads(text, object_hook=decode)
        except FileNotFoundError as error:
            if path.name == "manifest.json":
                return {}
            raise self._unreadable(path, error) from error
        except (OSError, ValueError, KeyError) as error:
            raise self._unreadable(path, error) from error
        return records

    def _unreadable(self, path: Path, error: Exception) -> EmbeddedCloudError:
        return EmbeddedCloudError(
            f"The embedded cloud's state cannot be read: {path}: {error}. "
            f"Delete the folder {self._folder.parent} to start afresh, or name another with --state."
        )
