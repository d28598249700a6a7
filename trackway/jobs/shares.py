"""What one start of a container works through: every n-th segment of a job.

A start costs minutes of booting, pulling the image and opening models, and a segment often less; a container therefore takes several.
Shares interleave, so that the beginning of a video is done first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from trackway.errors import SystemFault

__all__ = ["Share", "cut_shares"]

Item = TypeVar("Item")


class Span(Protocol):
    """As much of a segment as matters here; `media.segments.Segment` is one."""

    @property
    def start_ms(self) -> int:
        """Milliseconds from the first frame."""

    @property
    def end_ms(self) -> int:
        """Likewise."""


@dataclass(frozen=True)
class Share:
    """One of `count` shares; as text "0-of-3", which may stand in a job's name.

    Attributes:
        number: from 0.
        count: at least 1.
    """

    number: int
    count: int

    def __str__(self) -> str:
        return f"{self.number}-of-{self.count}"

    @classmethod
    def parse(cls, text: str) -> Share:
        """The share of that text.

        Raises:
            SystemFault: it is none.
        """
        found = re.fullmatch(r"(\d{1,6})-of-(\d{1,6})", text, re.ASCII)
        if found is None or int(found[1]) >= int(found[2]):
            raise SystemFault(f"Expected a share such as 0-of-3, found {text!r}.")
        return cls(int(found[1]), int(found[2]))

    def of(self, segments: Sequence[Item]) -> Sequence[Item]:
        """The segments of this share, in order."""
        return segments[self.number :: self.count]


def cut_shares(segments: Sequence[Span], minutes: float) -> list[Share]:
    """As few shares as keep each at about `minutes` of video, none of them empty.

    Args:
        segments: of a job, one at least.
        minutes: less finishes sooner on a large queue, more starts fewer containers.
    """
    length_ms = segments[-1].end_ms - segments[0].start_ms
    count = min(len(segments), max(1, math.ceil(length_ms / (60_000 * minutes))))
    return [Share(number, count) for number in range(count)]
