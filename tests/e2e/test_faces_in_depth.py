"""Uploads that ask for more of faces: what lies in the artifacts bucket then, and sentences where it cannot be (SPEC F17, F20, F27, M6)."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Clip
from tests.e2e.running import RunningCloud
from tests.portraits import both, hopper, jpeg
from trackway import VideoAnnotation


def test_f27_an_upload_leaves_curves_a_plot_and_an_export(
    cloud: RunningCloud, sample_clip: Clip, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rest = cloud.upload(jpeg(hopper()), "calibration/rest.jpg")
    asked = {
        "artifacts": "controls,plot",
        "au-model": "xgb20",
        "exports": "mexca_v1",
        "sample-fps": "5",
        "calibration-image": rest,
        "actor-name": "Grace",
    }
    job_id = cloud.job_of(cloud.upload(sample_clip.path, metadata=asked))
    assert cloud.wait(job_id)["JobStatus"] == "SUCCEEDED"
    prefix = f"jobs/{job_id}/results/"
    listed = cloud.client("s3").list_objects_v2(Bucket=cloud.outputs["artifacts_bucket"], Prefix=prefix)["Contents"]
    left = {entry["Key"].removeprefix(prefix) for entry in listed}
    assert {"identities.json", "faces.parquet", "mexca_v1.json", "tracks.json"} <= left
    assert len({name for name in left if name.startswith("controls/")}) == 8  # two people, four files each
    curves = [json.loads(cloud.artifact(prefix + name)) for name in left if name.startswith("controls/") and name.endswith(".json")]
    assert sorted(each["neutral"]["source"] for each in curves) == ["calibration", "track"]
    assert {each["actor"] for each in curves if each["neutral"]["source"] == "calibration"} == {"Grace"}
    path = tmp_path_factory.mktemp("export") / "mexca_v1.json"
    path.write_bytes(cloud.artifact(prefix + "mexca_v1.json"))
    annotation = VideoAnnotation.from_json(path, extra_filename=str(sample_clip.path))
    assert {label for label in annotation.face_label if label is not None} == {"0", "1"}


def test_what_cannot_be_fails_the_job_with_a_sentence(cloud: RunningCloud, sample_clip: Clip) -> None:
    crowd = cloud.upload(jpeg(both()), "calibration/two.jpg")
    wrong = {
        "Expected one face in the calibration image, found 2": {"calibration-image": crowd, "artifacts": "controls"},
        "Not enough faces detected to perform clustering": {"num-faces": "7"},
        "trackingModel HeadCam expects an upright picture": {"tracking-model": "HeadCam"},
    }
    jobs = {
        words: cloud.job_of(cloud.upload(sample_clip.path, metadata={"sample-fps": "1", "detail": "standard", **asked}))
        for words, asked in wrong.items()
    }
    for words, job_id in jobs.items():
        page = cloud.wait(job_id)
        assert page["JobStatus"] == "FAILED"
        assert page["StatusMessage"].startswith(words)
