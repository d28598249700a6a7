"""What the embedded cloud takes for granted of the emulator, checked before anything in it is replaced.

The emulator (ministack) is pinned, and a few named seams add to it what Trackway's template needs. Each seam lists the parts
it replaces or calls; a version that lost one of them is refused at the start instead of misbehaving in the middle of a job.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.metadata
import inspect
from collections.abc import Iterable
from typing import Any

from trackway.errors import EmbeddedCloudError

__all__ = ["WRITTEN_FOR", "Part", "require"]

WRITTEN_FOR = "1.5.33"
"""The version of ministack that the seams were written for."""


@dataclasses.dataclass(frozen=True)
class Part:
    """One function or table of the emulator that a seam replaces or calls.

    Attributes:
        module: where it is, without the leading "ministack.".
        name: attribute of the module; dots reach into classes.
        parameters: names of a function's first parameters, in order; None for data.
    """

    module: str
    name: str
    parameters: tuple[str, ...] | None = None

    def find(self) -> Any:
        """The part itself.

        Raises:
            LookupError: the module, the attribute or a parameter is not there; says which.
        """
        try:
            found: Any = importlib.import_module(f"ministack.{self.module}")
        except ImportError as error:
            raise LookupError(f"no module ministack.{self.module}") from error
        for step in self.name.split("."):
            if not hasattr(found, step):
                raise LookupError(f"no ministack.{self.module}.{self.name}")
            found = getattr(found, step)
        if self.parameters is not None:
            given = tuple(inspect.signature(found).parameters)[: len(self.parameters)]
            if given != self.parameters:
                raise LookupError(f"ministack.{self.module}.{self.name}({', '.join(given)}) instead of ({', '.join(self.parameters)})")
        return found


def require(seam: str, parts: Iterable[Part]) -> None:
    """Checks that the installed emulator has every part of a seam.

    Raises:
        EmbeddedCloudError: it has not; names both versions.
    """
    for part in parts:
        try:
            part.find()
        except LookupError as error:
            installed = importlib.metadata.version("ministack")
            raise EmbeddedCloudError(
                f"The embedded cloud's {seam} is written for ministack {WRITTEN_FOR}; the installed version {installed} has {error}. "
                "Install the locked versions again (`make`)."
            ) from error
