"""The state survives restarts, crashes, damage and the people who want their data back."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest

from index.answers import DAYS, MOST, Answers
from index.kept import Kept, Migration, count_of_person, forget_person, of_person, sweep
from index.likes import Likes, Thumb
from index.state import MIGRATIONS, open_state
from index.state_file import DAMAGED_DAYS, State
from index.tastes import unit_mean
from models.types import (
    ClipHeard,
    Pair,
    Query,
    Recommendation,
    Recommendations,
    StateError,
    Track,
    Windows,
)

ADA, GRACE = 1 << 62, 17
NOW = 1_800_000_000.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "state.sqlite"


@pytest.fixture
def state(path: Path) -> Iterator[State]:
    with open_state(path) as state:
        yield state


def contents(path: Path) -> bytes:
    return b"".join(part.read_bytes() for part in path.parent.iterdir())


def make_answer() -> Recommendations:
    rng = np.random.default_rng(5)
    windows = Windows(rng.normal(size=(3, 8)).astype(np.float32), np.float32([0, 4.8, 9.6]))
    track = Track(
        "abc", "Ünï \u202e code", "Ann", "Towers", True, 61.2, ("bells", "bronze"), "https://e.org"
    )
    return Recommendations(
        clip=ClipHeard("c.wav", 14.4, 30.0, 44.4, "m", np.zeros((0, 0), np.float32), ("Cut.",)),
        same=replace(track, id="self"),
        results=(
            Recommendation(1, track, 0.9, 12.0, 0.8, (Pair(0.0, 12.0, 0.9), Pair(4.8, 2.0, 0.5))),
            Recommendation(2, replace(track, id="d", labels=()), 0.5, 0.0),
        ),
        timing={},
        query=Query(windows, windows, "clip-id", 14.4),
        space="m-1",
    )


async def test_an_answer_comes_back_as_it_was_given_also_after_a_restart(path: Path) -> None:
    given = make_answer()
    with open_state(path) as state:
        answer_id = await Answers(state, lambda: NOW).keep(ADA, None, given)
        assert len(answer_id) <= 16
    with open_state(path) as state:
        found = Answers(state, lambda: NOW + 60).find(answer_id)
    assert found is not None
    assert (found.id, found.person, found.guild, found.created) == (answer_id, ADA, None, NOW)
    assert found.answer.results == given.results
    assert (found.answer.same, found.answer.space) == (given.same, given.space)
    assert (found.answer.clip.name, found.answer.clip.notes) == ("c.wav", ("Cut.",))
    assert found.answer.query is not None
    np.testing.assert_array_equal(found.answer.query.windows.vectors, given.query.windows.vectors)
    np.testing.assert_array_equal(found.answer.query.windows.starts, given.query.windows.starts)


async def test_where_the_hosts_files_lie_is_not_kept(state: State, path: Path) -> None:
    given = make_answer()
    secret = replace(given.results[0], track=replace(given.results[0].track, path="/home/me/a.mp3"))
    answer_id = await Answers(state).keep(ADA, 5, replace(given, results=(secret,)))
    found = Answers(state).find(answer_id)
    assert found is not None
    assert found.answer.results[0].track.path == ""
    assert b"/home/me" not in contents(path)


async def test_an_answer_is_forgotten_after_its_days(state: State) -> None:
    clock = [NOW]
    answers = Answers(state, lambda: clock[0])
    old = await answers.keep(ADA, 5, make_answer())
    clock[0] += DAYS * 86_400 - 1
    young = await answers.keep(ADA, 5, make_answer())
    assert answers.find(old) is not None
    clock[0] += 2
    assert answers.find(old) is None  # even before the sweep
    assert await state.write(lambda database: sweep(database, state.kept, clock[0])) == 1
    assert answers.find(young) is not None
    assert answers.find("nonsense") is None


async def test_only_the_newest_answers_of_a_person_are_kept(state: State) -> None:
    clock = [NOW]
    answers = Answers(state, lambda: clock[0])
    other = await answers.keep(GRACE, 5, make_answer())
    ids = []
    for _ in range(MOST + 2):
        clock[0] += 1
        ids.append(await answers.keep(ADA, 5, make_answer()))
    assert [answers.find(each) is None for each in ids[:4]] == [True, True, False, False]
    mine = state.read(lambda db: of_person(db, state.kept, ADA))["answers"]
    assert [each["id"] for each in mine] == ids[2:]
    assert answers.find(other) is not None


async def test_the_last_thumb_counts(state: State) -> None:
    clock = [NOW]
    likes = Likes(state, lambda: clock[0])
    vectors = np.eye(2, 4, dtype=np.float32)
    bells, horns = Track("b", "Bells", "Ann"), Track("h", "Horns", "Bob")
    await likes.give(ADA, bells, 1, "m-1", vectors)
    clock[0] += 1
    await likes.give(ADA, horns, 1, "m-1", vectors)
    await likes.give(GRACE, bells, 1, "m-1", vectors)
    clock[0] += 1
    await likes.give(ADA, bells, -1, "m-1", vectors)
    assert [(like.track, like.vote, like.artist) for like in likes.of(ADA)] == [
        ("b", -1, "Ann"),
        ("h", 1, "Bob"),
    ]
    np.testing.assert_allclose(likes.of(ADA)[0].vectors, [[0.5**0.5, 0.5**0.5, 0, 0]], rtol=1e-6)
    assert likes.names_of(ADA) == (Thumb("b", -1, "Bells", "Ann"), Thumb("h", 1, "Horns", "Bob"))
    assert await likes.take_back(ADA, "b")
    assert not await likes.take_back(ADA, "b")
    assert [like.track for like in likes.of(GRACE)] == ["b"]
    with pytest.raises(sqlite3.IntegrityError):
        await likes.give(ADA, bells, 2, "m-1", vectors)
    assert len(likes.of(ADA)) == 1


async def test_a_thumb_takes_a_vector_however_long_the_track(state: State, path: Path) -> None:
    likes = Likes(state)
    rng = np.random.default_rng(4)
    windows = rng.normal(size=(40, 8)).astype(np.float32)
    await likes.give(ADA, Track("b", "Bells"), 1, "m-1", windows)
    (size,) = state.read(lambda db: db.execute("SELECT length(vectors) FROM likes").fetchone())
    assert size == 8 * 4
    (new,) = likes.of(ADA)

    def as_it_was(database: sqlite3.Connection) -> None:
        database.execute("UPDATE likes SET vectors = ?", (windows.tobytes(),))

    await state.write(as_it_was)
    (old,) = likes.of(ADA)
    np.testing.assert_allclose(new.vectors, old.vectors, atol=1e-6)
    np.testing.assert_allclose(new.vectors[0], unit_mean(windows), atol=1e-6)


async def test_everything_kept_of_a_person_can_be_read_and_deleted(
    state: State, path: Path
) -> None:
    await Answers(state).keep(ADA, 5, make_answer())
    await Answers(state).keep(GRACE, 5, make_answer())
    await Likes(state).give(ADA, Track("zyx123", "Bells"), 1, "m-1", np.eye(1, 4, dtype=np.float32))
    mine = state.read(lambda database: of_person(database, state.kept, ADA))
    counts = state.read(lambda database: count_of_person(database, state.kept, ADA))
    assert counts == {table: len(rows) for table, rows in mine.items()}
    assert (counts["answers"], counts["likes"]) == (1, 1)
    assert json.loads(json.dumps(mine)) == mine
    (answer,) = mine["answers"]
    assert answer["results"][0]["track"]["artist"] == "Ann"
    assert mine["likes"][0]["title"] == "Bells"
    assert await state.write(lambda database: forget_person(database, state.kept, ADA)) == 2
    assert not any(state.read(lambda db: of_person(db, state.kept, ADA)).values())
    assert len(state.read(lambda db: of_person(db, state.kept, GRACE))["answers"]) == 1
    state.close()
    assert b"zyx123" not in contents(path)


def test_every_table_says_what_it_keeps(state: State) -> None:
    names = state.read(
        lambda database: database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
    )
    assert {name for (name,) in names} == {kept.table for kept in state.kept}
    for kept in state.kept:
        columns = state.read(
            lambda database, table=kept.table: database.execute(
                "SELECT name FROM pragma_table_info(?)", (table,)
            ).fetchall()
        )
        needed = {kept.person} | ({kept.since} if kept.days is not None else set())
        assert needed - {""} <= {name for (name,) in columns}, kept.table
        assert kept.why.endswith(".")


def test_tables_come_step_by_step_and_a_step_that_fails_leaves_nothing(path: Path) -> None:
    with State(path, MIGRATIONS[:1]) as state:
        assert state.read(lambda db: db.execute("PRAGMA user_version").fetchone()) == (1,)
    broken = Migration(
        "CREATE TABLE more (a); INSERT INTO nowhere VALUES (1);", (Kept("more", "."),)
    )
    with pytest.raises(StateError, match="nowhere"):
        State(path, (*MIGRATIONS, broken))
    with open_state(path) as state:
        tables = state.read(lambda db: db.execute("SELECT name FROM sqlite_master").fetchall())
        assert ("likes",) in tables
        assert ("more",) not in tables


def test_many_that_start_at_once_find_one_whole_file(tmp_path: Path) -> None:
    def start(path: Path) -> int:
        together.wait()
        with open_state(path) as state:
            return state.read(lambda db: db.execute("PRAGMA user_version").fetchone())[0]

    together = Barrier(6)
    with ThreadPoolExecutor(6) as threads:
        for number in range(5):
            path = tmp_path / str(number) / "state.sqlite"
            assert list(threads.map(start, [path] * 6)) == [len(MIGRATIONS)] * 6


def test_comments_and_triggers_may_hold_semicolons(path: Path) -> None:
    step = Migration(
        """
        CREATE TABLE more (a, b DEFAULT ';');  -- one; two
        CREATE TRIGGER twice AFTER INSERT ON more BEGIN
            UPDATE more SET b = a; UPDATE more SET b = b || b;
        END;
        INSERT INTO more (a) VALUES ('x');  -- the end; really
        """,
        (Kept("more", "."),),
    )
    with State(path, (*MIGRATIONS, step)) as state:
        assert state.read(lambda db: db.execute("SELECT * FROM more").fetchall()) == [("x", "xx")]


def test_a_newer_file_is_left_alone(path: Path) -> None:
    with State(path, (*MIGRATIONS, Migration("CREATE TABLE more (a);", (Kept("more", "."),)))):
        pass
    before = path.read_bytes()
    with pytest.raises(StateError, match="newer Soundalike"):
        open_state(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("ruin", ["header", "page"])
def test_a_damaged_file_is_moved_aside_and_never_overwritten(path: Path, ruin: str) -> None:
    for number in (1, 2):
        with open_state(path) as state:
            for _ in range(20):
                asyncio.run(Answers(state).keep(ADA, None, make_answer()))
        data = bytearray(path.read_bytes())
        if ruin == "header":
            data[:100] = b"x" * 100
        else:
            data[4096:12288] = b"\xa5" * 8192
        path.write_bytes(data)
        with open_state(path) as state:
            assert "was damaged" in state.note
            assert f"state.damaged-{number}.sqlite" in state.note
            assert state.read(lambda db: db.execute("SELECT count(*) FROM answers").fetchone()) == (
                0,
            )
        assert path.with_name(f"state.damaged-{number}.sqlite").read_bytes() == data
        with open_state(path) as state:
            assert state.note == ""


def test_the_days_of_a_damaged_file_are_counted_from_when_it_was_moved(path: Path) -> None:
    with open_state(path):
        pass
    path.write_bytes(b"x" * 4096)
    os.utime(path, (NOW - 10 * 365 * 86_400,) * 2)
    with open_state(path) as state:
        assert state.drop_damaged(time.time()) == 0
        assert state.drop_damaged(time.time() + DAMAGED_DAYS * 86_400 + 60) == 1
        assert not path.with_name("state.damaged-1.sqlite").exists()
        assert path.exists()


def test_what_cannot_be_a_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="cannot be used"):
        open_state(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="cannot be used"):
        open_state(tmp_path / "file" / "state.sqlite")


async def test_writers_take_turns_and_readers_do_not_wait(state: State) -> None:
    likes = Likes(state)
    vectors = np.eye(1, 4, dtype=np.float32)
    tracks = [Track(str(number), "T") for number in range(200)]
    with ThreadPoolExecutor(4) as threads:
        reads = [threads.submit(likes.of, ADA) for _ in range(50)]
        await asyncio.gather(*(likes.give(ADA, track, 1, "m", vectors) for track in tracks))
        assert all(len(read.result()) <= 200 for read in reads)
    assert len(likes.of(ADA)) == 200


async def test_a_failed_write_keeps_nothing_of_it(state: State) -> None:
    def half(database: sqlite3.Connection) -> None:
        database.execute("DELETE FROM likes")
        raise KeyError

    await Likes(state).give(ADA, Track("b", "Bells"), 1, "m", np.eye(1, 4, dtype=np.float32))
    with pytest.raises(KeyError):
        await state.write(half)
    assert len(Likes(state).of(ADA)) == 1


def test_readers_cannot_write(state: State) -> None:
    with pytest.raises(StateError, match="readonly"):
        state.read(lambda database: database.execute("DELETE FROM likes"))


async def test_a_full_disk_is_a_sentence_and_the_state_goes_on(state: State) -> None:
    large = Track("b", "B" * 200_000)
    (pages,) = await state.write(lambda db: db.execute("PRAGMA page_count").fetchone())
    await state.write(lambda db: db.execute(f"PRAGMA max_page_count = {pages + 1}").fetchone())
    with pytest.raises(StateError, match="full"):
        await Likes(state).give(ADA, large, 1, "m", np.eye(1, 4, dtype=np.float32))
    await state.write(lambda db: db.execute("PRAGMA max_page_count = 100000").fetchone())
    await Likes(state).give(ADA, large, 1, "m", np.eye(1, 4, dtype=np.float32))


def test_once_closed_it_says_so(state: State, path: Path) -> None:
    state.close()
    state.close()
    with pytest.raises(StateError, match="closed"):
        state.write_now(lambda database: None)
    with pytest.raises(StateError, match="closed"):
        Likes(state).of(ADA)
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert path.stat().st_mode & 0o077 == 0
