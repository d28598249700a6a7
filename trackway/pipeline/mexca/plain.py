"""Values of numpy as JSON has them, and what is missing in either way of writing it: None, or NaN."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["plain", "with_nan"]


def plain(value: Any) -> Any:
    """Lists and numbers of Python for those of numpy, at any depth, and None for NaN."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple):
        # Most are plain numbers, and a call for each would take longer than all the rest.
        return [each if type(each) is float and each == each else plain(each) for each in value]
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return None if isinstance(value, float) and value != value else value


def with_nan(value: Any) -> Any:
    """NaN for None, at any depth."""
    if isinstance(value, list):
        return [with_nan(each) for each in value]
    if isinstance(value, dict):
        return {key: with_nan(each) for key, each in value.items()}
    return float("nan") if value is None else value
