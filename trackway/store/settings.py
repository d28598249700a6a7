"""What a deployed function or container is told about its surroundings: read once, at the edge, from its environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import msgspec

from trackway.errors import SystemFault

__all__ = ["Settings", "is_initializing"]

_PREFIX = "TRACKWAY_"


class Settings(msgspec.Struct, frozen=True):
    """The environment variables TRACKWAY_<NAME>, one per attribute; each function has those that its role allows it to use.

    Attributes:
        table: name of the DynamoDB table.
        videos_bucket: bucket in which uploads arrive.
        artifacts_bucket: bucket of plans, tracklets and results.
        topic_arn: our completion topic.
        state_machine_arn: the workflow.
        upload_prefix: keys outside it start no job.
        start_function: name of the function that serves the Start operations.
        get_function: name of the function that serves the Get operations.
        collections_function: name of the function that keeps collections, users and tags.
        recognizer_function: name of the function that looks at pictures and vectors.
        janitor_function: name of the function that tidies vectors up.
        keys_function: name of the function that issues own keys.
        vectors_uri: where vectors lie, "s3://bucket/vectors" or a folder.
        key_prefix: the secrets of own keys have names that begin so, "STACK/keys/".
    """

    table: str = ""
    videos_bucket: str = ""
    artifacts_bucket: str = ""
    topic_arn: str = ""
    state_machine_arn: str = ""
    upload_prefix: str = "uploads/"
    start_function: str = ""
    get_function: str = ""
    collections_function: str = ""
    recognizer_function: str = ""
    janitor_function: str = ""
    keys_function: str = ""
    vectors_uri: str = ""
    key_prefix: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], *needed: str) -> Self:
        """The settings in an environment.

        Args:
            environment: usually `os.environ`.
            needed: names of the attributes that must be there.

        Raises:
            SystemFault: one of them is not.
        """
        values = {name: environment[variable] for name in cls.__struct_fields__ if (variable := _PREFIX + name.upper()) in environment}
        missing = [_PREFIX + name.upper() for name in needed if not values.get(name)]
        if missing:
            raise SystemFault(f"Expected the environment variables {', '.join(missing)}; they are not set. Deploy the stack again.")
        return cls(**values)


def is_initializing(environment: Mapping[str, str]) -> bool:
    """Whether AWS Lambda is preparing this process: the time to open clients, because it has a full processor and no caller waits."""
    return "AWS_LAMBDA_INITIALIZATION_TYPE" in environment
