"""`make bench`: every performance claim of the documents, each compared side by side in one run.

python -m tests.performance                 all of them
python -m tests.performance accuracy api    some of them
"""

from __future__ import annotations

import argparse
import importlib

from rich.console import Console

BENCHES = {
    "throughput": "frames per second and memory against the loop that a user would write",
    "accuracy": "HOTA, IDF1 and switches against other trackers, by TrackEval",
    "api": "import time of the functions, time of one page for small and large jobs",
}


def main() -> None:
    """Runs the benches that the command line names, or all."""
    parser = argparse.ArgumentParser(prog="make bench", description="Performance claims, measured.")
    parser.add_argument("names", nargs="*", choices=[*BENCHES, []], help="which; all where none is named")
    for name in parser.parse_args().names or BENCHES:
        Console().rule(f"[bold]{name}[/]: {BENCHES[name]}")
        importlib.import_module(f"tests.performance.{name}").main()


if __name__ == "__main__":
    main()
