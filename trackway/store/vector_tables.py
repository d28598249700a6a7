"""Tables of LanceDB: where they lie, how they are opened and made, and what happens where two change one at once.

The library is imported on first use: it takes longer to import than a function has to refuse a request.
"""

from __future__ import annotations

import functools
import random
import re
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from trackway.errors import SystemFault

if TYPE_CHECKING:
    import pyarrow

__all__ = ["Tables", "s3_options"]

_Result = TypeVar("_Result")

_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
_ATTEMPTS = 12
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.05, 3.0
_METADATA_CACHE_BYTES = 128 << 20


def s3_options(environment: Mapping[str, str]) -> dict[str, str]:
    """How LanceDB reaches S3: region and endpoint of the environment, HTTP without TLS only where the endpoint says so.

    Credentials are left to LanceDB's own chain (environment with session token, container, instance), which renews them.
    """
    options = {}
    if region := environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION"):
        options["aws_region"] = region
    if endpoint := environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL"):
        options |= {"aws_endpoint": endpoint, "aws_virtual_hosted_style_request": "false"}
        if endpoint.startswith("http://"):
            options["allow_http"] = "true"
    return options


class Tables:
    """The tables under one address.

    Args:
        uri: "s3://bucket/prefix" or a folder.
        options: of the storage, see `s3_options`.
        cache_bytes: memory for indexes that were read.
    """

    def __init__(self, uri: str, options: Mapping[str, str], cache_bytes: int) -> None:
        self._uri = uri
        self._options = dict(options) if "://" in uri else None
        self._cache_bytes = cache_bytes

    @functools.cached_property
    def connection(self) -> Any:
        """LanceDB; every table that is opened shares its caches."""
        import lancedb

        session = lancedb.Session(self._cache_bytes, _METADATA_CACHE_BYTES)
        return lancedb.connect(self._uri, storage_options=self._options, session=session)

    def open(self, name: str) -> Any | None:
        """The table as it is now, with every change that has ended; None where there is none. One request to S3."""
        try:
            return self.connection.open_table(_checked(name))
        except ValueError as error:
            if "not found" in str(error):
                return None
            raise

    def read(self, name: str, reading: Callable[[Any], _Result]) -> _Result | None:
        """What `reading` finds in the table as it is now; None where there is none, or it was dropped meanwhile."""
        for pause in _pauses():
            if (table := self.open(name)) is None:
                return None
            try:
                return reading(table)
            except (RuntimeError, OSError) as error:
                # A file that is gone: the table was dropped, which the next look tells, or its old versions were removed.
                if "not found" not in str(error).lower():
                    raise
            time.sleep(pause)
        raise SystemFault(f"The vectors {name} cannot be read: files are missing again and again.")

    def change(self, name: str, changing: Callable[[Any], object], schema: pyarrow.Schema | None = None) -> None:
        """Make a change to the table as it is now; again where another change got in its way.

        Args:
            name: of the table.
            changing: makes the change.
            schema: of the table that is made if there is none; without one nothing happens then.

        Raises:
            SystemFault: others were in its way again and again.
        """
        for pause in _pauses():
            table = self.open(name) if schema is None else self._open_or_make(name, schema)
            if table is None:
                return
            try:
                changing(table)
                return
            except (RuntimeError, OSError) as error:
                if not _is_conflict(error) and "not found" not in str(error).lower():
                    raise
            time.sleep(pause)
        raise SystemFault(f"The vectors {name} cannot be changed: other changes are in the way again and again.")

    def drop(self, name: str) -> None:
        """Remove the table with all its files, if there is one."""
        try:
            self.connection.drop_table(_checked(name))
        except ValueError as error:
            if "not found" not in str(error):
                raise

    def _open_or_make(self, name: str, schema: pyarrow.Schema) -> Any:
        """The table, made empty if there is none, also when others make it at the same moment."""
        for pause in _pauses():
            if (table := self.open(name)) is not None:
                return table
            try:
                return self.connection.create_table(name, schema=schema)
            except (ValueError, RuntimeError, OSError) as error:
                if "exist" not in str(error) and not _is_conflict(error):
                    raise
            time.sleep(pause)
        raise SystemFault(f"The vectors {name} could be neither opened nor made.")


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"Expected a table name of 1 to 128 letters, digits, '_' and '-', got {name!r}.")
    return name


def _pauses() -> list[float]:
    """Seconds between attempts: longer each time and never the same for two, because equal ones meet again."""
    longest = (min(_FIRST_PAUSE_SECONDS * 2**attempt, _LONGEST_PAUSE_SECONDS) for attempt in range(_ATTEMPTS))
    return [random.uniform(0.5, 1) * pause for pause in longest]  # noqa: S311 - not a secret


def _is_conflict(error: Exception) -> bool:
    # LanceDB has no class for it; nothing was changed where its message says so.
    return any(word in str(error).lower() for word in ("conflict", "concurrent", "preempted"))
