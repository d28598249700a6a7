"""What a field of a struct may hold, in words."""

from __future__ import annotations

import msgspec

__all__ = ["expected"]


def expected(kind: msgspec.inspect.Type) -> str:
    """What a value of a type looks like, as a sentence goes on after "expected".

    Args:
        kind: from `msgspec.inspect.type_info`.
    """
    match kind:
        case msgspec.inspect.UnionType(types=types):
            return " or ".join(expected(one) for one in types if not isinstance(one, msgspec.inspect.NoneType))
        case msgspec.inspect.Metadata(extra_json_schema={"description": str(words)}):
            return words
        case msgspec.inspect.LiteralType(values=values):
            return " or ".join(map(str, values))
        case msgspec.inspect.VarTupleType(item_type=item):
            return f"a list of {expected(item)}"
        case msgspec.inspect.BoolType():
            return "true or false"
        case msgspec.inspect.IntType() | msgspec.inspect.FloatType():
            return f"a {'whole ' if isinstance(kind, msgspec.inspect.IntType) else ''}number{_range(kind.ge, kind.le)}"
        case msgspec.inspect.StrType():
            least, most = kind.min_length or 0, kind.max_length
            return f"text of {least} to {most} characters" if most is not None else "text"
    return "something else"


def _range(least: float | None, most: float | None) -> str:
    return f" from {least:g} to {most:g}" if least is not None and most is not None else ""
