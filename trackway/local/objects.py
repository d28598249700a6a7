"""S3 objects of the embedded cloud lie on the disk, whatever their size and version.

The emulator keeps the content of every version in memory, reads a whole object for each range of it, and ignores the range when
a version is named: a large video, which clients fetch in many ranges, would be put together wrongly, and stay in memory.
"""

from __future__ import annotations

import contextvars
import os
from typing import Any

from trackway.local.seams import Part, require

__all__ = ["install"]

_PARTS = (
    Part("services.s3", "_get_object", ("bucket_name", "key", "headers", "query_params")),
    Part("services.s3", "_read_body", ("bucket_name", "key", "obj")),
    Part("services.s3", "_persist_object", ("bucket", "key", "obj")),
    Part("services.s3", "_object_versions"),
    Part("services.s3", "_object_disk_path", ("bucket", "key")),
    Part("services.s3", "_parse_range", ("range_header", "total")),
)


class _OnDisk:
    """Bytes of a file, read when a slice of them is asked for."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __len__(self) -> int:
        return os.path.getsize(self._path)

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(len(self))
        with open(self._path, "rb") as file:
            file.seek(start)
            return file.read(stop - start)


def install() -> None:
    """Makes ranged reads exact and cheap, and frees what is on the disk.

    Raises:
        EmbeddedCloudError: the emulator is another version.
    """
    require("S3 objects", _PARTS)
    from ministack.services import s3

    ranged: contextvars.ContextVar[bool] = contextvars.ContextVar("ranged", default=False)
    get_object, read_body, persist = s3._get_object, s3._read_body, s3._persist_object

    def read_lazily(bucket: str, key: str, record: dict[str, Any]) -> Any:
        path = s3._object_disk_path(bucket, key) if ranged.get() and record.get("body") is None else None
        return _OnDisk(path) if path and os.path.isfile(path) else read_body(bucket, key, record)

    def get_range(bucket: str, key: str, headers: dict[str, str], query_params: dict[str, Any] | None = None) -> Any:
        wanted = headers.get("range", "")
        token = ranged.set(bool(wanted))
        try:
            status, answered, body = get_object(bucket, key, headers, query_params)
        finally:
            ranged.reset(token)
        if status != 200 or not wanted:
            return status, answered, body
        size = len(body)  # the range was ignored
        found = s3._parse_range(wanted, size)
        if found is None:
            return 416, {"Content-Type": "application/xml", "Content-Range": f"bytes */{size}"}, b""
        start, end = found
        part = body[start : end + 1]
        of_the_part = {name: value for name, value in answered.items() if not name.lower().startswith("x-amz-checksum")}
        return 206, {**of_the_part, "Content-Length": str(len(part)), "Content-Range": f"bytes {start}-{end}/{size}"}, part

    def persist_and_free(bucket: str, key: str, record: Any) -> None:
        persist(bucket, key, record)
        if isinstance(record, dict) and record.get("body") is None:
            for version in s3._object_versions.get((bucket, key)) or []:
                if version["version_id"] == record.get("version_id"):
                    version["data"] = None

    s3._get_object = get_range
    s3._persist_object = persist_and_free
    s3._read_body = read_lazily
