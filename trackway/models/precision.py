"""With how many bits the networks of a run compute."""

from __future__ import annotations

from typing import Literal, NamedTuple

from trackway.errors import ModelError
from trackway.models.pack import Pack
from trackway.models.providers import Provider

__all__ = ["ChosenPrecision", "Precision", "choose_precision"]

Precision = Literal["full", "int8"]
"""What may be asked for: as many bits as suit the provider, or 8 where the pack allows it."""


class ChosenPrecision(NamedTuple):
    """What is used.

    Attributes:
        used: by all networks; "int8" by those detectors that the pack allows it for, and float32 by the others.
        reason: why "int8" was asked for in vain; else empty.
    """

    used: Literal["float32", "float16", "int8"]
    reason: str = ""


def choose_precision(wanted: Precision, provider: Provider, pack: Pack) -> ChosenPrecision:
    """A GPU ignores "int8" and says so: which machine runs a job is seldom its sender's choice, and half precision is faster there.
    A pack that forbids it is an error, since the sender chose that too.

    Raises:
        ModelError: "int8" was asked for, and no detector of the pack allows it.
    """
    if wanted == "int8" and not any(model.int8 for model in pack.models.values()):
        raise ModelError(
            f"Precision int8 was asked for, but no detector of the model pack {pack.name!r} allows it; "
            'ask for full, or measure one and say "int8": true in its manifest.'
        )
    if provider != "cpu":
        return ChosenPrecision("float16", "" if wanted == "full" else f"int8 is for the CPU; {provider} computes in half precision.")
    return ChosenPrecision("int8" if wanted == "int8" else "float32")
