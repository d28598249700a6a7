"""How the jobs of an embedded cloud stand, read from its table as any of its parts would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from trackway.jobs.record import Phase, Status
from trackway.local.home import Endpoints
from trackway.store.clients import Clients
from trackway.store.jobs import JobStore

__all__ = ["JobView", "job_view", "recent_jobs"]


class JobView(NamedTuple):
    """One job at one moment.

    Attributes:
        job_id: 64 hexadecimal digits.
        video: key of the video.
        status: its state.
        phase: what is being done.
        segment: number of the segment that was heard of last; None before tracking begins.
        done: frames analysed in that segment.
        total: frames expected in it.
        message: why it failed.
        code: likewise, as one word.
    """

    job_id: str
    video: str
    status: Status
    phase: Phase
    segment: int | None = None
    done: int = 0
    total: int = 0
    message: str = ""
    code: str = ""

    @property
    def progress(self) -> str:
        """For a table: frames of the segment that is being tracked."""
        if self.phase != Phase.PROCESSING or self.segment is None:
            return ""
        return f"segment {self.segment}: {self.done}/{self.total} frames"


def job_view(store: JobStore, job_id: str) -> JobView | None:
    """How a job stands; None where there is none."""
    record = store.get(job_id)
    if record is None:
        return None
    view = JobView(
        job_id,
        record.video.name,
        record.status,
        record.phase,
        message=record.status_message or "",
        code=record.failure.code if record.failure else "",
    )
    segments = store.read_progress(job_id)
    if not segments:
        return view
    segment = max(segments)
    done, total = segments[segment]
    return view._replace(segment=segment, done=done, total=total)


def recent_jobs(endpoints: Endpoints, limit: int = 20) -> Iterator[JobView]:
    """The newest jobs first; the process must point at the cloud (`trackway.local.environment.point_at`)."""
    clients = Clients()
    store = JobStore(clients.dynamodb, endpoints.table)
    executions = clients.stepfunctions.list_executions(stateMachineArn=endpoints.state_machine_arn, maxResults=limit)["executions"]
    for execution in executions:  # each is named by its job
        view = job_view(store, execution["name"])
        if view is not None:
            yield view
