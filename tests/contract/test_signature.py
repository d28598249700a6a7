"""Signature Version 4 at our own door, against a second implementation written from AWS's description (DESIGN section 6)."""

from __future__ import annotations

import datetime
import hashlib
import hmac
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trackway.api.errors import IncompleteSignature, InvalidSignature, MissingAuthenticationToken, NotAuthenticated
from trackway.api.signature import SignedRequest, check_scope, is_signed_by, read_claim

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NOW = datetime.datetime(2026, 11, 21, 12, 0, 0, tzinfo=datetime.UTC)
STAMP = "20261121T120000Z"
HEADERS = {"host": "api.example.com", "x-amz-date": STAMP, "x-amz-target": "RekognitionService.ListCollections"}
TIMES = settings(max_examples=100)


def reference(request: SignedRequest, *, secret: str = SECRET, region: str = "eu-west-1", service: str = "rekognition") -> SignedRequest:
    """The request with the header Authorization that AWS's description of the signing steps gives; every header is signed."""
    stamp = request.headers["x-amz-date"]
    names = sorted(request.headers)
    pairs = sorted(tuple(part.partition("=")[::2]) for part in request.query.split("&") if part)
    canonical = "\n".join([
        request.method,
        quote(request.path, safe="/-_.~"),
        "&".join(f"{name}={value}" for name, value in pairs),
        *(f"{name}:{' '.join(request.headers[name].split())}" for name in names),
        "",
        ";".join(names),
        hashlib.sha256(request.body).hexdigest(),
    ])  # fmt: skip
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    header = f"AWS4-HMAC-SHA256 Credential=KEY/{scope}, SignedHeaders={';'.join(names)}, Signature={signature}"
    return request._replace(headers={**request.headers, "authorization": header})


def plain(**changes: Any) -> SignedRequest:
    return SignedRequest("POST", "/keys", "", HEADERS, b"{}")._replace(**changes)


PATHS = st.lists(st.text(st.sampled_from("abcXYZ019-_.~$ü +"), min_size=1, max_size=8), min_size=1, max_size=3).map(
    lambda parts: "/" + "/".join(part if set(part) != {"."} else "dot" for part in parts)
)
QUERIES = st.dictionaries(st.from_regex(r"[a-zA-Z]{1,5}", fullmatch=True), st.from_regex(r"[a-zA-Z0-9%]{0,5}", fullmatch=True), max_size=3)
EXTRAS = st.dictionaries(st.from_regex(r"x-[a-z]{1,8}", fullmatch=True), st.text(st.characters(codec="ascii", categories=("L", "N", "P", "Zs")), max_size=12), max_size=3)  # fmt: skip # noqa: E501


@TIMES
@given(path=PATHS, query=QUERIES, extras=EXTRAS, body=st.binary(max_size=60))
def test_what_the_reference_signs_is_signed(path: str, query: dict[str, str], extras: dict[str, str], body: bytes) -> None:
    request = reference(plain(path=path, query="&".join("=".join(pair) for pair in query.items()), headers=HEADERS | extras, body=body))
    claim = read_claim(request)
    check_scope(claim, region="eu-west-1", now=NOW)
    assert is_signed_by(SECRET, request, claim)
    assert not is_signed_by(SECRET[:-1] + "Z", request, claim)


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "GET"},
        {"path": "/"},
        {"path": "/keys/"},
        {"query": "a=1"},
        {"body": b"{} "},
        {"body": b""},
        {"headers": {"host": "other.example.com"}},
        {"headers": {"x-amz-target": "RekognitionService.DeleteCollection"}},
        {"headers": {"x-amz-date": "20261121T120001Z"}},
        {"headers": {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}},
        {"headers": {"x-amz-content-sha256": hashlib.sha256(b"other").hexdigest()}},
    ],
    ids=str,
)
def test_whatever_the_signature_covers_cannot_be_changed(changed: dict[str, Any]) -> None:
    request = reference(plain())
    spoiled = request._replace(**changed | {"headers": {**request.headers, **changed.get("headers", {})}})
    assert is_signed_by(SECRET, request, read_claim(request))
    assert not is_signed_by(SECRET, spoiled, read_claim(spoiled))


@pytest.mark.parametrize(
    ("scope", "message"),
    [
        ({"region": "us-east-1"}, "Credential should be scoped to a valid region, not 'us-east-1'. This endpoint is in 'eu-west-1'."),
        ({"service": "s3"}, "Credential should be scoped to correct service: 'rekognition'."),
    ],
)
def test_another_region_or_service_is_refused_as_aws_words_it(scope: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidSignature) as caught:
        check_scope(read_claim(reference(plain(), **scope)), region="eu-west-1", now=NOW)
    assert str(caught.value) == message


def test_the_overlays_service_is_taken_too() -> None:
    claim = read_claim(reference(plain(), service="execute-api"))
    check_scope(claim, region="eu-west-1", now=NOW)


@pytest.mark.parametrize(
    ("seconds", "message"),
    [
        (-301, "Signature not yet current: 20261121T120000Z is still later than 20261121T115959Z (20261121T115459Z + 5 min.)"),
        (-300, None),
        (0, None),
        (300, None),
        (301, "Signature expired: 20261121T120000Z is now earlier than 20261121T120001Z (20261121T120501Z - 5 min.)"),
        (86400 * 365, "Signature expired: 20261121T120000Z is now earlier than 20271121T115500Z (20271121T120000Z - 5 min.)"),
    ],
)
def test_five_minutes_of_skew_and_no_more(seconds: float, message: str | None) -> None:
    claim, now = read_claim(reference(plain())), NOW + datetime.timedelta(seconds=seconds)
    if message is None:
        check_scope(claim, region="eu-west-1", now=now)
    else:
        with pytest.raises(InvalidSignature) as caught:
            check_scope(claim, region="eu-west-1", now=now)
        assert str(caught.value) == message


def test_the_day_of_the_scope_is_that_of_the_date() -> None:
    request = reference(plain())
    header = request.headers["authorization"].replace("20261121/", "20261120/")
    with pytest.raises(InvalidSignature, match="'20261120' and '20261121'"):
        check_scope(read_claim(request._replace(headers={**HEADERS, "authorization": header})), region="eu-west-1", now=NOW)


GOOD = reference(plain()).headers["authorization"]


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("", MissingAuthenticationToken),
        ("Bearer abc", IncompleteSignature),
        ("AWS4-HMAC-SHA256", IncompleteSignature),
        ("AWS4-HMAC-SHA256 Credential=KEY, SignedHeaders=host, Signature=" + "0" * 64, IncompleteSignature),
        (GOOD.replace("Signature=", "Signatur="), IncompleteSignature),
        (GOOD.replace("Credential=", "Credential=x/"), IncompleteSignature),
        (GOOD.replace("aws4_request", "aws3_request"), IncompleteSignature),
        (GOOD[:-1], IncompleteSignature),
        (GOOD[:-1] + "G", IncompleteSignature),
        (GOOD.replace(";x-amz-target", ""), IncompleteSignature),
        (GOOD.replace(";x-amz-date", ""), IncompleteSignature),
        (GOOD.replace("SignedHeaders=host;", "SignedHeaders="), IncompleteSignature),
        (GOOD + "ü", IncompleteSignature),
    ],
    ids=lambda value: str(value)[-40:],
)
def test_an_incomplete_signature_is_told_from_a_wrong_one(header: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        read_claim(plain(headers={**HEADERS, "authorization": header}))


def test_a_date_is_needed_and_must_be_one() -> None:
    with pytest.raises(IncompleteSignature, match="'X-Amz-Date'"):
        read_claim(plain(headers={"host": "h", "authorization": GOOD}))
    claim = read_claim(plain(headers={**HEADERS, "x-amz-date": "yesterday", "authorization": GOOD}))
    with pytest.raises(IncompleteSignature, match="'yesterday'"):
        check_scope(claim, region="eu-west-1", now=NOW)


@TIMES
@given(
    headers=st.dictionaries(st.sampled_from(["host", "x-amz-date", "x-amz-target", "authorization", "x-amz-content-sha256"]), st.text()),
    authorization=st.text() | st.lists(st.sampled_from([*GOOD.replace(",", " , ").split(" "), "=", ";", "Credential="])).map(" ".join),
    path=st.text(),
    query=st.text(),
)
def test_garbage_is_refused_and_never_a_fault(headers: dict[str, str], authorization: str, path: str, query: str) -> None:
    request = SignedRequest("POST", path, query, headers | {"authorization": authorization}, b"")
    try:
        claim = read_claim(request)
        assert not is_signed_by(SECRET, request, claim)
        check_scope(claim, region="eu-west-1", now=NOW)
    except NotAuthenticated:
        return
