"""Every tunable of a deployment, in one immutable place."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Literal

import msgspec

from trackway.jobs.limits import Limits

__all__ = ["ENVIRONMENTS", "Settings"]

Processor = Literal["gpu", "cpu"]
Bundling = Literal["lambda", "sources"]
HardwareDecode = Literal["auto", "off"]

ENVIRONMENTS = ("dev", "prod", "local")
INSTANCE_TYPES: dict[Processor, tuple[str, ...]] = {
    "gpu": ("g6.xlarge", "g5.xlarge", "g4dn.xlarge"),
    "cpu": ("c7i.xlarge", "c7a.xlarge", "c6i.xlarge", "m7i.xlarge"),
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What differs between environments; `Settings.for_env` gives the shipped ones.

    Attributes:
        env_name: One of ENVIRONMENTS; part of the stack's name.
        bundling: "lambda" puts the locked dependencies for the Lambda platform into each bundle; "sources" leaves them to the
            interpreter that runs the function, as the embedded cloud does.
        processor: "gpu" asks Batch for one GPU per job; "cpu" runs the same jobs on compute instances (slower, no GPU quota needed).
        hardware_decode: "auto" decodes on the GPU what its decoder takes; "off" leaves decoding to the processor.
        tracker_image: An image by name instead of building containers/tracker; nothing is built or pushed then.
        recognizer_image: An image of the account's own registry by name instead of building containers/recognizer.
        recognizer_memory_mib: Memory of the function that looks at pictures, which buys its processors: 3,008 are 1.7 of them, and the
            most that a young AWS account may ask for.
        janitor_minutes: Time between two tidyings of the vectors; deletions and many additions bring one forward.
        limits: What a request and a collection may hold, and how fast a caller may ask; AWS's own values where nothing is said.
        isolated_network: Workers without a route to the internet. Safest, but its interface endpoints cost money around the clock.
        retain_data: Buckets, table and keys outlive the stack, and the table refuses deletion.
        max_vcpus: Upper bound of each compute environment, and with it of the bill.
        max_concurrent_segments: Segments of one video tracked at a time (an inline Map allows 40).
        container_minutes: Minutes of video that one start of a container works through, about. Less finishes sooner, more starts fewer
            machines; all of it must fit into an attempt.
        plan_timeout_minutes: Time to fetch and probe a video; Lambda allows 15.
        attempt_timeout_minutes: Wall clock of one attempt of one Batch job.
        queue_timeout_minutes: Time a job may wait for a machine before it fails, visibly (10 at least).
        job_timeout_hours: Wall clock of a whole job.
        idle_minutes: How long an idle worker machine waits for the next job, which then skips boot and image pull.
        artifact_days: Lifetime of everything in the artifacts bucket. Results in the table live 7 days, by their `expires_at`.
        api_rate: Requests per second that the API answers before it throttles.
        api_burst: Requests it takes at once.
        alarm_emails: Addresses subscribed to the alarms topic.
    """

    env_name: str
    bundling: Bundling = "lambda"
    processor: Processor = "gpu"
    hardware_decode: HardwareDecode = "auto"
    tracker_image: str | None = None
    recognizer_image: str | None = None
    recognizer_memory_mib: int = 3008
    janitor_minutes: int = 60
    limits: Limits = field(default_factory=Limits)
    isolated_network: bool = False
    retain_data: bool = False
    max_vcpus: int = 64
    max_concurrent_segments: int = 12
    container_minutes: int = 20
    plan_timeout_minutes: int = 15
    attempt_timeout_minutes: int = 60
    queue_timeout_minutes: int = 60
    job_timeout_hours: int = 24
    idle_minutes: int = 20
    artifact_days: int = 30
    api_rate: int = 50
    api_burst: int = 100
    alarm_emails: tuple[str, ...] = ()

    @property
    def instance_types(self) -> tuple[str, ...]:
        """EC2 instance types that Batch may start, all of the size of one job."""
        return INSTANCE_TYPES[self.processor]

    @property
    def limits_json(self) -> str:
        """The environment variable TRACKWAY_LIMITS: the limits that differ from AWS's."""
        usual = msgspec.to_builtins(Limits())
        return json.dumps({name: value for name, value in msgspec.to_builtins(self.limits).items() if value != usual[name]})

    @classmethod
    def for_env(cls, env_name: str) -> Settings:
        """The settings of a shipped environment.

        Raises:
            ValueError: There is no environment of that name.
        """
        base = cls(env_name=env_name)
        match env_name:
            case "dev":
                return base
            case "prod":
                return replace(base, isolated_network=True, retain_data=True, max_vcpus=256)
            case "local":
                return replace(
                    base,
                    bundling="sources",
                    processor="cpu",
                    tracker_image="trackway-tracker",
                    recognizer_image="trackway-recognizer",
                    max_vcpus=4,
                    max_concurrent_segments=1,
                    plan_timeout_minutes=2,
                    # One machine works off whatever waits, one video after the other.
                    attempt_timeout_minutes=120,
                    queue_timeout_minutes=24 * 60,
                    job_timeout_hours=48,
                )
        raise ValueError(f"expected an environment of {', '.join(ENVIRONMENTS)}, found {env_name!r}; name one with -c env_name=...")
