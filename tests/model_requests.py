"""Requests drawn from a service model: such as satisfy its every constraint, and such as somebody spoiled."""

from __future__ import annotations

import base64
import re
from typing import Any

from hypothesis import strategies as st

from trackway.api.model import ServiceModel, Shape

__all__ = ["JSON", "requests", "spoiled", "valid"]

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**31, 2**63, -(2**63) - 1, 1e39, 1e308, -0.0])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=12,
)


def requests(model: ServiceModel, operation: str) -> st.SearchStrategy[Any]:
    """Valid bodies for an operation."""
    described = model.operations[operation].input
    assert described is not None
    return valid(model, model.shapes[described.shape])


def valid(model: ServiceModel, shape: Shape) -> st.SearchStrategy[Any]:
    """Values that satisfy a shape's every constraint."""
    low, high = int(shape.min or 0), shape.max
    match shape.type:
        case "structure" if shape.document:
            return st.dictionaries(st.text(max_size=5), st.integers(), max_size=2)
        case "structure":
            members = {name: valid(model, model.shapes[member.shape]) for name, member in shape.members.items()}
            return st.fixed_dictionaries(
                {name: members[name] for name in shape.required},
                optional={name: value for name, value in members.items() if name not in shape.required},
            )
        case "list":
            assert shape.member is not None
            return st.lists(valid(model, model.shapes[shape.member.shape]), min_size=min(low, 3), max_size=max(low, 3))
        case "map":
            assert shape.key is not None
            assert shape.value is not None
            key, value = (model.shapes[part.shape] for part in (shape.key, shape.value))
            return st.dictionaries(valid(model, key), valid(model, value), max_size=3)
        case "string" if shape.enum:
            return st.sampled_from(shape.enum)
        case "string" if shape.pattern is not None:
            pattern = shape.pattern.replace(r"\p{L}", "a-z").replace(r"\p{Z}", " ").replace(r"\p{N}", "0-9")
            return st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True).filter(lambda text: low <= len(text) <= (high or 10**9))
        case "string":
            return st.text(min_size=low, max_size=int(min(high or 30, low + 30)))
        case "integer" | "long":
            return st.integers(low, int(min(high or 2**31 - 1, 2**31 - 1)))
        case "float" | "double" | "timestamp":
            return st.floats(shape.min or 0, high or 10**6)
        case "boolean":
            return st.booleans()
        case "blob":
            return st.binary(min_size=max(1, low), max_size=max(30, low)).map(lambda content: base64.b64encode(content).decode())


@st.composite
def spoiled(draw: st.DrawFn, whole: st.SearchStrategy[Any]) -> Any:
    """A request with any member, at any depth, replaced by any JSON, or left out."""
    request = draw(st.one_of(whole, JSON))
    where: Any = request
    while isinstance(where, dict) and where:
        name = draw(st.sampled_from(sorted(where)))
        if not isinstance(where[name], dict) or draw(st.booleans()):
            if draw(st.booleans()):
                where[name] = draw(JSON)
            else:
                del where[name]
            break
        where = where[name]
    return request
