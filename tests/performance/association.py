"""How well identities are kept, given published detections: ours and every peer, in one run.

    python -m tests.performance association

One setting for all sequences on every side. These detections come without pictures: nobody can see how the camera moves, or what people
look like.
"""

from __future__ import annotations

import time

from tests.performance.comparison import Row, Section, comparison, mean_of, scored
from tests.performance.metrics import IdentifiedBoxes
from tests.performance.output import Output
from tests.performance.peers import PEERS, run_peer
from tests.performance.references import perfect_association, perfect_linking
from tests.performance.sequences import PUBLISHED, SHARED, Sequence, identified, published
from trackway.tracking.foreign import associate_detections, config_for_scores

__all__ = ["main", "other_rows"]

_LINKED = "C-BIoU"


def main(output: Output) -> None:
    """Prints the table."""
    if not SHARED.is_dir():
        output.line(f"Association needs the truth in {SHARED}, which is not on this machine: nothing measured.")
        return
    sequences = [published(name) for name in PUBLISHED if output.wants(name)]
    sections = [Section(sequence.name, [*other_rows(sequence), _ours(sequence)]) for sequence in sequences]
    mean = [mean_of(sections, [len(sequence.frames) for sequence in sequences])] if len(sections) > 1 else []
    output.table(comparison("Association alone, published detections (IoU 0.5)", [*sections, *mean]))


def other_rows(sequence: Sequence) -> list[Row]:
    """What the truth would make of the detections, and of C-BIoU's tracklets; and every peer that can run on the sequence."""
    references = [scored("perfect association", "reference", sequence, perfect_association(sequence))]
    peers = []
    for peer in PEERS:
        if peer.pictures and sequence.video is None:
            continue
        tracks, seconds = run_peer(peer, sequence)
        peers.append(scored(peer.name, "peer", sequence, tracks, 1000 * seconds / len(sequence.frames)))
        if peer.name.startswith(_LINKED):
            linked: IdentifiedBoxes = perfect_linking(sequence, tracks)
            references.append(scored(f"perfect linking of {peer.name}", "reference", sequence, linked))
    return [*references, *peers]


def _ours(sequence: Sequence) -> Row:
    began = time.process_time()
    config = config_for_scores(sequence.score)
    tracks = associate_detections(sequence.frame - 1, sequence.box_px, sequence.score, sequence.frame_rate, config)
    milliseconds = 1000 * (time.process_time() - began) / len(sequence.frames)
    return scored("trackway associate", "ours", sequence, identified(tracks), milliseconds)
