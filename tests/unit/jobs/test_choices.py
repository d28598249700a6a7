"""Options from the call, the sidecar and the metadata: who wins, which spellings, which sentence."""

from __future__ import annotations

import pytest

from trackway.errors import OptionError
from trackway.jobs.choices import Choices, choose
from trackway.jobs.options import JobOptions


def test_without_sources_everything_is_default() -> None:
    assert choose() == Choices(JobOptions(), None)


def test_the_call_wins_over_the_sidecar_and_that_over_the_metadata() -> None:
    chosen = choose(
        call={"sampleFps": 1},
        sidecar=b'{"sampleFps": 2, "faces": false, "jobTag": "from:sidecar"}',
        metadata={"sample-fps": "3", "faces": "true", "rotation": "90", "job-tag": "from:metadata"},
    )
    assert chosen == Choices(JobOptions(sample_fps=1, faces=False, rotation=90), "from:sidecar")


@pytest.mark.parametrize(
    "name", ["sample-fps", "samplefps", "SampleFps", "SAMPLE_FPS", "sampleFps", "trackway-sample-fps", "Trackway-SampleFps"]
)
def test_metadata_names_may_be_written_in_many_ways(name: str) -> None:
    assert choose(metadata={name: "2.5"}).options.sample_fps == 2.5


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ({"rotation": "auto"}, JobOptions()),
        ({"rotation": "270"}, JobOptions(rotation=270)),
        ({"faces": "false"}, JobOptions(faces=False)),
        ({"sample-fps": "0"}, JobOptions(sample_fps=0)),
        (
            {"artifacts": "controls, plot", "exports": "mexca_v1"},
            JobOptions.parse({"artifacts": ["controls", "plot"], "exports": ["mexca_v1"]}, source=""),
        ),
        ({"exports": '["mexca_v0"]', "landmarks": "dense"}, JobOptions(exports=("mexca_v0",), landmarks="dense")),
        ({"landmarks": "68", "num-faces": "3"}, JobOptions(landmarks=68, num_faces=3)),
        ({"actor-name": "007", "calibration-image": "12"}, JobOptions(actor_name="007", calibration_image="12")),
        ({"retention-days": "30", "segment-seconds": "12.5"}, JobOptions(retention_days=30, segment_seconds=12.5)),
    ],
)
def test_metadata_text_becomes_values(text: dict[str, str], options: JobOptions) -> None:
    assert choose(metadata=text).options == options


@pytest.mark.parametrize(
    "sidecar", [b'{"options": {"faces": false}, "jobTag": "t"}', b'{"faces": false, "jobTag": "t"}', b'{"FACES": false, "job-tag": "t"}']
)
def test_a_sidecar_has_its_options_at_the_top_or_one_level_down(sidecar: bytes) -> None:
    assert choose(sidecar=sidecar) == Choices(JobOptions(faces=False), "t")


def test_metadata_of_other_tools_is_none_of_our_business() -> None:
    assert choose(metadata={"mtime": "17", "s3cmd-attrs": "uid:0", "author": "ü"}) == Choices(JobOptions(), None)


def test_a_numeric_job_tag_stays_text() -> None:
    assert choose(metadata={"job-tag": "0012"}).job_tag == "0012"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"call": {"sampleRate": 5}}, "Options: there is no option 'sampleRate'; the options are sampleFps, rotation"),
        ({"call": {"sampleFps": -1}}, "Options: sampleFps: expected a number from 0 to 240, found -1"),
        ({"call": {"sampleFps": "fast"}}, "Options: sampleFps: expected a number from 0 to 240, found 'fast'"),
        ({"sidecar": b'{"sampleFps": 9999}'}, "sidecar object: sampleFps: expected a number from 0 to 240, found 9999"),
        ({"sidecar": b"[]"}, "sidecar object: expected a JSON object"),
        ({"sidecar": b"\xff\xfe"}, "sidecar object: expected a JSON object"),
        ({"sidecar": b""}, "sidecar object: expected a JSON object"),
        ({"sidecar": b'{"options": 5}'}, 'sidecar object: expected "options" to be a JSON object, got int'),
        ({"sidecar": b'{"sampleFsp": 5}'}, "sidecar object: there is no option 'sampleFsp'"),
        ({"sidecar": b'{"jobTag": "with space"}'}, "sidecar object: expected jobTag"),
        ({"sidecar": b'{"jobTag": 5}'}, "sidecar object: expected jobTag"),
        ({"metadata": {"rotation": "45"}}, "object metadata: rotation: expected 0 or 90 or 180 or 270 or auto, found 45"),
        ({"metadata": {"trackway-sample-fsp": "5"}}, "object metadata: there is no option 'sample-fsp'"),
    ],
)
def test_a_wrong_option_is_named_with_its_source(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(OptionError) as caught:
        choose(**given)  # type: ignore[arg-type]
    assert sentence in str(caught.value)


def test_a_wrong_option_is_wrong_even_where_a_better_source_overrides_it() -> None:
    with pytest.raises(OptionError, match="sidecar object"):
        choose(call={"sampleFps": 5}, sidecar=b'{"sampleFps": -5}')


@pytest.mark.parametrize("name", ["2024", "1e5", "true", "null"])
def test_names_that_look_like_other_values_stay_names(name: str) -> None:
    chosen = choose(metadata={"collection-id": name, "project": name})
    assert (chosen.options.collection_id, chosen.options.project) == (name, name)


def test_what_contradicts_within_one_source_may_be_decided_by_another() -> None:
    metadata = {"faces": "false", "face-attributes": "ALL"}
    assert choose(call={"faces": True}, metadata=metadata).options == JobOptions(face_attributes="ALL")
    with pytest.raises(OptionError, match=r"^Options, all together: faceAttributes needs faces to be looked for"):
        choose(metadata=metadata)
