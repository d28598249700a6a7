"""What a caller of the API waits for: how long a function takes to import, and how long a page takes in small and large jobs.

The table is one in this process that answers at once; with TRACKWAY_TABLE (and AWS_ENDPOINT_URL) in the environment it is that one.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import msgspec
from rich.table import Table

from tests.cloud import METADATA
from tests.contract.gateway import http_event
from tests.performance.memory_table import memory_client
from tests.performance.output import Output
from tests.tracks import random_tracks
from trackway.api.endpoint import Endpoint
from trackway.api.get_video import GetVideo
from trackway.jobs.identity import new_job_id
from trackway.jobs.options import JobOptions
from trackway.jobs.record import Api, JobRecord, Status, Video
from trackway.results import tokens
from trackway.results.pages import Series
from trackway.results.rows import person_rows
from trackway.store.attributes import to_item
from trackway.store.clients import Clients
from trackway.store.jobs import JobStore
from trackway.store.pages import PageStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["main"]

FUNCTIONS = ("get", "start", "door")
PROCESSES = 9
JOBS = (10_000, 1_000_000)
READS = 15
SERIES = Series.PERSONS_BY_TIME
TIMED = "import time; began = time.perf_counter(); import functions.{}.handler as handler; {}print((time.perf_counter() - began) * 1000)"


def main(output: Output) -> None:
    """Measures and prints both tables."""
    imports = Table(
        "function", "import ms", "with clients opened ms", title=f"Import of functions, {PROCESSES} fresh processes (bound: 250 ms)"
    )
    for function in FUNCTIONS:
        opened = {"get": "endpoint", "start": "endpoint", "door": "door"}[function]
        imports.add_row(function, f"{_import_ms(function):.0f}", f"{_import_ms(function, f'handler.{opened}(); '):.0f}")
    output.table(imports)
    pages = Table("rows of the job", "row", "median ms", "best ms", title=f"One page of 1,000 rows, {READS} reads (bound: 20 ms)")
    table = os.environ.get("TRACKWAY_TABLE", "memory")
    client = Clients().dynamodb if "TRACKWAY_TABLE" in os.environ else memory_client()
    shown = GetVideo(Api.PERSON_TRACKING, JobStore(client, table), PageStore(client, table))
    get = Endpoint({"GetPersonTracking": shown}, logging.getLogger("bench"))
    written = {rows: _job(client, table, rows) for rows in JOBS}
    medians: dict[int, list[float]] = {rows: [] for rows in JOBS}
    for share, rows in itertools.product((0.0, 0.5, 1.0), JOBS):
        offset = int(share * (rows - 1000))
        taken = _page_ms(get, written[rows], offset)
        medians[rows].append(statistics.median(taken))
        pages.add_row(f"{rows:,}", f"{offset:,}", f"{statistics.median(taken):.1f}", f"{min(taken):.1f}")
    output.table(pages)
    small, large = (statistics.median(medians[rows]) for rows in JOBS)
    output.line(f"A page of the large job takes {large / small:.2f} times that of the small one (bound: within 20 %).")


def _import_ms(function: str, then: str = "") -> float:
    environment = {"AWS_DEFAULT_REGION": "eu-west-1", **os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    environment |= {f"TRACKWAY_{name}": "x" for name in ("TABLE", "STATE_MACHINE_ARN", "START_FUNCTION", "GET_FUNCTION")}
    command = [sys.executable, "-c", TIMED.format(function, then)]
    subprocess.run(command, env=environment, check=True, capture_output=True)  # leaves the byte code that a bundle has
    return statistics.median(
        float(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout) for _ in range(PROCESSES)
    )


def _job(client: DynamoDBClient, table: str, rows: int) -> JobRecord:
    """A job that succeeded with so many rows, half of them with faces."""
    now = int(time.time())
    record = JobRecord(
        job_id=new_job_id(),
        api=Api.PERSON_TRACKING,
        video=Video("videos", "uploads/clip.mp4"),
        options=JobOptions(),
        token_key=os.urandom(32),
        created_at=now * 1000,
        updated_at=now * 1000,
        expires_at=now + 86400,
        status=Status.SUCCEEDED,
        video_metadata=METADATA,
        result_version=1,
        rows={SERIES.key: rows},
    )
    values = msgspec.to_builtins(record, builtin_types=(bytes,))
    client.put_item(TableName=table, Item=to_item({"pk": f"JOB#{record.job_id}", "sk": "META", **values}))
    some = list(person_rows(random_tracks(20_000, faces=0.5), "TIMESTAMP"))
    PageStore(client, table).write(record, SERIES, itertools.islice(itertools.cycle(some), rows))
    return record


def _page_ms(get: Endpoint, record: JobRecord, offset: int) -> list[float]:
    """Milliseconds from event to answer for the page that begins with a row, after one read that does not count."""
    token = tokens.issue(record.token_key, record.job_id, SERIES, record.result_version, offset, now=time.time())
    body = json.dumps({"JobId": record.job_id, "NextToken": token}).encode()
    event = http_event("/GetPersonTracking", {"x-amz-target": "RekognitionService.GetPersonTracking"}, body)
    taken = []
    for _ in range(READS + 1):
        began = time.perf_counter()
        answer = get(event)
        taken.append((time.perf_counter() - began) * 1000)
        assert answer["body"].count('"Timestamp"') == 1000
    return taken[1:]


if __name__ == "__main__":
    main(Output())
