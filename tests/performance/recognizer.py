"""What a caller of the image operations waits for: warm requests through HTTP, one at a time and several in flight, and the first ones.

Records are in this process's memory, vectors in a folder: what is measured is ours, not a table's or a network's.
"""

from __future__ import annotations

import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import numpy as np
from botocore.config import Config
from rich.table import Table

from tests.contract.gateway import ACCESS_KEY, SECRET_KEY, serve
from tests.galleries import MemoryCollections
from tests.performance.output import Output
from tests.portraits import collins, hopper, jpeg
from trackway.api.cataloguing import cataloguing
from trackway.api.endpoint import Endpoint
from trackway.api.pictures import Pictures
from trackway.api.recognition import recognition
from trackway.api.tidying import Tidying
from trackway.identity.gallery import Gallery
from trackway.jobs.limits import DEFAULT_LIMITS
from trackway.pipeline.still import StillReader
from trackway.store.clients import Clients
from trackway.store.objects import Objects
from trackway.store.vectors import VectorStore

__all__ = ["main"]

REQUESTS = 40
IN_FLIGHT = (1, 2, 4, 8)
BOUND_MS = 150
COLLECTION = "bench"


def main(output: Output) -> None:
    """Measures and prints both tables."""
    picture = jpeg(_photograph())
    warm = Table(
        "operation",
        "in flight",
        "p50 ms",
        "p95 ms",
        "processor ms",
        "requests/s",
        title=f"A 1280x720 JPEG with one face, {REQUESTS} requests",
    )
    with tempfile.TemporaryDirectory() as folder, serve({"/": _recognizer(folder)}) as gateway:
        client = _client(gateway.url)
        client.create_collection(CollectionId=COLLECTION)
        for number, face in enumerate((hopper(), collins(), hopper(400, 469))):
            client.index_faces(CollectionId=COLLECTION, Image={"Bytes": jpeg(face)}, ExternalImageId=str(number))
        calls: dict[str, Callable[[], Any]] = {
            "DetectFaces": lambda: client.detect_faces(Image={"Bytes": picture}),
            "SearchFacesByImage": lambda: client.search_faces_by_image(CollectionId=COLLECTION, Image={"Bytes": picture}),
            "CompareFaces": lambda: client.compare_faces(SourceImage={"Bytes": picture}, TargetImage={"Bytes": picture}),
        }
        alone: dict[str, float] = {}
        for name, call in calls.items():
            call()
            for flights in IN_FLIGHT:
                taken, seconds, busy = _measure(call, flights)
                p95 = statistics.quantiles(taken, n=20)[-1]
                warm.add_row(
                    name,
                    str(flights),
                    f"{statistics.median(taken):.0f}",
                    f"{p95:.0f}",
                    f"{busy * 1000 / REQUESTS:.0f}",
                    f"{REQUESTS / seconds:.1f}",
                )
                alone.setdefault(name, statistics.median(taken))
    output.table(warm)
    for name in ("DetectFaces", "SearchFacesByImage"):
        output.line(f"{name}, one at a time: p50 {alone[name]:.0f} ms (bound: {BOUND_MS} ms on two cores).")
    cold = Table("first requests at once", "slowest ms", title="A fresh process's networks: nobody waits for another one's loading")
    for flights in IN_FLIGHT:
        with tempfile.TemporaryDirectory() as folder, serve({"/": _recognizer(folder)}) as gateway:
            client = _client(gateway.url)
            taken, _, _ = _measure(lambda client=client: client.detect_faces(Image={"Bytes": picture}), flights, flights)  # type: ignore[misc]
            cold.add_row(str(flights), f"{max(taken):.0f}")
    output.table(cold)


def _measure(call: Callable[[], Any], flights: int, requests: int = REQUESTS) -> tuple[list[float], float, float]:
    """Milliseconds of each request; seconds of all, and of this process's processors, client and server together."""

    def timed(_: int) -> float:
        began = time.perf_counter()
        call()
        return (time.perf_counter() - began) * 1000

    began, busy = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(flights) as pool:
        taken = list(pool.map(timed, range(requests)))
    return taken, time.perf_counter() - began, time.process_time() - busy


def _recognizer(folder: str) -> Endpoint:
    reader = StillReader.open()
    gallery = Gallery(
        MemoryCollections(time.time),
        VectorStore("faces", folder),
        VectorStore("users", folder),
        similarity=reader.similarity,
        embedding=reader.embedding,
    )
    pictures = Pictures(reader, Objects(Clients().s3), DEFAULT_LIMITS)
    operations = recognition(gallery, pictures, Tidying(lambda event: None), DEFAULT_LIMITS)
    return Endpoint({**cataloguing(gallery, DEFAULT_LIMITS), **operations}, logging.getLogger("bench"))


def _client(url: str) -> Any:
    return boto3.client(
        "rekognition",
        region_name="eu-west-1",
        endpoint_url=url,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(retries={"total_max_attempts": 1}, max_pool_connections=max(IN_FLIGHT)),
    )


def _photograph() -> Any:
    """Hopper before a wall."""
    picture = np.full((720, 1280, 3), 120, np.uint8)
    picture[60:660, 384:896] = hopper()
    return picture
