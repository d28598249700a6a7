"""NextToken of the lists of a collection: after which name the next page begins (SPEC R51 to R53, R63, R67, R73).

The longest name has 255 characters, as many as the longest token. Both fit because a name's 66 possible characters are packed as digits of
one number and the token's 85 as another: 4 bytes of expiry, 7 of HMAC-SHA256 and 193 of name are 204 bytes, in base 85 exactly 255
characters.

The key of a collection's lists is its generation, which nobody outside knows, so a token dies with its collection. The list of collections
itself has no secret: whoever forges its token gets a page that begins elsewhere, which the caller may read anyway.
"""

from __future__ import annotations

import base64
import hmac
import struct
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from trackway.errors import InvalidToken
from trackway.identity.catalogue import Page

__all__ = ["PAGE", "ListTokens"]

Item = TypeVar("Item")

PAGE = 1000
"""Rows of a page for which no MaxResults is given, or 0."""

_CHARACTERS = "-.0123456789:ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_EXPIRY = struct.Struct(">I")
_MAC_BYTES = 7
_HEAD = _EXPIRY.size + _MAC_BYTES


class ListTokens:
    """Tokens of one deployment.

    Args:
        clock: epoch seconds.
        hours: how long a token may be used (SPEC R51).
    """

    def __init__(self, clock: Callable[[], float], *, hours: float = 24.0) -> None:
        self._clock = clock
        self._seconds = hours * 3600

    def issue(self, after: str, *binding: str) -> str:
        """A token for the page that begins behind `after`.

        Args:
            after: the last name of the page before; letters, digits and `-.:_` only.
            binding: the secret and whatever else the token must be given back with: the operation, its filters.
        """
        expiry = _EXPIRY.pack(int(self._clock() + self._seconds))
        packed = _pack(after)
        return base64.b85encode(expiry + _mac(expiry + packed, binding) + packed).decode()

    def redeem(self, token: str, *binding: str) -> str:
        """The name behind which the page begins.

        Raises:
            InvalidToken: altered, expired, or issued for another list.
        """
        try:
            raw = base64.b85decode(token)
        except ValueError as error:
            raise InvalidToken("Invalid Pagination Token") from error
        expiry, mac, packed = raw[: _EXPIRY.size], raw[_EXPIRY.size : _HEAD], raw[_HEAD:]
        # The text is compared as well: several decode to the same bytes.
        if not hmac.compare_digest(mac, _mac(expiry + packed, binding)) or token != base64.b85encode(raw).decode():
            raise InvalidToken("Invalid Pagination Token")
        if _EXPIRY.unpack(expiry)[0] <= self._clock():
            raise InvalidToken("Invalid Pagination Token")
        return _unpack(packed)

    def page(
        self, request: dict[str, Any], binding: tuple[str, ...], read: Callable[[str | None, int], Page[Item]]
    ) -> tuple[list[Item], dict[str, str]]:
        """A page of a list, and the NextToken member where there are more (SPEC R53).

        Args:
            request: validated, with MaxResults and NextToken where they were given; MaxResults 0 is as good as none.
            binding: see `issue`.
            read: the page behind a name, of at most so many rows.

        Raises:
            InvalidToken: see `redeem`.
        """
        after = self.redeem(request["NextToken"], *binding) if "NextToken" in request else None
        items, following = read(after, request.get("MaxResults") or PAGE)
        return items, {} if following is None else {"NextToken": self.issue(following, *binding)}


def _mac(content: bytes, binding: tuple[str, ...]) -> bytes:
    secret, *others = binding
    return hmac.digest(secret.encode(), content + msgspec.json.encode(others), "sha256")[:_MAC_BYTES]


def _pack(name: str) -> bytes:
    """The name as one number, digits 1 to 66, so that no two names are the same number."""
    number = 0
    for character in name:
        number = number * len(_CHARACTERS) + _CHARACTERS.index(character) + 1
    return number.to_bytes((number.bit_length() + 7) // 8)


def _unpack(packed: bytes) -> str:
    number, characters = int.from_bytes(packed), []
    while number:
        number, digit = divmod(number - 1, len(_CHARACTERS))
        characters.append(_CHARACTERS[digit])
    return "".join(reversed(characters))
