"""`make bench`: every performance claim of the documents, each compared side by side in one run.

python -m tests.performance                          all of them
python -m tests.performance accuracy throughput      some of them
python -m tests.performance association --markdown   as it stands in the documents
python -m tests.performance end_to_end --only tunnel one sequence
"""

from __future__ import annotations

import argparse
import importlib

from tests.performance.output import Output

BENCHES = {
    "throughput": "frames per second and memory against the loop that a user would write",
    "stages": "where the time goes: processor time of each stage for one frame",
    "association": "who keeps identities best, given published detections: every peer, by TrackEval",
    "end_to_end": "the same from the picture on",
    "association_cost": "milliseconds a frame of ours and of every peer; linking of a long video",
    "segments": "whether cutting a video changes who is who",
    "verification": "whether similarity means something: every pair of the photographs of 41 people",
    "clustering": "who is who among faces: photographs of 41 people, people drawn by lot, a montage of 19 shots",
    "stills": "milliseconds for one photograph: faces found, told apart; loading of the networks; faces counted",
    "faces": "what is read in faces: landmarks, age, gender, expressions, pose, against people's notes",
    "face_cost": "what looking for faces, and reading everything in them, adds to following people",
    "units": "action units of a mesh, against what photographs and clips should show",
    "search": "searching a million faces: time, what is found, cost of the index",
    "recognizer": "image operations through HTTP, one at a time and several in flight",
    "api": "import time of the functions, time of one page for small and large jobs",
}
TOGETHER = {"accuracy": ("association", "end_to_end")}


def main() -> None:
    """Runs the benches that the command line names, or all."""
    parser = argparse.ArgumentParser(prog="make bench", description="Performance claims, measured.")
    parser.add_argument("names", nargs="*", choices=[*BENCHES, *TOGETHER, []], metavar="NAME", help=", ".join([*BENCHES, *TOGETHER]))
    parser.add_argument("--markdown", action="store_true", help="print tables as Markdown")
    parser.add_argument("--only", action="append", default=[], metavar="WORD", help="only sequences with this word in their name")
    asked = parser.parse_args()
    output = Output(asked.markdown, tuple(asked.only))
    for name in (each for wanted in asked.names or BENCHES for each in TOGETHER.get(wanted, (wanted,))):
        output.heading(name, BENCHES[name])
        importlib.import_module(f"tests.performance.{name}").main(output)


if __name__ == "__main__":
    main()
