"""What a caller may choose for one job, and the one place where such a choice is read (SPEC Appendix E)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from trackway.errors import OptionError

__all__ = ["JobOptions"]


class JobOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """Options of a job; names on the wire are camelCase.

    Attributes:
        sample_fps: frames per second to analyse at most; 0 analyses every frame. Higher follows fast motion better and
            costs in proportion.
        rotation: degrees clockwise to turn the picture before anything else; "auto" obeys the file's display matrix.
        faces: look for faces too; off saves time and leaves every `Face` out.
        detail: how closely the person detector looks. "high" cuts the picture into tiles, finds small people and costs several
            times as much; "auto" looks into the video first and takes "high" where people are small.
        cadence: how often the detectors look. "adaptive" carries tracks in straight lines between looks, whose distance follows
            from how fast people move; "every" looks at each analysed frame.
        precision: "int8" finds faces faster and a little less exactly where a processor does the work; a GPU takes no notice.
        segment_seconds: length of the pieces that a long video is cut into. Shorter finishes sooner on a large queue.
        retention_days: days that results stay readable (SPEC R54).
        face_attributes: what is said of a face in GetFaceDetection: "DEFAULT" is box, confidence, landmarks, pose and quality, "ALL" is all
            that the model pack can tell (SPEC R18).
        collection_id: collection in which the people of the video are looked up by their faces (SPEC R19).
        face_match_threshold: similarity, 0..100, that a match in it has at least (SPEC R20). Higher names fewer people wrongly and misses
            more.
        project: to which the job belongs; a key of one project sees no other's jobs.
    """

    sample_fps: Annotated[float, msgspec.Meta(ge=0, le=240)] = 10.0
    rotation: Literal["auto", 0, 90, 180, 270] = "auto"
    faces: bool = True
    detail: Literal["auto", "standard", "high"] = "auto"
    cadence: Literal["every", "adaptive"] = "adaptive"
    precision: Literal["full", "int8"] = "full"
    segment_seconds: Annotated[float, msgspec.Meta(ge=5, le=3600)] = 300.0
    retention_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 7
    face_attributes: Literal["DEFAULT", "ALL"] = "DEFAULT"
    collection_id: Annotated[str, msgspec.Meta(pattern=r"\A[a-zA-Z0-9_.\-]{1,255}\Z")] | None = None
    face_match_threshold: Annotated[float, msgspec.Meta(ge=0, le=100)] = 80.0
    project: Annotated[str, msgspec.Meta(pattern=r"\A[a-zA-Z0-9_.\-]{1,128}\Z")] | None = None

    def __post_init__(self) -> None:
        """Refuses options that contradict each other.

        Raises:
            ValueError: a collection is to be searched for faces that nobody looks for.
        """
        if self.collection_id is not None and not self.faces:
            raise ValueError("collectionId needs faces to be looked for; leave out either collectionId or faces: false")

    @classmethod
    def parse(cls, given: Mapping[str, Any], *, source: str) -> JobOptions:
        """Options from JSON-like values; `source` names their origin in the error.

        Raises:
            OptionError: an unknown name or a value outside its range.
        """
        unknown = given.keys() - cls.__struct_encode_fields__
        if unknown:
            allowed = ", ".join(cls.__struct_encode_fields__)
            raise OptionError(f"{source}: there is no option {', '.join(map(repr, sorted(unknown)))}; the options are {allowed}.")
        try:
            return msgspec.convert(dict(given), cls, strict=False)
        except msgspec.ValidationError as error:
            raise OptionError(f"{source}: {error}.") from error
