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
    """

    sample_fps: Annotated[float, msgspec.Meta(ge=0, le=240)] = 10.0
    rotation: Literal["auto", 0, 90, 180, 270] = "auto"
    faces: bool = True
    detail: Literal["auto", "standard", "high"] = "auto"
    cadence: Literal["every", "adaptive"] = "adaptive"
    precision: Literal["full", "int8"] = "full"
    segment_seconds: Annotated[float, msgspec.Meta(ge=5, le=3600)] = 300.0
    retention_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 7

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
