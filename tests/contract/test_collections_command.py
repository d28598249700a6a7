"""`trackway collections`, as a user runs it against a deployment (issue 4, SPEC X23)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from mypy_boto3_rekognition import RekognitionClient
from typer.testing import CliRunner

from tests.cloud import REGION, Cloud
from tests.contract.gateway import Gateway
from tests.portraits import crowd, hopper, jpeg
from trackway.cli.main import app
from trackway.client.collections import export_collection, import_collection
from trackway.client.connect import trackway_client
from trackway.client.words import in_words
from trackway.errors import FileError, InputError, OptionError, SystemFault, TrackwayError
from trackway.progress import Silent
from trackway.results.collection_files import read_entries, write_entries


def run(gateway: Gateway, *words: str | Path, text: str | None = None) -> str:
    result = CliRunner().invoke(app, ["collections", *map(str, words), "--endpoint-url", gateway.url], input=text)
    if isinstance(result.exception, TrackwayError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def family(rekognition: RekognitionClient) -> str:
    """A collection of twelve faces and two users, one of whom has no face."""
    rekognition.create_collection(CollectionId="family")
    image: Any = {"Bytes": jpeg(crowd())}
    answer = rekognition.index_faces(CollectionId="family", Image=image, QualityFilter="NONE", MaxFaces=11)
    rekognition.index_faces(CollectionId="family", Image={"Bytes": jpeg(hopper())}, ExternalImageId="grace:1")
    for name in ("ada", "bob"):
        rekognition.create_user(CollectionId="family", UserId=name)
    face_ids = [record["Face"]["FaceId"] for record in answer["FaceRecords"][:2]]
    rekognition.associate_faces(CollectionId="family", UserId="ada", FaceIds=face_ids, UserMatchThreshold=0)
    return "family"


def test_r62_to_r65_collections_are_made_listed_described_and_deleted(gateway: Gateway) -> None:
    assert run(gateway, "create", "b", "--tag", "team=x=y").strip().endswith(":collection/b")
    run(gateway, "create", "a")
    assert run(gateway, "list") == "a\t1.0\nb\t1.0\n"
    assert json.loads(run(gateway, "list", "--json")) == [{"CollectionId": name, "FaceModelVersion": "1.0"} for name in "ab"]
    described = json.loads(run(gateway, "describe", "b", "--json"))
    assert (described["FaceCount"], described["UserCount"], described["FaceModelVersion"]) == (0, 0, "1.0")
    assert "FaceCount          0" in run(gateway, "describe", "b")
    assert "Delete a with 0 faces and 0 users?" in run(gateway, "delete", "a", text="y\n")
    run(gateway, "delete", "b", "--yes")
    assert run(gateway, "list") == ""


def test_what_is_refused_is_one_sentence(gateway: Gateway, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"The collection id: none does not exist \(ResourceNotFoundException\)"):
        run(gateway, "describe", "none")
    with pytest.raises(OptionError, match="KEY=VALUE"):
        run(gateway, "create", "a", "--tag", "team")
    run(gateway, "create", "a")
    with pytest.raises(OptionError, match=r"ends with .jsonl or .parquet"):
        run(gateway, "export", "a", tmp_path / "a.csv")
    (tmp_path / "a.jsonl").write_text("mine")
    with pytest.raises(FileError, match="is there already"):
        run(gateway, "export", "a", tmp_path / "a.jsonl")
    assert (tmp_path / "a.jsonl").read_text() == "mine"
    with pytest.raises(FileError):
        run(gateway, "import", "a", tmp_path / "a.jsonl")
    with pytest.raises(FileError, match="cannot be read"):
        run(gateway, "import", "a", tmp_path / "none.parquet")
    (tmp_path / "a.parquet").write_bytes(b"PAR1 or not")
    with pytest.raises(FileError):
        run(gateway, "import", "a", tmp_path / "a.parquet")
    aborted = CliRunner().invoke(app, ["collections", "delete", "a", "--endpoint-url", gateway.url], input="n\n")
    assert aborted.exit_code == 1
    assert run(gateway, "list") == "a\t1.0\n"
    gone = CliRunner().invoke(app, ["collections", "list", "--endpoint-url", "http://127.0.0.1:9"])
    assert isinstance(gone.exception, SystemFault)


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_x23_a_collection_in_a_file(gateway: Gateway, rekognition: RekognitionClient, family: str, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"family.{ending}"
    assert "12 faces written" in run(gateway, "export", family, file)
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    if ending == "parquet":
        table = pq.read_table(file)
        assert (table.num_rows, table["Vector"].type.list_size) == (12, 1024)
        assert "grace:1" in table["ExternalImageId"].to_pylist()
    assert "12 faces stored" in run(gateway, "import", "copy", file, "--create")
    again = json.loads(run(gateway, "import", "copy", file, "--json"))
    assert (again["stored"], again["known_by_id"], again["refused"]) == (0, 12, [])
    listed = [rekognition.list_faces(CollectionId=name)["Faces"] for name in (family, "copy")]
    assert listed[0] == listed[1]
    assert [user["UserId"] for user in rekognition.list_users(CollectionId="copy")["Users"]] == ["ada", "bob"]
    other = tmp_path / f"other.{'jsonl' if ending == 'parquet' else 'parquet'}"
    write_entries(read_entries(file), other)
    assert list(read_entries(other)) == list(read_entries(file))


class Faltering:
    """A client with small pages that is cut off before one of them."""

    def __init__(self, client: Any, last: int) -> None:
        self.exceptions = client.exceptions
        self.asked = 0
        self._client = client
        self._last = last

    def export_faces(self, **given: Any) -> Any:
        self.asked += 1
        if self.asked > self._last:
            raise KeyboardInterrupt
        return self._client.export_faces(**given | {"MaxResults": 3})


def test_x23_an_export_that_was_cut_off_goes_on(cloud: Cloud, gateway: Gateway, family: str, tmp_path: Path) -> None:
    client = trackway_client(gateway.url, region_name=REGION)
    whole, file = tmp_path / "whole.jsonl", tmp_path / "family.jsonl"
    unbroken = Faltering(client, 99)
    export_collection(unbroken, family, whole, Silent())
    with pytest.raises(KeyboardInterrupt):
        export_collection(Faltering(client, 2), family, file, Silent())
    assert not file.exists()
    part = file.with_name("family.jsonl.part")
    part.write_bytes(part.read_bytes() + b'{"Face": {"half a line')
    rest = Faltering(client, 9)
    assert export_collection(rest, family, file, Silent()) == 12
    assert rest.asked == unbroken.asked - 2
    assert file.read_bytes() == whole.read_bytes()
    assert not part.exists()
    # A day later the token is too old: everything is read again.
    file.unlink()
    with pytest.raises(KeyboardInterrupt):
        export_collection(Faltering(client, 2), family, file, Silent())
    cloud.clock.turn(days=1, seconds=1)
    assert export_collection(Faltering(client, 9), family, file, Silent()) == 12
    assert file.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("line", ['{"Face": {}}', '{"Face": {"FaceId": "x"}, "Vector": "%"}', "{}", "[]", "nonsense", '{"Something": 1}'])
def test_x23_a_line_that_is_no_face(gateway: Gateway, tmp_path: Path, line: str) -> None:
    run(gateway, "create", "a")
    file = tmp_path / "bad.jsonl"
    file.write_text(
        '{"Embedding": {"Title": "x", "Digest": "' + "0" * 64 + '", "Size": 1024, "Version": "1.0"}}\n' + line + "\n", encoding="ascii"
    )
    with pytest.raises((FileError, InputError)), in_words():
        import_collection(trackway_client(gateway.url, region_name=REGION), "a", file, Silent())
