"""What a caller of the API waits for: how long a function takes to import, and how long a page takes in small and large jobs.

Without surroundings the table is moto's, in this process. With AWS_ENDPOINT_URL and TRACKWAY_TABLE in the environment it is that one.
"""

from __future__ import annotations

import contextlib
import importlib
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from rich.console import Console
from rich.table import Table

from tests.cloud import METADATA, small_cloud
from tests.contract.gateway import http_event
from tests.tracks import random_tracks
from trackway.jobs.identity import new_job_id
from trackway.jobs.options import JobOptions
from trackway.jobs.record import JobRecord, Status, Video
from trackway.results import tokens
from trackway.results.pages import Series
from trackway.results.rows import person_rows
from trackway.store.clients import Clients
from trackway.store.jobs import JobStore
from trackway.store.pages import PageStore

__all__ = ["main"]

FUNCTIONS = ("get", "start", "door")
PROCESSES = 9
JOBS = (10_000, 1_000_000)
READS = 15
SERIES = Series.PERSONS_BY_TIME
TIMED = "import time; began = time.perf_counter(); import functions.{}.handler as handler; {}print((time.perf_counter() - began) * 1000)"


def main() -> None:
    """Measures and prints both tables."""
    console = Console()
    imports = Table(
        "function", "import ms", "with clients opened ms", title=f"Import, median of {PROCESSES} fresh processes (bound: 250 ms)"
    )
    for function in FUNCTIONS:
        opened = {"get": "endpoint", "start": "endpoint", "door": "door"}[function]
        imports.add_row(function, f"{_import_ms(function):.0f}", f"{_import_ms(function, f'handler.{opened}(); '):.0f}")
    console.print(imports)
    pages = Table(
        "rows of the job", "row", "median ms", "best ms", title=f"One page of 1,000 rows in functions/get, {READS} reads (bound: 20 ms)"
    )
    with _table() as (jobs, store):
        written = {rows: _job(jobs, store, rows) for rows in JOBS}
        medians: dict[int, list[float]] = {rows: [] for rows in JOBS}
        for share, rows in itertools.product((0.0, 0.5, 1.0), JOBS):
            offset = int(share * (rows - 1000))
            taken = _page_ms(written[rows], offset)
            medians[rows].append(statistics.median(taken))
            pages.add_row(f"{rows:,}", f"{offset:,}", f"{statistics.median(taken):.1f}", f"{min(taken):.1f}")
    console.print(pages)
    small, large = (statistics.median(medians[rows]) for rows in JOBS)
    console.print(f"A page of the large job takes {large / small:.2f} times that of the small one (bound: within 20 %).")


def _import_ms(function: str, then: str = "") -> float:
    environment = {"AWS_DEFAULT_REGION": "eu-west-1", **os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    environment |= {f"TRACKWAY_{name}": "x" for name in ("TABLE", "STATE_MACHINE_ARN", "START_FUNCTION", "GET_FUNCTION")}
    command = [sys.executable, "-c", TIMED.format(function, then)]
    subprocess.run(command, env=environment, check=True, capture_output=True)  # leaves the byte code that a bundle has
    return statistics.median(
        float(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout) for _ in range(PROCESSES)
    )


@contextlib.contextmanager
def _table() -> Iterator[tuple[JobStore, PageStore]]:
    with contextlib.ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("POWERTOOLS_LOG_LEVEL", "WARNING")
        if "TRACKWAY_TABLE" not in os.environ:
            patch.setenv("TRACKWAY_TABLE", stack.enter_context(small_cloud()).table)
        client = Clients().dynamodb
        yield JobStore(client, os.environ["TRACKWAY_TABLE"]), PageStore(client, os.environ["TRACKWAY_TABLE"])


def _job(jobs: JobStore, store: PageStore, rows: int) -> JobRecord:
    """A job that succeeded with so many rows, half of them with faces."""
    now = int(time.time())
    record = JobRecord(
        job_id=new_job_id(),
        api="StartPersonTracking",
        video=Video("videos", "uploads/clip.mp4"),
        options=JobOptions(),
        token_key=os.urandom(32),
        created_at=now * 1000,
        updated_at=now * 1000,
        expires_at=now + 86400,
    )
    jobs.create(record)
    some = list(person_rows(random_tracks(20_000, faces=0.5), "TIMESTAMP"))
    count = store.write(record, SERIES, itertools.islice(itertools.cycle(some), rows))
    jobs.record_video(record.job_id, METADATA)
    jobs.record_results(record.job_id, {SERIES.key: count})
    jobs.finish(record.job_id, Status.SUCCEEDED, None)
    written = jobs.get(record.job_id)
    assert written is not None
    return written


def _page_ms(record: JobRecord, offset: int) -> list[float]:
    """Milliseconds in the function for the page that begins with a row, after one read that does not count."""
    handle = importlib.import_module("functions.get.handler").handle
    token = tokens.issue(record.token_key, record.job_id, SERIES, record.result_version, offset, now=time.time())
    body = json.dumps({"JobId": record.job_id, "NextToken": token}).encode()
    event = http_event("/GetPersonTracking", {"x-amz-target": "RekognitionService.GetPersonTracking"}, body)
    context = SimpleNamespace(function_name="get", memory_limit_in_mb=1024, invoked_function_arn="arn", aws_request_id="id")
    taken = []
    for _ in range(READS + 1):
        began = time.perf_counter()
        answer = handle(event, context)
        taken.append((time.perf_counter() - began) * 1000)
        assert answer["body"].count('"Timestamp"') == 1000
    return taken[1:]


if __name__ == "__main__":
    main()
