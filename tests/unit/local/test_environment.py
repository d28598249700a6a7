"""Under which environment variables the embedded cloud and what it starts run."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from trackway.local.environment import point_at, prepare
from trackway.local.home import Home


def test_the_users_own_aws_settings_are_out_of_reach() -> None:
    environment = {"AWS_PROFILE": "production", "AWS_SESSION_TOKEN": "x", "AWS_ACCESS_KEY_ID": "AKIA", "PATH": "/bin"}
    point_at("http://127.0.0.1:4567", environment)
    assert not environment.keys() & {"AWS_PROFILE", "AWS_SESSION_TOKEN"}
    assert environment["AWS_ACCESS_KEY_ID"] == "test"
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4567"
    assert environment["PATH"] == "/bin"


def test_everything_is_kept_in_the_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    environment = {"LAMBDA_EXECUTOR": "docker", "MINISTACK_REGION": "elsewhere"}
    prepare(Home(tmp_path), 4567, environment)
    folders = [Path(environment[name]) for name in ("STATE_DIR", "S3_DATA_DIR", "TMPDIR")]
    assert all(folder.is_relative_to(tmp_path) for folder in folders)
    assert tempfile.gettempdir() == environment["TMPDIR"]
    assert (environment["GATEWAY_PORT"], environment["MINISTACK_REGION"]) == ("4567", "us-east-1")
    assert "LAMBDA_EXECUTOR" not in environment
