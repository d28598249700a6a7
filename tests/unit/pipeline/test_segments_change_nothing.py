"""A clip cut into segments and linked shows the persons of one run: real decoding, association and linking, scripted detectors."""

from __future__ import annotations

import pytest

from tests.conftest import Clip
from tests.performance.metrics import IdentifiedBoxes, score
from tests.unit.pipeline.scripted import scripted
from trackway.columns import Tracks
from trackway.jobs.options import JobOptions
from trackway.media.probe import probe
from trackway.media.segments import plan_segments
from trackway.pipeline.segment import track_segment
from trackway.tracking.linking import link_segments

EVERY = JobOptions(sample_fps=0, cadence="every", detail="standard")
ADAPTIVE = JobOptions(sample_fps=0, detail="standard")


def identified(tracks: Tracks) -> IdentifiedBoxes:
    bodies = tracks[tracks.has_body]
    return IdentifiedBoxes(bodies.frame, bodies.person, bodies.box)


@pytest.mark.parametrize("options", [EVERY, ADAPTIVE], ids=["every", "adaptive"])
def test_cut_or_whole_the_persons_are_the_same(sample_clip: Clip, options: JobOptions) -> None:
    looked_at = probe(sample_clip.path)
    results = []
    for seconds in (1000.0, 1.0):
        segments = plan_segments(looked_at, seconds)
        parts = [(segment, track_segment(sample_clip.path, looked_at.info, options, scripted(), segment=segment)) for segment in segments]
        results.append((len(segments), identified(link_segments(parts))))
    (one, whole), (several, cut) = results
    assert one == 1 < several
    assert score(whole, cut).idf1 >= 98
    assert len(set(whole.identity.tolist())) == len(set(cut.identity.tolist())) == 1
