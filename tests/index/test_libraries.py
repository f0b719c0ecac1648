"""A server's own tracks: kept in a real state file, and searched together with a real index."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from index.kept import sweep
from index.libraries import LEAVING, Added, Libraries, Usage
from index.library_shelf import LibraryShelf
from index.opened import Index, open_index
from index.state import MIGRATIONS, open_state
from index.state_file import State
from index.with_library import IndexWithLibrary
from models.types import (
    CatalogueError,
    ClipError,
    EmbeddedTrack,
    FloatArray,
    Only,
    Query,
    SearchOptions,
    Track,
    Windows,
)
from tests.index.making import STAMP, build, make_query, make_track, random_track

GUILD, OTHER = 1, 2
AXES = np.eye(STAMP.dim, dtype=np.float32)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with open_state(tmp_path / "state.sqlite") as opened:
        yield opened


@pytest.fixture
def libraries(state: State) -> Libraries:
    return Libraries(state, most=3, clock=lambda: 5.0)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    """Open an index of a track near each of four axes."""
    rng = np.random.default_rng(2)
    tracks = [
        make_track(
            f"host-{axis}",
            AXES[axis] + 0.1 * rng.normal(size=(3, STAMP.dim)),
            artist=f"Host {axis}",
            artist_known=True,
            labels=("Rock",),
        )
        for axis in range(4)
    ]
    build(tmp_path / "index", tracks)
    with open_index(tmp_path / "index") as opened:
        yield opened


def ask(vectors: object, track_id: str = "asked") -> Query:
    return make_query(np.atleast_2d(np.asarray(vectors, np.float32)), track_id)


def own(name: str, axis: int, **changes: object) -> EmbeddedTrack:
    return make_track(name, AXES[axis] + 0.02, title=name.title(), **changes)


async def test_a_track_is_found_once_it_is_added_and_by_its_server_alone(
    libraries: Libraries,
) -> None:
    track = own("song", 1, artist="Ann", labels=("Jazz",))
    assert await libraries.add(GUILD, track, STAMP, b"ogg") is Added.YES
    shelf = libraries.shelf(GUILD, STAMP.space)
    (found,) = shelf.search(ask(AXES[1] + AXES[2]), SearchOptions()).results
    assert (found.track.title, found.track.artist, found.track.labels) == ("Song", "Ann", ("Jazz",))
    assert (found.track.library, found.track.source) == ("1", "library")
    assert len(libraries.shelf(OTHER, STAMP.space)) == 0
    assert len(libraries.shelf(GUILD, "another-1")) == 0
    assert libraries.preview(GUILD, "song") == b"ogg"
    assert libraries.preview(OTHER, "song") == b""
    named = libraries.find(GUILD, "song", STAMP.space)
    assert named is not None
    assert (named.title, named.library) == ("Song", "1")
    assert libraries.find(OTHER, "song", STAMP.space) is None
    assert libraries.find(GUILD, "song", "another-1") is None


async def test_it_is_there_after_a_restart(tmp_path: Path) -> None:
    with open_state(tmp_path / "kept.sqlite") as state:
        await Libraries(state).add(GUILD, own("song", 1), STAMP, b"")
    with open_state(tmp_path / "kept.sqlite") as state:
        assert [track.id for track in Libraries(state).tracks(GUILD)] == ["song"]
        assert len(Libraries(state).shelf(GUILD, STAMP.space)) == 1


async def test_a_library_has_an_end_and_knows_what_it_has(libraries: Libraries) -> None:
    for name in ("a", "b", "c"):
        assert await libraries.add(GUILD, own(name, 1), STAMP, b"12") is Added.YES
    assert await libraries.add(GUILD, own("a", 1), STAMP, b"") is Added.KNOWN
    assert await libraries.add(GUILD, own("d", 1), STAMP, b"") is Added.FULL
    assert await libraries.add(OTHER, own("d", 1), STAMP, b"") is Added.YES
    usage = libraries.usage(GUILD)
    assert usage == Usage(3, pytest.approx(3 * 9.6), 3 * (4 * STAMP.dim + 2))


async def test_what_is_removed_is_found_no_more(libraries: Libraries) -> None:
    await libraries.add(GUILD, own("a", 1), STAMP, b"")
    await libraries.add(GUILD, own("b", 1), STAMP, b"")
    assert len(libraries.shelf(GUILD, STAMP.space)) == 2
    assert await libraries.remove(GUILD, "a")
    assert not await libraries.remove(GUILD, "a")
    assert not await libraries.remove(OTHER, "b")
    assert [track.id for track in libraries.shelf(GUILD, STAMP.space).tracks] == ["b"]
    assert await libraries.remove_all(GUILD) == 1


async def test_a_server_that_removed_the_bot_has_thirty_days(state: State) -> None:
    now = [1_000_000.0]
    libraries = Libraries(state, clock=lambda: now[0])
    track = own("song", 1, artist="Ann", artist_known=False)
    for guild in (GUILD, OTHER):
        await libraries.add(guild, track, STAMP, b"ogg")
    assert len(libraries.shelf(GUILD, STAMP.space)) == 1
    await libraries.present([OTHER, 7])
    # Nobody sees it any more, though it is there.
    assert libraries.tracks(GUILD) == ()
    assert libraries.preview(GUILD, "song") == b""
    assert libraries.usage(GUILD) == Usage(0, 0, 0)
    assert len(libraries.shelf(GUILD, STAMP.space)) == 0
    assert len(libraries.shelf(OTHER, STAMP.space)) == 1

    async def swept(days: float) -> int:
        when = now[0] + days * 86_400
        return await state.write(lambda database: sweep(database, state.kept, when))

    assert await swept(29.9) == 0
    now[0] += 20 * 86_400
    await libraries.present([OTHER])  # the days are counted from the first time
    await libraries.present([GUILD, OTHER])
    assert libraries.preview(GUILD, "song") == b"ogg"
    assert await swept(1_000) == 0
    await libraries.present([OTHER])
    assert await swept(29.9) == 0
    assert await swept(30.1) == 1
    await libraries.present([GUILD, OTHER])
    assert libraries.tracks(GUILD) == ()
    (left,) = libraries.tracks(OTHER)
    assert (left.artist, left.artist_known) == ("Ann", False)


async def test_a_library_of_before_is_there_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "older.sqlite"
    with State(path, MIGRATIONS[: MIGRATIONS.index(LEAVING)]) as older:
        values = ("song", "Song", "Ann", "", 9.6, "[]", STAMP.space, STAMP.dim)
        await older.write(
            lambda database: database.execute(
                "INSERT INTO library VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, x'', x'', x'01', 5.0)",
                values,
            )
        )
    with open_state(path) as state:
        (track,) = Libraries(state).tracks(GUILD)
        assert (track.title, track.artist_known) == ("Song", True)


def test_the_tracks_of_a_shelf_are_views_of_one_matrix() -> None:
    shelf = LibraryShelf([own("a", 1), own("b", 2)])
    a, b = (shelf.find(name) for name in "ab")
    assert a is not None
    assert b is not None
    assert a.windows.vectors.base is b.windows.vectors.base is not None
    np.testing.assert_allclose(b.windows.vectors, own("b", 2).windows.vectors)
    assert 2 * 4 * STAMP.dim < shelf.nbytes < 10_000


def test_a_long_clip_and_many_tracks_take_little_memory() -> None:
    rng = np.random.default_rng(6)
    shelf = LibraryShelf([random_track(str(number), rng, windows=60) for number in range(1_000)])
    query = ask(rng.normal(size=(1_000, STAMP.dim)))
    tracemalloc.start()
    try:
        assert len(shelf.search(query, SearchOptions()).results) == 10
        assert tracemalloc.get_traced_memory()[1] < 120e6
    finally:
        tracemalloc.stop()


async def test_memory_holds_the_servers_that_asked_last(state: State) -> None:
    of_one = LibraryShelf([own("song", 1)]).nbytes
    libraries = Libraries(state, memory=2 * of_one)
    for guild in (1, 2, 3):
        await libraries.add(guild, own("song", 1), STAMP, b"")
    first, second = (libraries.shelf(guild, STAMP.space) for guild in (1, 2))
    assert libraries.shelf(1, STAMP.space) is first
    libraries.shelf(3, STAMP.space)
    assert libraries.shelf(1, STAMP.space) is first
    assert libraries.shelf(2, STAMP.space) is not second
    narrow = Libraries(state, memory=0)
    assert narrow.shelf(1, STAMP.space) is narrow.shelf(1, STAMP.space)


@pytest.mark.parametrize(
    "vectors", [np.ones((2, 9)), np.full((1, 8), np.nan), np.zeros((1, 8)), np.zeros((0, 8))]
)
def test_a_query_that_cannot_be_compared_is_a_sentence(vectors: FloatArray) -> None:
    windows = Windows(vectors.astype(np.float32), np.zeros(len(vectors), np.float32))
    with pytest.raises(ClipError):
        LibraryShelf([own("song", 1)]).search(
            Query(windows, windows, "asked", 9.6), SearchOptions()
        )


async def test_both_are_asked_as_one(libraries: Libraries, index: Index) -> None:
    await libraries.add(GUILD, own("song", 1), STAMP, b"")
    both = IndexWithLibrary(index, libraries.shelf(GUILD, STAMP.space))
    assert len(both) == 5
    results = both.search(ask(AXES[1] + 0.3 * AXES[2]), SearchOptions(3)).results
    assert {one.track.id for one in results[:2]} == {"song", "host-1"}
    assert [one.rank for one in results] == [1, 2, 3]
    assert [one.similarity for one in results] == sorted(
        (one.similarity for one in results), reverse=True
    )
    track = both.find("song")
    np.testing.assert_allclose(both.query_of(track).windows.vectors[0, 1], 1, atol=0.01)
    assert both.find("host-2").title == "Host-2"
    assert [one.title for one in both.complete("so")] == ["Song"]
    assert {one.title for one in both.complete("host")} == {f"Host-{axis}" for axis in range(4)}


async def test_the_clip_itself_is_recognised_in_a_library(
    libraries: Libraries, index: Index
) -> None:
    rng = np.random.default_rng(4)
    track = random_track("song", rng, windows=6)
    await libraries.add(GUILD, track, STAMP, b"")
    both = IndexWithLibrary(index, libraries.shelf(GUILD, STAMP.space))
    cut = track.windows.vectors[2:3]
    ranking = both.search(ask(cut), SearchOptions(5))
    assert ranking.same == Track(
        "song", "Song", seconds=track.track.seconds, source="library", library="1"
    )
    assert "song" not in {one.track.id for one in ranking.results}
    known = both.search(ask(AXES[0], track_id="song"), SearchOptions(5))
    assert known.same is not None
    assert known.same.id == "song"


async def test_answers_are_narrowed_in_both(libraries: Libraries, index: Index) -> None:
    await libraries.add(GUILD, own("song", 1, labels=("Bébop",)), STAMP, b"")
    both = IndexWithLibrary(index, libraries.shelf(GUILD, STAMP.space))
    query = ask(AXES[1] + AXES[2])
    only = both.search(query, SearchOptions(5, only=Only(labels=("bebop",)))).results
    assert [one.track.id for one in only] == ["song"]
    rock = both.search(query, SearchOptions(5, only=Only(labels=("Rock",)))).results
    assert "song" not in {one.track.id for one in rock}
    with pytest.raises(CatalogueError):
        both.search(query, SearchOptions(5, only=Only(labels=("Polka",))))
    assert dict(both.labels()) == {"Rock": 4, "Bébop": 1}


async def test_a_catalogue_out_of_order_is_no_half_answer(
    libraries: Libraries, index: Index
) -> None:
    await libraries.add(GUILD, own("song", 1), STAMP, b"")
    both = IndexWithLibrary(index, libraries.shelf(GUILD, STAMP.space))
    index.close()
    with pytest.raises(CatalogueError, match="closed"):
        both.search(ask(AXES[1] + AXES[2]), SearchOptions(5))


async def test_a_recording_that_both_have_is_shown_once(libraries: Libraries, index: Index) -> None:
    """A copy has another id, and almost the same sound."""
    host = index.find("host-1")
    copy = make_track("copy", index.query_of(host).windows.vectors + 1e-4, seconds=host.seconds)
    await libraries.add(GUILD, copy, STAMP, b"")
    await libraries.add(GUILD, own("other", 1, seconds=host.seconds), STAMP, b"")
    both = IndexWithLibrary(index, libraries.shelf(GUILD, STAMP.space))
    query = ask(AXES[1] + AXES[2])
    results = both.search(query, SearchOptions(4)).results
    ids = [one.track.id for one in results]
    assert len({"copy", "host-1"} & set(ids)) == 1
    assert "other" in ids
    assert len(ids) == 4
    assert [one.rank for one in results] == [1, 2, 3, 4]
    # Who asks with the library's copy is not shown the catalogue's, and has as many results.
    asked = both.search(both.query_of(both.find("copy")), SearchOptions(4))
    assert asked.same is not None
    assert asked.same.id == "copy"
    assert {one.track.id for one in asked.results} == {"other", "host-0", "host-2", "host-3"}


async def test_a_label_is_counted_once_a_track_however_it_is_spelt(
    libraries: Libraries, index: Index
) -> None:
    for name, labels in (("a", ("ROCK", "Röck")), ("b", ("Jazz", "rock")), ("c", ("jazz",))):
        await libraries.add(GUILD, own(name, 1, labels=labels), STAMP, b"")
    both = IndexWithLibrary(index, libraries.shelf(GUILD, STAMP.space))
    assert both.labels() == (("Rock", 6), ("Jazz", 2))


async def test_one_artist_is_capped_over_both(libraries: Libraries, index: Index) -> None:
    for name in ("a", "b"):
        await libraries.add(
            GUILD, own(name, 1 + (name == "b"), artist="Host 1", artist_known=True), STAMP, b""
        )
    both = IndexWithLibrary(index, libraries.shelf(GUILD, STAMP.space))
    results = both.search(ask(AXES[1] + AXES[2]), SearchOptions(9)).results
    assert len([one for one in results if one.track.artist == "Host 1"]) == 2
