"""CDK entry point: `python app.py`, or `npx cdk deploy -c env_name=prod`. Synthesis needs no account, no Docker, no CDK command line."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from infra.node import use_packaged_node

if TYPE_CHECKING:
    from aws_cdk import App

HERE = Path(__file__).resolve().parent


def build(out_dir: str) -> App:
    """The app with the stack of one environment, watched over by cdk-nag."""
    use_packaged_node()
    # Importing aws_cdk starts Node, so it comes after the choice of one.
    from aws_cdk import App, Validations
    from cdk_nag import AwsSolutionsChecks

    from infra.settings import Settings
    from infra.stack import TrackwayStack

    # Only the CDK command line reads cdk.json; without its flags the template would be another one.
    context = json.loads((HERE / "cdk.json").read_text(encoding="utf-8"))["context"]
    app = App(context=context, outdir=out_dir)
    TrackwayStack(app, "Trackway", settings=Settings.for_env(app.node.try_get_context("env_name")))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app, verbose=True))
    return app


if __name__ == "__main__":
    build(os.environ.get("CDK_OUTDIR", str(HERE / "cdk.out"))).synth()
