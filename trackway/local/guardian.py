"""Outlives the embedded cloud by a moment, so that even a `kill -9` of it leaves no worker behind.

Run as a script with nothing but the standard library. Standard input carries one line per process group, "+123" when it
starts and "-123" when it is gone; the end of the input means that the cloud is gone, and every group still listed is killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys

__all__ = ["main"]


def main() -> None:
    """Keeps the list until the input ends, then kills what is left."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        change = groups.add if line[0] == "+" else groups.discard
        change(int(line[1:]))
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
