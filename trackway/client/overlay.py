"""What botocore lacks for us, as files that it merges into its own (SPEC R3, R11).

With the overlay a stock boto3 or AWS command line signs for API Gateway (scope `execute-api`), has paginators and waiters for the
video operations, and takes the member `Options` of a Start* call. Set AWS_DATA_PATH to `overlay_path()`, or `install_overlay()` once.
It concerns every Rekognition client of the environment; for one of two, give a profile a `data_path` of its own.
"""

from __future__ import annotations

import shutil
from pathlib import Path

__all__ = ["install_overlay", "overlay_path"]


def overlay_path() -> Path:
    """The folder for AWS_DATA_PATH, or for `data_path` in a profile of ~/.aws/config."""
    return Path(__file__).parents[1] / "api" / "overlay"


def install_overlay(models: Path | None = None) -> list[Path]:
    """Copy the overlay to where botocore looks without being told; returns the files written.

    Args:
        models: botocore's folder for additional models, ~/.aws/models unless given.
    """
    target = models if models is not None else Path.home() / ".aws" / "models"
    written = []
    for source in sorted(overlay_path().rglob("*.json")):
        path = target / source.relative_to(overlay_path())
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, path)
        written.append(path)
    return written
