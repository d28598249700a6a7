"""How Trackway stands to Amazon Rekognition, row by row of its specification: `python -m tests.contract.compatibility` writes the page.

What holds is declared here; which tests show it is read from their names (`test_r45_r52_...`, `test_r62_to_r65_...`, `test_2g_7_...`),
so a row cannot claim a test that is not there. `test_compatibility.py` fails where the page is old or a row has neither tests nor a reason.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from tests.contract.conftest import MODEL
from trackway.api.routes import FUNCTIONS

__all__ = ["PAGE", "ROWS", "SERVED", "TESTS_OF_2G", "Row", "page", "shown"]

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "compatibility.md"
TESTS_OF_2G = 18
"""How many compatibility tests section 2g of the specification asks for."""

Status = Literal["same", "better", "differs", "left out"]
SERVED = sorted({operation for operations in FUNCTIONS.values() for operation in operations} & set(MODEL.operation_names))
OWN = sorted({operation for operations in FUNCTIONS.values() for operation in operations} - set(SERVED))
START, GET, EVERY = "Start*", "Get*", "all"
_LABEL = re.compile(r"r(\d+)(?:_to_r(\d+))?_|(2g_\d+)_|([0-9][a-z]|b\d)_")


class Row(NamedTuple):
    """One row of the specification's section 2.

    Attributes:
        operations: which it is about; "Start*" and "Get*" are those of person tracking, face detection and face search.
        holds: what is so.
        status: "same" as Rekognition; "better"; it "differs"; part of it is "left out".
        why: of every status but "same".
    """

    operations: str
    holds: str
    status: Status = "same"
    why: str = ""


_LISTS = "ListCollections, ListFaces, ListUsers"
_IMAGES = "DetectFaces, CompareFaces, IndexFaces, SearchFacesByImage, SearchUsersByImage"
_NOT_KNOWN = "the default pack has no network for Eyeglasses, Sunglasses, Beard, Mustache and FaceOccluded; what no network says is omitted"

ROWS: dict[int, Row] = {
    1: Row(EVERY, "`POST /`, the operation named by a header; a stage before the path is accepted"),
    2: Row(EVERY, "`X-Amz-Target`, `application/x-amz-json-1.1`, SigV4"),
    3: Row(EVERY, "IAM's keys and own keys", "differs", "IAM's door needs the overlay's signing name, execute-api; own keys need nothing"),
    4: Row(EVERY, "`x-amzn-RequestId` on every answer"),
    5: Row(EVERY, "error bodies: `__type`, `Code`, `Logref`, `Message`"),
    6: Row(EVERY, "400 for what the caller can mend, 500 for our faults", "better", "throttling is always a 400, never a 500"),
    7: Row(EVERY, "every constraint of the service model is checked by the server, in AWS's words"),
    8: Row(GET, "numbers are float32 from the network to the wire, bit by bit"),
    9: Row(EVERY, "what has no value is omitted, never null"),
    10: Row("DescribeCollection", "times are seconds as numbers"),
    11: Row(GET, "pages and waits", "better", "paginators and waiters, which botocore lacks, for boto3 and the command line"),
    12: Row(START, "`Bucket`: required, 3 to 255 characters"),
    13: Row(START, "`Name`: the key as it is, never URL-encoded"),
    14: Row(START + ", " + GET, "`Version`: honoured, and told again by Get"),
    15: Row(START, "`ClientRequestToken`: the same job for seven days; other parameters are refused"),
    16: Row(START, "`NotificationChannel`: both ARNs checked by their patterns"),
    17: Row(START, "`JobTag`: returned by Get and in the message"),
    18: Row("StartFaceDetection", "`FaceAttributes`: DEFAULT or ALL"),
    19: Row("StartFaceSearch", "`CollectionId`: an unknown one is refused at once"),
    20: Row("StartFaceSearch", "`FaceMatchThreshold`: 0 to 100, 80 by default"),
    21: Row(START, "`JobId`: 64 hexadecimal digits that nobody can guess"),
    22: Row(START, "the errors that the service model names, and no others"),
    23: Row(START, "an unreadable or too large object is refused at once, in AWS's words"),
    24: Row(START, "20 open jobs", "better", "more of them wait; strict mode (a deployment's limit) refuses the 21st as AWS does"),
    25: Row(START, "10 GB, 6 hours, H.264 in MP4 or MOV", "better", "both limits can be set; any codec and container that FFmpeg reads"),
    26: Row(
        START,
        "the caller's role publishes to the caller's topic",
        "differs",
        "`iam:PassRole` is asked of nobody; the role trusts one function and its owner tags it `trackway-notifications` = `allowed`",
    ),
    27: Row("GetPersonTracking", "`MaxResults` above 1000 means 1000; `NextToken` of at most 255 characters; `SortBy`"),
    28: Row("GetFaceDetection", "by time; there is no `SortBy`"),
    29: Row("GetFaceSearch", "as GetPersonTracking"),
    30: Row(GET, "the envelope, with `VideoMetadata` on every page; `JobTag` only where one was given"),
    31: Row(GET, "`VideoMetadata`", "differs", "`Format` is the container's long name, as in recorded answers, not MP4, MOV or AVI"),
    32: Row("GetPersonTracking", "`Timestamp`, `Person`: `Index`, `BoundingBox`, `Face`"),
    33: Row("GetPersonTracking, GetFaceSearch", "`Index` counts from 0 without gaps, in order of first appearance"),
    34: Row(GET, "boxes are ratios and may leave the picture"),
    35: Row("GetPersonTracking, GetFaceSearch", "persons with body, with face, with both"),
    36: Row("GetPersonTracking, GetFaceSearch", "faces have the default members only"),
    37: Row(GET, "five landmarks, in the listed order"),
    38: Row("GetFaceDetection, DetectFaces, IndexFaces", "thirty landmarks where ALL is asked for"),
    39: Row("GetFaceDetection", "no `FaceOccluded` and no `EyeDirection` for videos"),
    40: Row(GET + ", " + _IMAGES, "`Pose` in degrees, with the signs of recorded answers"),
    41: Row(GET + ", " + _IMAGES, "`Quality`: brightness and sharpness, 0 to 100"),
    42: Row("GetFaceDetection, DetectFaces, IndexFaces", "`Emotions`, the surest first"),
    43: Row("GetFaceDetection, DetectFaces, IndexFaces", "`AgeRange`, `Gender`, `Smile`, `EyesOpen`, `MouthOpen`", "left out", _NOT_KNOWN),
    44: Row("GetFaceSearch", "`FaceMatches`, best first, on rows where the face shows; omitted elsewhere"),
    45: Row(GET, "by time, then by index", "better", "Rekognition leaves the order of equal times open"),
    46: Row("GetPersonTracking, GetFaceSearch", "by index, then by falling confidence"),
    47: Row(GET, "a running job: IN_PROGRESS, an empty list, no metadata"),
    48: Row(GET, "a failed job: FAILED and why", "better", "every failure has a sentence that says what to do, or where to look"),
    49: Row(GET, "an unknown or expired job is ResourceNotFoundException"),
    50: Row(GET, "a job answers the operation that started it", "better", "an upload answers every operation that its options asked for"),
    51: Row(GET + ", " + _LISTS, "a token lives for 24 hours; any other is InvalidPaginationTokenException"),
    52: Row(GET + ", " + _LISTS, "a token belongs to its operation, job or collection, and order", "better", "Rekognition does not say"),
    53: Row(GET + ", " + _LISTS, "no token on the last page, even where it is full"),
    54: Row(GET, "results for seven days", "better", "a job may keep them for longer"),
    55: Row(GET, "polling", "better", "not throttled unless a deployment sets rates (AWS's own: `aws`); the client's wait backs off"),
    56: Row(GET, "`Timestamp`", "better", "the exact presentation time of the frame, also where the frame rate varies"),
    57: Row(START, "the message has exactly the documented keys; attributes to filter by beside it"),
    58: Row(START, "at least one message, only once results can be read, the same again where it is repeated"),
    59: Row(START, "to the caller's topic through the caller's role", "better", "and to the deployment's own topic"),
    60: Row(START, "a message that fails never fails the job", "better", "it is tried again, and the job is flagged `notificationFailed`"),
    61: Row(START, "a repeated request sends nothing"),
    62: Row("CreateCollection", "names, tags, ARN, model version; a name that is there is refused in AWS's words"),
    63: Row("ListCollections", "ids and versions side by side, page by page"),
    64: Row("DescribeCollection", "counts, version, ARN, date"),
    65: Row("DeleteCollection", "gone at once with all its faces"),
    66: Row("IndexFaces", "largest first; quality filter, AUTO by default; why faces are left out; nothing twice; no image is kept"),
    67: Row("ListFaces", "page by page; by user and by face id"),
    68: Row("DeleteFaces", "which were deleted, and why others were not"),
    69: Row("SearchFaces", "best first, without the face itself"),
    70: Row("SearchFacesByImage", "by the largest face; none is an error", "better", "SearchAllFacesByImage asks for every face at once"),
    71: Row("DetectFaces", "the hundred largest, with the attributes asked for"),
    72: Row("CompareFaces", "the largest of one picture with every face of another"),
    73: Row("CreateUser, DeleteUser, ListUsers", "empty bodies, tokens, conflicts; deleting frees the faces"),
    74: Row(
        "AssociateFaces",
        "threshold 75, reasons, 100 faces per user",
        "differs",
        "for a user without faces, several at once are compared with their own mean, so that strangers are not mixed",
    ),
    75: Row("DisassociateFaces", "the mirror of AssociateFaces"),
    76: Row("SearchUsers", "by exactly one of a face and a user; the user itself is left out"),
    77: Row("SearchUsersByImage", "by the largest face; none finds nobody and is no error; why others were not searched"),
    78: Row("TagResource, UntagResource, ListTagsForResource", "200 tags per collection, named by its ARN"),
    79: Row(_IMAGES, "5 MiB, 15 MiB in S3, 80 pixels a side, JPEG and PNG by content; 20 million faces per collection"),
    80: Row(
        "CreateCollection, " + _IMAGES + ", SearchFaces, StartFaceSearch",
        "a collection belongs to its network for life; `FaceModelVersion` tells which",
        "better",
        "another network is refused with both names; ExportFaces and ImportFaces move what can be moved",
    ),
}  # fmt: skip


@functools.cache
def shown() -> dict[str, list[Path]]:
    """The files with a test of each row ("R45") and each test of section 2g ("2g_7"), by what their names say."""
    found: dict[str, set[Path]] = {}
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for label in _labels(node.name):
                    found.setdefault(label, set()).add(file)
    return {label: sorted(files) for label, files in found.items()}


def _labels(name: str) -> Iterator[str]:
    """What stands between `test_` and the sentence."""
    place = len("test_")
    while label := _LABEL.match(name, place):
        place = label.end()
        first, last, numbered, _ = label.groups()
        if first is not None:
            yield from (f"R{row}" for row in range(int(first), int(last or first) + 1))
        elif numbered is not None:
            yield numbered


def page() -> str:
    """The page, as it should be committed."""
    tests = shown()
    lines = [
        "# Compatibility with Amazon Rekognition",
        "",
        "Written by `python -m tests.contract.compatibility`; a test fails where it is old. Rows are those of the specification that the",
        "project was built from (R1 to R80). *same*: a program cannot tell the difference. *better*: it can, and need not mind. *differs*",
        "and *left out* say how and why. Tests are found by the row in their names.",
        "",
        "## Operations",
        "",
        "All of them answer stock boto3 and the aws command line, with IAM's keys and with own keys, and are checked against botocore's",
        "service model, answers included ([whole](../tests/contract/test_every_operation.py), "
        "[errors](../tests/contract/test_rows_errors.py)).",
        "",
        "| operation | served | rows |",
        "|---|---|---|",
        *(f"| {operation} | yes | {_rows_of(operation)} |" for operation in SERVED),
        "",
        f"Besides, under the target `Trackway`: {', '.join(OWN)}; those about keys with IAM's keys only.",
        "",
        "Left out, and answered with UnknownOperationException, because they are not about finding people and faces in videos, images and"
        f" collections: {', '.join(sorted(set(MODEL.operation_names) - set(SERVED)))}.",
        "",
        "## Rows",
        "",
        "| operation | row | status | what holds | tests |",
        "|---|---|---|---|---|",
        *(_line(number, row, tests.get(f"R{number}", [])) for number, row in sorted(ROWS.items())),
        "",
        "## Compatibility tests (section 2g)",
        "",
        "| test | shown by |",
        "|---|---|",
        *(f"| {number} | {_links(tests.get(f'2g_{number}', []))} |" for number in range(1, TESTS_OF_2G + 1)),
    ]
    return "\n".join(lines) + "\n"


def _rows_of(operation: str) -> str:
    """The rows about an operation; those about all of them go without saying."""
    kinds = {operation, *(wild for wild in (START, GET) if operation in _video(wild))}
    return ", ".join(f"R{number}" for number, row in sorted(ROWS.items()) if kinds & set(row.operations.split(", ")))


def _video(wild: str) -> set[str]:
    return {wild.removesuffix("*") + subject for subject in ("FaceDetection", "FaceSearch", "PersonTracking")}


def _line(number: int, row: Row, files: list[Path]) -> str:
    holds = f"{row.holds}: {row.why}" if row.why else row.holds
    return f"| {row.operations} | R{number} | {row.status} | {holds} | {_links(files)} |"


def _links(files: list[Path]) -> str:
    return ", ".join(f"[{file.stem.removeprefix('test_')}](../{file.relative_to(ROOT).as_posix()})" for file in files)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
