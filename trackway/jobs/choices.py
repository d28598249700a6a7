"""Where a job's options come from: the call, the sidecar object, the video's own metadata; the first that names an option decides.

    call      the extra member `Options` of a Start* request
    sidecar   the object `<key>.job.json` beside the video, there before the video is: {"sampleFps": 5, "jobTag": "shot12"},
              or the options one level down: {"options": {"sampleFps": 5}, "jobTag": "shot12"}
    metadata  of the S3 object (x-amz-meta-*): `sample-fps: 5`, `job-tag: shot12`, `artifacts: controls,plot`

Names may be written in any case, with or without dashes and underscores, because S3 lowers the case of metadata. Other tools keep
metadata of their own, so names that are not options are ignored there, unless they begin with `trackway-`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from trackway.errors import OptionError
from trackway.jobs.options import JobOptions

__all__ = ["Choices", "choose"]

_OWN_PREFIX = "trackway-"
_TEXTS = frozenset({"jobTag", "collectionId", "project", "actorName", "calibrationImage"})  # may look like numbers and are none
_LISTS = frozenset({"artifacts", "exports"})  # in metadata: words with commas between them
_JOB_TAG = re.compile(r"[a-zA-Z0-9_.\-:+=/]{1,1024}")  # SPEC R17


class Choices(NamedTuple):
    """What was chosen for a job."""

    options: JobOptions = JobOptions()
    job_tag: str | None = None


def choose(*, call: Mapping[str, Any] | None = None, sidecar: bytes | None = None, metadata: Mapping[str, str] | None = None) -> Choices:
    """The options and the tag for a job, from all sources that there are.

    Args:
        call: the request's `Options`.
        sidecar: the sidecar object's content.
        metadata: the video object's user metadata.

    Raises:
        OptionError: an unknown option, a value outside its range, or a sidecar that is not JSON; the sentence names the source.
    """
    chosen: dict[str, Any] = {}
    for source, given in (
        ("object metadata", _from_metadata(metadata or {})),
        ("sidecar object", _from_sidecar(sidecar)),
        ("Options", _named(call or {})),
    ):
        tag = given.pop("jobTag", chosen.get("jobTag"))
        _check_tag(tag, source)
        for name, value in given.items():  # what contradicts each other may be decided by another source
            JobOptions.parse({name: value}, source=source)
        chosen |= given | {"jobTag": tag}
    tag = chosen.pop("jobTag")
    return Choices(JobOptions.parse(chosen, source="Options, all together"), tag)


def _from_metadata(metadata: Mapping[str, str]) -> dict[str, Any]:
    own = {name[len(_OWN_PREFIX) :]: value for name, value in metadata.items() if name.lower().startswith(_OWN_PREFIX)}
    plain = {name: value for name, value in _named(metadata).items() if name in _spellings().values()}
    return {name: _meant(name, value) for name, value in (plain | _named(own)).items()}


def _meant(name: str, text: str) -> Any:
    if name in _LISTS and not text.startswith("["):
        return [word.strip() for word in text.split(",") if word.strip()]
    return text if name in _TEXTS else _scalar(text)


def _scalar(text: str) -> Any:
    """Metadata knows only text: `5`, `true` and `90` are meant as JSON, `auto` is not JSON and stays."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


def _from_sidecar(content: bytes | None) -> dict[str, Any]:
    if content is None:
        return {}
    try:
        document = msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise OptionError(f'sidecar object: expected a JSON object such as {{"sampleFps": 5}}, got something else ({error}).') from error
    nested = document.pop("options", {})
    if not isinstance(nested, dict):
        raise OptionError(f'sidecar object: expected "options" to be a JSON object, got {type(nested).__name__}.')
    return _named(document) | _named(nested)


def _named(given: Mapping[str, Any]) -> dict[str, Any]:
    """The same values under the names that options really have; an unknown name stays, to be refused by `JobOptions.parse`."""
    spellings = _spellings()
    return {spellings.get(_plain(name), name): value for name, value in given.items()}


def _spellings() -> dict[str, str]:
    return {_plain(name): name for name in (*JobOptions.__struct_encode_fields__, "jobTag")}


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


def _check_tag(tag: Any, source: str) -> None:
    if tag is not None and not (isinstance(tag, str) and _JOB_TAG.fullmatch(tag)):
        raise OptionError(f"{source}: expected jobTag to be 1 to 1024 letters, digits or _.-:+=/ characters.")
