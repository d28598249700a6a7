"""Kept files are whole or absent, and never an error."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from trackway.models.kept import Kept, seal, unseal


def test_what_is_kept_is_made_once(tmp_path: Path) -> None:
    made: list[str] = []

    def make() -> bytes:
        made.append("")
        return b"graph"

    assert [Kept(tmp_path / "new").get("a.onnx", make) for _ in range(3)] == [b"graph"] * 3
    assert len(made) == 1
    assert Kept(tmp_path).read("a.onnx") is None


@given(content=st.binary(min_size=1), place=st.integers(0, 10**6), change=st.integers(1, 255))
def test_every_changed_byte_is_noticed(content: bytes, place: int, change: int) -> None:
    sealed = bytearray(seal(content))
    assert unseal(bytes(sealed)) == content
    sealed[place % len(sealed)] ^= change
    assert unseal(bytes(sealed)) is None
    assert unseal(seal(content)[:-1]) is None


def test_an_empty_file_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    assert Kept(tmp_path).read("a") is None


def test_readers_see_whole_files_while_writers_write(tmp_path: Path) -> None:
    kept, content = Kept(tmp_path), [os.urandom(100_000), os.urandom(120_000)]
    kept.write("a", content[0])
    seen: set[bytes | None] = set()

    def write(part: bytes) -> None:
        for _ in range(40):
            kept.write("a", part)

    threads = [threading.Thread(target=write, args=(part,)) for part in content]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        seen.add(kept.read("a"))
    assert seen <= set(content)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_what_was_unused_for_longest_makes_room(tmp_path: Path) -> None:
    kept = Kept(tmp_path, limit_bytes=350)
    for age, name in enumerate(("old/a", "b", "c")):
        kept.write(name, bytes(90))
        os.utime(tmp_path / name, (age, age))
    assert kept.read("old/a") is not None  # in use again, so that b is now the oldest
    kept.write("d", bytes(90))
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()} == {"old/a", "c", "d"}


def test_a_file_beyond_the_limit_stays_alone(tmp_path: Path) -> None:
    kept = Kept(tmp_path, limit_bytes=10)
    kept.write("a", bytes(90))
    kept.write("b", bytes(90))
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
