"""Announcements of uploads: every record, any key, only videos."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackway.jobs.identity import new_job_id, request_fingerprint, upload_job_id
from trackway.jobs.uploads import Upload, is_video, uploads

KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


def from_eventbridge(key: str, **described: Any) -> dict[str, Any]:
    return {"detail-type": "Object Created", "source": "aws.s3", "detail": {"bucket": {"name": "b"}, "object": {"key": key, **described}}}


def from_s3(*keys: str, **described: Any) -> dict[str, Any]:
    return {
        "Records": [
            {
                "eventName": "ObjectCreated:CompleteMultipartUpload",
                "s3": {"bucket": {"name": "b"}, "object": {"key": quote_plus(key), **described}},
            }
            for key in keys
        ]
    }


@given(KEYS)
def test_r13_keys_arrive_as_they_are_whichever_way_they_come(key: str) -> None:
    assert [upload.key for upload in uploads(from_eventbridge(key))] == [key]
    assert [upload.key for upload in uploads(from_s3(key, key))] == [key, key]


def test_a_percent_sign_in_an_eventbridge_key_is_no_encoding() -> None:
    assert next(uploads(from_eventbridge("a%20b+c.mp4"))).key == "a%20b+c.mp4"
    assert next(uploads(from_s3("a%20b+c.mp4"))).key == "a%20b+c.mp4"


def test_6c_every_record_counts_with_its_version_and_size() -> None:
    assert list(uploads(from_s3("1.mp4", "2.mp4", versionId="v", eTag="e", size=5))) == [
        Upload("b", f"{n}.mp4", "v", "e", 5) for n in (1, 2)
    ]
    described = {"version-id": "v", "etag": '"e"', "size": 5}
    assert list(uploads(from_eventbridge("1.mp4", **described))) == [Upload("b", "1.mp4", "v", "e", 5)]


def test_a_null_version_is_none() -> None:
    assert next(uploads(from_eventbridge("1.mp4", **{"version-id": "null"}))).version is None
    assert next(uploads(from_s3("1.mp4", versionId="null"))).version is None


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"Event": "s3:TestEvent", "Bucket": "b"},
        {"detail-type": "Object Deleted", "detail": {"bucket": {"name": "b"}, "object": {"key": "a.mp4"}}},
        {"Records": [{"eventName": "ObjectRemoved:Delete", "s3": {"bucket": {"name": "b"}, "object": {"key": "a.mp4"}}}]},
        {"Records": None},
        {"Records": []},
    ],
)
def test_other_events_name_no_upload(event: dict[str, Any]) -> None:
    assert list(uploads(event)) == []


def test_an_announcement_without_a_key_is_an_error_not_silence() -> None:
    with pytest.raises(KeyError):
        list(uploads({"detail-type": "Object Created", "detail": {"bucket": {"name": "b"}, "object": {}}}))


@pytest.mark.parametrize("key", ["uploads/a.mp4", "uploads/a/b c/ü+.MOV", "uploads/x.webm", "uploads/.hidden.mkv", "uploads/a.b.c.avi"])
def test_videos(key: str) -> None:
    assert is_video(key, "uploads/")


@pytest.mark.parametrize(
    "key", ["a.mp4", "uploads2/a.mp4", "Uploads/a.mp4", "uploads", "uploads/", "uploads/folder/", "uploads/folder.mp4/"]
)
@pytest.mark.parametrize("prefix", ["uploads/"])
def test_folders_and_other_prefixes_are_no_videos(key: str, prefix: str) -> None:
    assert not is_video(key, prefix)


@pytest.mark.parametrize("name", ["a.mp4.job.json", "a.txt", "mp4", ".mp4", "1/results/persons.parquet"])
def test_other_files_are_no_videos(name: str) -> None:
    assert not is_video(f"uploads/{name}", "uploads/")


@given(st.tuples(KEYS, KEYS, KEYS), st.tuples(KEYS, KEYS, KEYS))
def test_uploads_share_a_job_id_only_where_all_three_parts_are_equal(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    assert (upload_job_id(*one) == upload_job_id(*other)) == (one == other)


def test_parts_of_an_identity_do_not_run_into_each_other() -> None:
    assert upload_job_id("b", "ab", "c") != upload_job_id("b", "a", "bc")


def test_r21_ids_are_64_hexadecimal_digits() -> None:
    for job_id in (new_job_id(), upload_job_id("b", "k", "v")):
        assert len(job_id) == 64
        assert set(job_id) <= set("0123456789abcdef")
    assert new_job_id() != new_job_id()


def test_r15_fingerprints_know_values_not_order() -> None:
    assert request_fingerprint({"a": 1, "b": {"c": [1], "d": 2}}) == request_fingerprint({"b": {"d": 2, "c": [1]}, "a": 1})
    assert request_fingerprint({"a": 1}) != request_fingerprint({"a": "1"})
