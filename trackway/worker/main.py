"""The entry point of the container: `whole|track|assemble --job ID [--share I-of-N]`.

Exit status 0: done, or done before. 2: the video or its options are at fault, which Batch does not try again. 1: anything else.
The reason goes into the job's record, from where the workflow's last step takes it.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import NoReturn

from trackway.errors import TrackwayError
from trackway.jobs.record import Failure
from trackway.jobs.shares import Share
from trackway.worker.assemble import assemble
from trackway.worker.track import track
from trackway.worker.workplace import Workplace

__all__ = ["main", "run"]

logger = logging.getLogger(__name__)


def main() -> NoReturn:
    """Runs the step that the command line names and ends the process."""
    logging.basicConfig(stream=sys.stdout, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("trackway").setLevel(logging.INFO)
    # Batch warns with SIGTERM before it takes the machine away; an exception lets `with` blocks and threads end in order.
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(run(sys.argv[1:], os.environ))


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """The step's exit status.

    Raises:
        SystemExit: the command line is wrong.
    """
    chosen = _parser().parse_args(arguments)
    place = Workplace.open(environment)
    try:
        if chosen.step in ("whole", "track"):
            track(place, chosen.job, Share.parse(chosen.share))
        if chosen.step in ("whole", "assemble"):
            assemble(place, chosen.job)
    except TrackwayError as error:
        logger.error("%s: %s", error.code, error)
        if not error.retryable or place.is_last_attempt:
            place.jobs.fail(chosen.job, Failure(error.code, str(error)))
        return error.exit_status
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tracker", description="One step of a Trackway job.")
    parser.add_argument("step", choices=("whole", "track", "assemble"), help="whole: track all segments, then assemble")
    parser.add_argument("--job", required=True, help="id of the job")
    parser.add_argument("--share", default="0-of-1", help="which of the job's segments to track: 1-of-3 takes the second, the fifth...")
    return parser


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    main()
