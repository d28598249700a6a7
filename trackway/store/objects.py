"""Videos and artifacts in S3."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trackway.errors import ImageTooLarge, ObjectGone, OptionError
from trackway.jobs.ports import ObjectFacts
from trackway.jobs.record import Video
from trackway.jobs.uploads import SIDECAR_SUFFIX

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_s3 import S3Client

__all__ = ["Objects"]

_SIDECAR_BYTES = 64 * 1024
_ABSENT = frozenset({"404", "NoSuchKey", "NoSuchVersion", "NoSuchBucket", "NotFound"})
_UNREADABLE = _ABSENT | {"400", "403", "301", "405", "AccessDenied", "InvalidArgument", "MethodNotAllowed", "PermanentRedirect"}


class Objects:
    """Videos and artifacts (`trackway.jobs.ports.Objects`).

    Args:
        client: S3.
        artifacts_bucket: where artifacts lie; may be empty for a function that has nothing to do with them.
    """

    def __init__(self, client: S3Client, artifacts_bucket: str = "") -> None:
        self._client = client
        self._artifacts_bucket = artifacts_bucket

    def facts(self, video: Video) -> ObjectFacts:
        """What is known of a video without reading it.

        Raises:
            ObjectGone: it is not there, or not for us to read.
        """
        with self._reading():
            head = self._client.head_object(**_address(video))
        return ObjectFacts(head["ContentLength"], head["ETag"].strip('"'), head.get("Metadata", {}))

    def sidecar(self, video: Video) -> bytes | None:
        """The content of the object `<key>.job.json` beside the video, None where there is none that we may read.

        Raises:
            OptionError: it is larger than any options can be.
        """
        try:
            answer = self._client.get_object(Bucket=video.bucket, Key=video.name + SIDECAR_SUFFIX)
        except self._client.exceptions.ClientError as error:
            # Without the right to list, S3 answers "access denied" for what is not there.
            if _code(error) in _ABSENT | {"403", "AccessDenied"}:
                return None
            raise
        if answer["ContentLength"] > _SIDECAR_BYTES:
            raise OptionError(f"sidecar object: expected at most {_SIDECAR_BYTES} bytes, found {answer['ContentLength']}.")
        return answer["Body"].read()

    def content(self, place: Video, most_bytes: int) -> bytes:
        """An image, whole.

        Args:
            place: where it lies.
            most_bytes: of a larger one nothing is read.

        Raises:
            ObjectGone: it is not there, or not for us to read.
            ImageTooLarge: it is larger (SPEC R66).
        """
        with self._reading():
            answer = self._client.get_object(**_address(place))
        with contextlib.closing(answer["Body"]) as body:
            if answer["ContentLength"] > most_bytes:
                raise ImageTooLarge(
                    f"Image size is too large: {answer['ContentLength']} bytes, the limit is {most_bytes} bytes. Send a smaller picture."
                )
            return body.read()

    @contextlib.contextmanager
    def download(self, video: Video) -> Iterator[Path]:
        """A private copy of the video, removed at the end of the `with` block.

        Raises:
            ObjectGone: it is not there, not for us to read, or no longer the one that the job was started for.
        """
        with tempfile.TemporaryDirectory(prefix="trackway-") as folder:
            path = Path(folder) / "video"
            if video.etag is not None and self.facts(video).etag != video.etag:
                raise ObjectGone("The video was replaced in S3 after the job was started; upload it again.")
            with self._reading():
                version = {} if video.version is None else {"VersionId": video.version}
                self._client.download_file(video.bucket, video.name, str(path), ExtraArgs=version)
            yield path

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        """Turn what S3 says of an object that cannot be read into ObjectGone, in Rekognition's words (SPEC R23)."""
        try:
            yield
        except self._client.exceptions.ClientError as error:
            if _code(error) in _UNREADABLE:
                raise ObjectGone("Unable to get object metadata from S3. Check object key, region and/or access permissions.") from error
            raise

    def put_artifact(self, key: str, content: bytes, content_type: str) -> None:
        """Write an artifact; the same content again changes nothing."""
        self._client.put_object(Bucket=self._artifacts_bucket, Key=key, Body=content, ContentType=content_type)

    def put_file(self, key: str, path: Path, content_type: str) -> None:
        """Write an artifact from a file, in parts where it is large."""
        self._client.upload_file(str(path), self._artifacts_bucket, key, ExtraArgs={"ContentType": content_type})

    def has_artifact(self, key: str) -> bool:
        """Whether there is an artifact under this key."""
        try:
            self._client.head_object(Bucket=self._artifacts_bucket, Key=key)
        except self._client.exceptions.ClientError as error:
            if _code(error) in _ABSENT:
                return False
            raise
        return True

    def get_artifact(self, key: str) -> bytes:
        """The content of an artifact.

        Raises:
            FileNotFoundError: there is none under this key.
        """
        try:
            return self._client.get_object(Bucket=self._artifacts_bucket, Key=key)["Body"].read()
        except self._client.exceptions.NoSuchKey as error:
            raise FileNotFoundError(f"There is no artifact {key}.") from error


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _address(video: Video) -> Any:
    address = {"Bucket": video.bucket, "Key": video.name}
    return address if video.version is None else address | {"VersionId": video.version}
