"""A server with its seams and a small stack of its own, to try them without the product: `python -m tests.e2e.mini_cloud STATE`.

Prints one line of JSON when it is ready and serves until it is told to end. The container image "mini" runs its command as a
Python program; "mini-pictures" is one of functions.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import boto3

from trackway.local.deploy import deploy
from trackway.local.home import Home
from trackway.local.server import Server

FUNCTION = """
class UnsupportedFilm(Exception):
    pass

def handle(event, context):
    print("looking at", event)
    if "film" in event:
        raise UnsupportedFilm("no\\nsprockets")
    return {"seen": event}
"""

PICTURES = """
import os, time

class UnreadablePicture(Exception):
    pass

def handle(event, context):
    if "colour" in event:
        raise UnreadablePicture(event["colour"])
    time.sleep(event.get("seconds", 0))
    return {"process": os.getpid(), "vectors": os.environ["TRACKWAY_VECTORS_URI"], "colour": os.environ["COLOUR"], "size": len(str(event))}
"""

MACHINE = {
    "QueryLanguage": "JSONata",
    "StartAt": "Look",
    "States": {
        "Look": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {"FunctionName": "${Function}", "Payload": "{% $states.input.event %}"},
            "Output": "{% $states.input %}",
            "Catch": [{"ErrorEquals": ["UnsupportedFilm"], "Next": "Refused"}],
            "Next": "Work",
        },
        "Refused": {"Type": "Pass", "Output": {"refused": True}, "End": True},
        "Work": {
            "Type": "Task",
            "Resource": "arn:aws:states:::batch:submitJob.sync",
            "TimeoutSeconds": 20,
            "Arguments": {
                "JobName": "work",
                "JobQueue": "${Queue}",
                "JobDefinition": "${Definition}",
                "ContainerOverrides": {"Command": "{% ['-c', $states.input.program] %}"},
            },
            "Output": "{% {'status': $states.result.Status, 'attempts': $count($states.result.Attempts)} %}",
            "End": True,
        },
    },
}


def template() -> dict[str, Any]:
    """Every type that a seam adds, and what is needed around it."""

    def resource(kind: str, **properties: Any) -> dict[str, Any]:
        return {"Type": kind, "Properties": properties}

    services = ["lambda.amazonaws.com", "states.amazonaws.com", "batch.amazonaws.com"]
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": services}}]}
    role = {"Fn::GetAtt": ["Role", "Arn"]}
    return {
        "Resources": {
            "Role": resource("AWS::IAM::Role", AssumeRolePolicyDocument=trust),
            "Function": resource(
                "AWS::Lambda::Function", Code={"ZipFile": FUNCTION}, Handler="index.handle", Runtime="python3.13", Role=role, Timeout=30
            ),
            **{
                name: resource(
                    "AWS::Lambda::Function",
                    PackageType="Image",
                    Code={"ImageUri": f"123456789012.dkr.ecr.us-east-1.amazonaws.com/{image}:latest"},
                    ImageConfig={"Command": ["pictures.handle"]},
                    Environment={"Variables": {"TRACKWAY_VECTORS_URI": "s3://elsewhere/vectors", "COLOUR": "green"}},
                    Role=role,
                    Timeout=30,
                )
                for name, image in {"Pictures": "mini-pictures", "Unknown": "unheard-of"}.items()
            },
            "Environment": resource(
                "AWS::Batch::ComputeEnvironment",
                Type="managed",
                ComputeResources={"Type": "EC2", "MaxvCpus": 4},
                ReplaceComputeEnvironment=False,
            ),
            "Queue": resource(
                "AWS::Batch::JobQueue", Priority=1, ComputeEnvironmentOrder=[{"ComputeEnvironment": {"Ref": "Environment"}, "Order": 1}]
            ),
            "Definition": resource(
                "AWS::Batch::JobDefinition",
                Type="container",
                RetryStrategy={
                    "Attempts": 3,
                    "EvaluateOnExit": [{"OnExitCode": "2", "Action": "EXIT"}, {"OnReason": "*", "Action": "RETRY"}],
                },
                Timeout={"AttemptDurationSeconds": 10},
                ContainerProperties={"Image": "mini:latest", "Environment": [{"Name": "COLOUR", "Value": "green"}]},
            ),
            "Machine": resource(
                "AWS::StepFunctions::StateMachine",
                RoleArn=role,
                DefinitionString=json.dumps(MACHINE),
                DefinitionSubstitutions={name: {"Ref": name} for name in ("Function", "Queue", "Definition")},
            ),
            "Events": resource("AWS::SQS::Queue"),
            "Bucket": resource(
                "AWS::S3::Bucket",
                VersioningConfiguration={"Status": "Enabled"},
                NotificationConfiguration={"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
            ),
            "Rule": resource(
                "AWS::Events::Rule",
                State="ENABLED",
                EventPattern={"source": ["aws.s3"], "detail-type": ["Object Created"]},
                Targets=[{"Id": "events", "Arn": {"Fn::GetAtt": ["Events", "Arn"]}}],
            ),
            "Address": resource("AWS::EC2::EIP", Domain="vpc"),
        },
        "Outputs": {
            name: {"Value": {"Ref": name}} for name in ("Machine", "Bucket", "Events", "Queue", "Definition", "Pictures", "Unknown")
        },
    }


def main() -> None:
    """Serves until SIGTERM."""
    home = Home(Path(sys.argv[1])).acquire()
    assembly = home.path / "assembly"
    assembly.mkdir(exist_ok=True)
    stack = template()
    stack["Resources"] |= json.loads(os.environ.get("MINI_RESOURCES", "{}"))
    (assembly / "mini.template.json").write_text(json.dumps(stack))
    (assembly / "manifest.json").write_text(
        json.dumps({"artifacts": {"mini": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "mini.template.json"}}}})
    )
    image = home.path / "image"
    image.mkdir(exist_ok=True)
    (image / "pictures.py").write_text(PICTURES)
    server = Server(home, int(os.environ.get("MINI_PORT", "0")), {"mini": (sys.executable,)}, {"mini-pictures": image})
    server.start()
    outputs = deploy(boto3.Session(), assembly)
    resumed = server.settle("none")
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    print(json.dumps({"aws": server.address, "resumed": resumed, **outputs}), flush=True)
    ended.wait()
    server.stop()
    home.release()


if __name__ == "__main__":
    main()
