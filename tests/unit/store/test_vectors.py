"""Vectors in LanceDB, in a folder (SPEC R65, R66, R68, R69, R76, R80)."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trackway.identity.ports import VectorRow, Vectors
from trackway.store.vector_memory import Memory, Snapshot
from trackway.store.vectors import EXACT_ROWS, VectorStore

ROOT = Path(__file__).resolve().parents[3]
SIZE = 32
UNSAFE = ["", "x' OR '1'='1", "a'", 'a"', "a b", "a;b", "a\\", "é", "a\n", "x" * 129, "--%"]

WRITER = """
import sys
import numpy as np
from trackway.identity.ports import VectorRow
from trackway.store.vectors import VectorStore
store, name = VectorStore("faces", sys.argv[1]), sys.argv[2]
store.prepare()
print("ready", flush=True)
sys.stdin.readline()
for number in range(5):
    store.add("g", [VectorRow(f"{name}.{number}.{row}", "owner", np.eye(32, dtype=np.float32)[row]) for row in range(3)], size=32)
    store.remove("g", [f"{name}.{number}.0"])
"""


def vectors(count: int, seed: int = 0, size: int = SIZE) -> npt.NDArray[np.float32]:
    """(count, size) unit vectors anywhere."""
    anywhere = np.random.default_rng(seed).standard_normal((count, size), dtype=np.float32)
    return np.asarray(anywhere / np.linalg.norm(anywhere, axis=1, keepdims=True), np.float32)


def rows(name: str, count: int, seed: int = 0) -> list[VectorRow]:
    """Rows with ids "<name>.0" and so on."""
    return [VectorRow(f"{name}.{number}", f"owner-{number}", vector) for number, vector in enumerate(vectors(count, seed))]


def nearest(held: Sequence[VectorRow], question: npt.NDArray[np.float32], limit: int) -> list[str]:
    """What a search must find, by comparing everything in double precision."""
    if not held:
        return []
    cosines = np.stack([row.vector for row in held]).astype(np.float64) @ question.astype(np.float64)
    return [held[number].vector_id for number in np.argsort(-cosines, kind="stable")[:limit]]


@pytest.fixture
def store(tmp_path: Path) -> VectorStore:
    return VectorStore("faces", str(tmp_path))


class TestOneTable:
    def test_what_is_not_there_is_empty(self, store: Vectors) -> None:
        assert store.search("g", vectors(1)[0], 5) == []
        assert store.get("g", ["a"]) == {}
        assert store.count("g") == 0
        assert list(store.ids("g")) == []
        store.remove("g", ["a"])
        store.maintain("g")
        store.drop("g")
        store.add("g", [], size=SIZE)
        assert store.count("g") == 0

    def test_vectors_come_back_bit_for_bit(self, store: Vectors) -> None:
        given_rows = rows("a", 20)
        store.add("g", given_rows, size=SIZE)
        found = store.get("g", [row.vector_id for row in given_rows] + ["unknown"])
        assert found.keys() == {row.vector_id for row in given_rows}
        assert all(found[row.vector_id].dtype == np.float32 and np.array_equal(found[row.vector_id], row.vector) for row in given_rows)
        assert sorted(store.ids("g")) == sorted(found)

    def test_many_ids_at_once(self, store: Vectors) -> None:
        """4,096 is what one request may name (SPEC R68)."""
        given_rows = rows("a", 4096)
        store.add("g", given_rows, size=SIZE)
        names = [row.vector_id for row in given_rows]
        assert store.get("g", names).keys() == set(names)
        store.remove("g", names[1:])
        assert list(store.ids("g")) == names[:1]

    def test_found_rows_have_their_owner_and_cosine(self, store: Vectors) -> None:
        given_rows = rows("a", 50)
        store.add("g", given_rows, size=SIZE)
        found = store.search("g", given_rows[7].vector, 3)
        assert [(one.vector_id, one.owner_id) for one in found[:1]] == [("a.7", "owner-7")]
        by_id = {row.vector_id: row.vector for row in given_rows}
        assert [one.cosine for one in found] == pytest.approx(
            [float(by_id[one.vector_id] @ given_rows[7].vector) for one in found], abs=1e-5
        )

    @pytest.mark.parametrize(("limit", "count"), [(-1, 0), (0, 0), (1, 1), (5, 5), (4096, 5)])
    def test_limits(self, store: Vectors, limit: int, count: int) -> None:
        store.add("g", rows("a", 5), size=SIZE)
        assert len(store.search("g", vectors(1)[0], limit)) == count

    def test_kinds_and_generations_are_apart(self, tmp_path: Path) -> None:
        faces, users = VectorStore("faces", str(tmp_path)), VectorStore("users", str(tmp_path))
        faces.add("one", rows("a", 2), size=SIZE)
        users.add("one", rows("b", 3), size=SIZE)
        faces.add("two", rows("c", 4), size=SIZE)
        assert (faces.count("one"), users.count("one"), faces.count("two")) == (2, 3, 4)
        faces.drop("one")
        assert (faces.count("one"), users.count("one"), faces.count("two")) == (0, 3, 4)

    def test_a_table_made_again_shows_nothing_of_the_old_one(self, store: Vectors) -> None:
        question = vectors(1, seed=9)[0]
        for name in ("old", "new"):
            store.add("g", rows(name, 4, seed=len(name)), size=SIZE)
            assert {one.vector_id.partition(".")[0] for one in store.search("g", question, 9)} == {name}
            store.drop("g")
        assert store.search("g", question, 9) == []


class TestRefusals:
    @pytest.mark.parametrize("name", UNSAFE)
    def test_an_id_that_could_end_a_filter(self, store: Vectors, name: str) -> None:
        store.add("g", rows("a", 2), size=SIZE)
        row = VectorRow(name, "owner", vectors(1)[0])
        with pytest.raises(ValueError, match="Expected ids"):
            store.add("g", [row], size=SIZE)
        with pytest.raises(ValueError, match="Expected ids"):
            store.add("g", [row._replace(vector_id="b", owner_id=name)], size=SIZE)
        with pytest.raises(ValueError, match="Expected ids"):
            store.remove("g", ["a.0", name])
        with pytest.raises(ValueError, match="Expected ids"):
            store.get("g", [name])
        assert store.count("g") == 2

    @pytest.mark.parametrize("generation", [*UNSAFE[1:], "../g", "a/b", "a.lance"])
    def test_a_generation_that_could_leave_its_folder(self, store: Vectors, generation: str) -> None:
        with pytest.raises(ValueError, match="Expected a table name"):
            store.add(generation, rows("a", 1), size=SIZE)
        with pytest.raises(ValueError, match="Expected a table name"):
            store.drop(generation)

    def test_vectors_of_another_size(self, store: Vectors) -> None:
        """SPEC R80: vectors of two networks are never mixed."""
        store.add("g", rows("a", 2), size=SIZE)
        with pytest.raises(ValueError, match="Expected vectors of 16 numbers"):
            store.add("g", rows("b", 1), size=16)
        with pytest.raises(ValueError, match="Expected a table of vectors of 32 numbers"):
            store.add("g", [VectorRow("b", "owner", vectors(1, size=16)[0])], size=16)
        with pytest.raises(ValueError, match="Expected a vector of 32 numbers"):
            store.search("g", vectors(1, size=16)[0], 1)
        assert store.count("g") == 2

    @pytest.mark.parametrize("factor", [0.0, 1.1, np.nan, np.inf])
    def test_vectors_of_another_length(self, store: Vectors, factor: float) -> None:
        with pytest.raises(ValueError, match="Expected vectors of length 1"):
            store.add("g", [VectorRow("a", "owner", vectors(1)[0] * np.float32(factor))], size=SIZE)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["add", "remove", "maintain"]), st.integers(0, 6)), max_size=8), st.integers(0, 99))
def test_any_order_of_changes_is_seen_at_once_by_another_reader(changes: list[tuple[str, int]], seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        writer, reader = VectorStore("faces", folder), VectorStore("faces", folder)
        held: dict[str, VectorRow] = {}
        question = vectors(1, seed=1000 + seed)[0]
        for step, (what, number) in enumerate(changes):
            if what == "add":
                new = rows(str(step), number, seed=seed * 10 + step)
                writer.add("g", new, size=SIZE)
                held |= {row.vector_id: row for row in new}
            elif what == "remove":
                gone = list(held)[::2][:number]
                writer.remove("g", [*gone, "unknown"])
                for name in gone:
                    del held[name]
            else:
                writer.maintain("g")
            assert reader.count("g") == len(held)
            assert set(reader.ids("g")) == set(held)
            assert [one.vector_id for one in reader.search("g", question, 4)] == nearest(list(held.values()), question, 4)


class TestAtOnce:
    def test_threads_lose_nothing_beside_maintenance(self, store: Vectors) -> None:
        ended = threading.Event()

        def maintain() -> None:
            while not ended.is_set():
                store.maintain("g")

        def write(name: str) -> None:
            for number in range(6):
                mine = rows(f"{name}.{number}", 4, seed=100 * ord(name) + number)
                store.add("g", mine, size=SIZE)
                assert store.search("g", mine[3].vector, 1)[0].vector_id == mine[3].vector_id
                store.remove("g", [mine[0].vector_id])
                assert store.get("g", [row.vector_id for row in mine]).keys() == {row.vector_id for row in mine[1:]}

        with ThreadPoolExecutor(5) as pool:
            maintenance = pool.submit(maintain)
            try:
                list(pool.map(write, "abcd"))
            finally:
                ended.set()
            maintenance.result()
        assert sorted(store.ids("g")) == sorted(f"{name}.{number}.{row}" for name in "abcd" for number in range(6) for row in (1, 2, 3))

    def test_processes_that_make_the_table_at_once_lose_nothing(self, tmp_path: Path) -> None:
        command = [sys.executable, "-c", WRITER, str(tmp_path)]
        writers = [subprocess.Popen([*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) for name in "abc"]
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"ready\n"
        for writer in writers:
            assert writer.stdin is not None
            writer.stdin.write(b"go\n")
            writer.stdin.flush()
        for writer in writers:
            writer.communicate(timeout=120)
        assert [writer.returncode for writer in writers] == [0, 0, 0]
        left = VectorStore("faces", str(tmp_path)).ids("g")
        assert sorted(left) == sorted(f"{name}.{number}.{row}" for name in "abc" for number in range(5) for row in (1, 2))


@pytest.fixture(scope="module")
def people() -> list[VectorRow]:
    within = np.repeat(vectors(EXACT_ROWS // 10 + 100, seed=1), 10, axis=0)
    alike = within + 0.5 * vectors(len(within), seed=2)
    unit = (alike / np.linalg.norm(alike, axis=1, keepdims=True)).astype(np.float32)
    return [VectorRow(f"a.{number}", f"person-{number // 10}", vector) for number, vector in enumerate(unit)]


@pytest.fixture(scope="module")
def indexed(people: list[VectorRow], tmp_path_factory: pytest.TempPathFactory) -> VectorStore:
    store = VectorStore("faces", str(tmp_path_factory.mktemp("vectors")))
    store.add("g", people, size=SIZE)
    store.maintain("g")
    return store


class TestIndex:
    """Beyond `EXACT_ROWS` rows, of people who are alike within themselves, as faces are."""

    @pytest.mark.parametrize("asked", ["known", "strangers"])
    @pytest.mark.parametrize("limit", [1, 10, 100])
    def test_it_finds_what_is_nearest(self, indexed: VectorStore, people: list[VectorRow], asked: str, limit: int) -> None:
        """Also for strangers, whose nearest faces are nobody's: their cosines are nearly equal, so a coarse index would miss them."""
        questions = vectors(50, seed=99) if asked == "strangers" else [row.vector for row in people[::211]]
        found = [
            len({one.vector_id for one in indexed.search("g", each, limit)} & set(nearest(people, each, limit))) / limit
            for each in questions
        ]
        assert np.mean(found) >= 0.95

    def test_cosines_are_those_of_the_vectors_themselves(self, indexed: VectorStore, people: list[VectorRow]) -> None:
        by_id = {row.vector_id: row.vector for row in people}
        found = indexed.search("g", people[5].vector, 20)
        assert [one.cosine for one in found] == pytest.approx([float(by_id[one.vector_id] @ people[5].vector) for one in found], abs=1e-5)
        assert sorted((one.cosine for one in found), reverse=True) == [one.cosine for one in found]

    def test_rows_that_came_after_it_are_found_and_removed_ones_are_not(self, indexed: VectorStore) -> None:
        new = rows("late", 30, seed=77)
        indexed.add("g", new, size=SIZE)
        for maintained in (False, True):
            if maintained:
                indexed.maintain("g")
            assert [indexed.search("g", row.vector, 1)[0].vector_id for row in new] == [row.vector_id for row in new]
        indexed.remove("g", ["late.3"])
        assert indexed.search("g", new[3].vector, 1)[0].vector_id != "late.3"
        assert indexed.get("g", ["late.3", "late.4"]).keys() == {"late.4"}

    def test_a_table_that_shrank_is_searched_exactly(self, people: list[VectorRow], tmp_path: Path) -> None:
        store = VectorStore("faces", str(tmp_path))
        store.add("g", people, size=SIZE)
        store.maintain("g")
        store.remove("g", [row.vector_id for row in people[5000:]])
        anywhere = vectors(5, seed=5)  # far from everybody, where an index errs most
        assert [[one.vector_id for one in store.search("g", each, 10)] for each in anywhere] == [
            nearest(people[:5000], each, 10) for each in anywhere
        ]


class TestMemory:
    @staticmethod
    def snapshot(version: int, count: int = 10) -> Snapshot:
        names = [str(number) for number in range(count)]
        return Snapshot(version, names, names, vectors(count))

    def test_only_the_very_version_counts(self) -> None:
        memory = Memory(1 << 20)
        memory.put("t", self.snapshot(3))
        assert memory.get("t", 3) is not None
        assert memory.get("t", 4) is None
        assert memory.get("u", 3) is None
        memory.forget("t")
        assert memory.get("t", 3) is None

    def test_the_longest_unused_goes_first_and_the_newest_stays(self) -> None:
        memory = Memory(2 * vectors(10).nbytes)
        for name in "abc":
            memory.put(name, self.snapshot(1))
            memory.get("a", 1)
        assert [name for name in "abc" if memory.get(name, 1)] == ["a", "c"]
        memory.put("large", self.snapshot(1, 1000))
        assert [name for name in ("a", "c", "large") if memory.get(name, 1)] == ["large"]


def test_importing_it_imports_no_library() -> None:
    """A function that refuses a request never waits for LanceDB."""
    program = "import sys, trackway.store.vectors; print(*({'lancedb', 'pyarrow', 'pydantic'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True).stdout == "\n"
