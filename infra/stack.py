"""The stack: constructs in the order of the data, what they show to the outside, and the findings accepted."""

from __future__ import annotations

from aws_cdk import CfnOutput, Stack, Tags
from constructs import Construct

from infra.api import Api
from infra.batch import TrackerBatch
from infra.findings import acknowledge
from infra.network import Network
from infra.observability import Observability
from infra.recognition import Recognition
from infra.settings import Settings
from infra.storage import Storage
from infra.workflow import Workflow

__all__ = ["TrackwayStack"]


class TrackwayStack(Stack):
    """Everything of one environment, in whichever account and region it is deployed to."""

    def __init__(self, scope: Construct, id: str, *, settings: Settings) -> None:
        # Logical ids come from the constructs' ids, so that every environment has the same; only the stack's name differs.
        super().__init__(scope, id, stack_name=f"{id}-{settings.env_name}", description="Trackway: person and face tracking for video")
        self.storage = Storage(self, "Storage", settings=settings)
        self.network = Network(self, "Network", settings=settings)
        self.tracker = TrackerBatch(self, "Tracker", network=self.network, storage=self.storage, settings=settings)
        self.workflow = Workflow(self, "Workflow", storage=self.storage, tracker=self.tracker, settings=settings)
        self.recognition = Recognition(self, "Recognition", storage=self.storage, settings=settings)
        self.api = Api(self, "Api", storage=self.storage, workflow=self.workflow, recognition=self.recognition, settings=settings)
        Observability(self, "Observability", storage=self.storage, workflow=self.workflow, recognition=self.recognition, api=self.api)
        acknowledge(storage=self.storage, tracker=self.tracker, workflow=self.workflow, recognition=self.recognition, api=self.api)
        Tags.of(self).add("application", "trackway")
        Tags.of(self).add("environment", settings.env_name)
        outputs = {
            "ApiUrl": self.api.stage.url,
            "VideosBucket": self.storage.videos.bucket_name,
            "ArtifactsBucket": self.storage.artifacts.bucket_name,
            "CompletionTopicArn": self.storage.completions.topic_arn,
            "TableName": self.storage.table.table_name,
            "StateMachineArn": self.workflow.machine.state_machine_arn,
            "JobQueueArn": self.tracker.queue.job_queue_arn,
        }
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)
