"""The environment variables under which the emulator and everything it starts run."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import MutableMapping

from trackway.errors import EmbeddedCloudError
from trackway.local.home import Home

__all__ = ["ACCOUNT", "CREDENTIALS", "REGION", "point_at", "prepare"]

ACCOUNT = "123456789012"
REGION = "us-east-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
"""What a client of the embedded cloud needs besides its address; any key is accepted."""


def point_at(address: str, environment: MutableMapping[str, str] = os.environ) -> None:
    """Makes every AWS client that this process or its children make talk to an embedded cloud, and to nothing else.

    The user's own AWS settings are left out: a profile or a real key must not reach code that works with test data.
    """
    for name in [name for name in environment if name.startswith("AWS_")]:
        del environment[name]
    environment.update(CREDENTIALS)
    environment.update(
        AWS_ENDPOINT_URL=address,
        AWS_EC2_METADATA_DISABLED="true",
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    )


def prepare(home: Home, port: int, environment: MutableMapping[str, str] = os.environ) -> None:
    """Sets what the emulator reads when it is imported, and what functions and jobs inherit.

    Raises:
        EmbeddedCloudError: this process has or had an embedded cloud already; the emulator can be set up once only.
    """
    if "ministack.app" in sys.modules:
        raise EmbeddedCloudError("A process can run one embedded cloud only, and this one has run one already. Start another process.")
    for name in [name for name in environment if name.startswith(("LOCALSTACK_", "MINISTACK_", "LAMBDA_"))]:
        del environment[name]
    point_at(f"http://127.0.0.1:{port}", environment)
    environment.update(
        GATEWAY_PORT=str(port),
        MINISTACK_HOST="127.0.0.1",
        MINISTACK_ACCOUNT_ID=ACCOUNT,
        MINISTACK_REGION=REGION,
        PERSIST_STATE="1",
        STATE_DIR=str(home.emulator),
        S3_PERSIST="1",
        S3_DATA_DIR=str(home.objects),
        DOCKER_HOST="unix:///nonexistent",  # never look for a daemon
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        TMPDIR=str(home.temporary),
    )
    tempfile.tempdir = str(home.temporary)
