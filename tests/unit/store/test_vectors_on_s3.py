"""Vectors in LanceDB on the embedded S3, with the options that the environment gives."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import pytest

from tests.unit.store.test_vectors import SIZE, rows
from trackway.store.vector_tables import s3_options
from trackway.store.vectors import VectorStore

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": "test", "AWS_REGION": "us-east-1"}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An emulator of its own, with a bucket "vectors"."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("s3")
    with pytest.MonkeyPatch.context() as patch, (folder / "log").open("wb") as log:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in {**KEYS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_EC2_METADATA_DISABLED": "true"}.items():
            patch.setenv(name, value)
        environment = {
            **os.environ,
            "GATEWAY_PORT": str(port),
            "DOCKER_HOST": "unix:///nonexistent",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
        }
        server = subprocess.Popen([sys.executable, "-m", "ministack"], env=environment, cwd=folder, stdout=log, stderr=log)
        try:
            _wait(port, server, folder / "log")
            boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1").create_bucket(Bucket="vectors")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()
            server.wait()


def _wait(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(log.read_text(encoding="utf-8"))


def test_a_life_of_a_collection(address: str) -> None:
    store = VectorStore("faces", "s3://vectors/life", s3_options(os.environ))
    assert store.search("g", rows("a", 1)[0].vector, 3) == []
    given = rows("a", 40)
    store.add("g", given, size=SIZE)
    assert store.search("g", given[9].vector, 1)[0].vector_id == "a.9"
    store.remove("g", ["a.9"])
    store.maintain("g")
    other = VectorStore("faces", "s3://vectors/life", s3_options(os.environ))
    assert sorted(other.ids("g")) == sorted(row.vector_id for row in given if row.vector_id != "a.9")
    assert other.search("g", given[9].vector, 1)[0].vector_id != "a.9"
    store.drop("g")
    store.drop("g")
    assert other.search("g", given[8].vector, 1) == []
    left = boto3.client("s3", endpoint_url=address, region_name="us-east-1").list_objects_v2(Bucket="vectors", Prefix="life/")
    assert left["KeyCount"] == 0


def test_writers_that_make_the_table_at_once_lose_nothing(address: str) -> None:
    stores = [VectorStore("faces", "s3://vectors/race", s3_options(os.environ)) for _ in range(4)]

    def write(number: int) -> None:
        for turn in range(3):
            stores[number].add("g", rows(f"{number}.{turn}", 3), size=SIZE)
            stores[number].remove("g", [f"{number}.{turn}.0"])

    with ThreadPoolExecutor(len(stores)) as pool:
        list(pool.map(write, range(len(stores))))
    expected = sorted(f"{number}.{turn}.{row}" for number in range(4) for turn in range(3) for row in (1, 2))
    assert sorted(stores[0].ids("g")) == expected


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, {}),
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "x"}, {"aws_region": "eu-west-1"}),
        ({"AWS_DEFAULT_REGION": "eu-west-1", "AWS_ENDPOINT_URL": ""}, {"aws_region": "eu-west-1"}),
        ({"AWS_ENDPOINT_URL": "https://s3.test"}, {"aws_endpoint": "https://s3.test", "aws_virtual_hosted_style_request": "false"}),
        (
            {"AWS_ENDPOINT_URL": "https://all.test", "AWS_ENDPOINT_URL_S3": "http://s3.test:1"},
            {"aws_endpoint": "http://s3.test:1", "aws_virtual_hosted_style_request": "false", "allow_http": "true"},
        ),
        (dict(KEYS), {"aws_region": "us-east-1"}),  # keys are LanceDB's own concern
    ],
)
def test_options_from_the_environment(environment: dict[str, str], expected: dict[str, str]) -> None:
    assert s3_options(environment) == expected
