"""Rankings to a taste, for a person and on the way: over real indexes of made-up vectors."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.likes import Like
from index.mixing import mix
from index.opened import Index, open_index
from index.points import query_of_point, recognising_nothing
from index.to_taste import PersonalTaste, search_to_taste, taste_of
from index.wandering import for_you, path_between
from models.types import FloatArray, Query, SearchOptions, Windows
from tests.index.making import STAMP, build, make_track, make_windows, unit

DIM = STAMP.dim
OPTIONS = SearchOptions(5)
AXES = np.eye(DIM, dtype=np.float32)


def thumb(track: str, vector: FloatArray, vote: int = 1, space: str = STAMP.space) -> Like:
    return Like(1, track, vote, space, unit(np.atleast_2d(vector)), track, "", 0.0)


def taste(*thumbs: Like) -> PersonalTaste:
    return taste_of(thumbs, STAMP.space, DIM)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """Open an index of 12 tracks near each of the first four axes."""
    rng = np.random.default_rng(3)
    tracks = [
        make_track(
            f"{axis}-{number}",
            AXES[axis] + 0.25 * rng.normal(size=(3, DIM)),
            artist=f"artist {axis} {number % 4}",
            artist_known=True,
        )
        for axis in range(4)
        for number in range(12)
    ]
    place: Path = tmp_path_factory.mktemp("taste")
    build(place, tracks)
    with open_index(place) as opened:
        yield opened


def asked(*vectors: FloatArray) -> Query:
    windows = make_windows(np.stack(vectors))
    return Query(windows, windows, "clip", 9.6)


def kinds(results: object) -> list[str]:
    return [one.track.id.split("-")[0] for one in results]


def test_without_thumbs_the_ranking_is_the_index_s_own(index: Index) -> None:
    query = asked(AXES[0] + AXES[1])
    plain = index.search(query, OPTIONS)
    assert search_to_taste(index, query, OPTIONS, taste()).results == plain.results


def test_likes_bring_more_of_their_kind_and_tell_true_similarities(index: Index) -> None:
    query = asked(AXES[0] + 0.9 * AXES[1])
    wide = replace(OPTIONS, count=8, per_artist=None)
    before = index.search(query, wide).results
    likes = [thumb(f"x{number}", AXES[1]) for number in range(10)]
    after = search_to_taste(index, query, wide, taste(*likes)).results
    assert kinds(after).count("1") > kinds(before).count("1")
    assert [one.rank for one in after] == list(range(1, 9))
    similarities = {one.track.id: one.similarity for one in before}
    both = [one for one in after if one.track.id in similarities]
    assert both
    for one in both:
        assert one.similarity == pytest.approx(similarities[one.track.id], abs=1e-5)
    places = {one.track.id: (one.at, one.pairs) for one in before}
    assert all(places[one.track.id][0] == one.at for one in both)


def test_what_is_disliked_never_comes_and_its_likes_sink(index: Index) -> None:
    query = asked(AXES[2] + 0.8 * AXES[3])
    wide = replace(OPTIONS, count=10, per_artist=None)
    before = [one.track.id for one in index.search(query, wide).results]
    hated = before[0]
    vectors = index.query_of(index.find(hated)).windows.vectors
    after = search_to_taste(index, query, wide, taste(thumb(hated, vectors, -1)))
    assert hated not in [one.track.id for one in after.results]
    assert kinds(after.results).count("2") < kinds(before_results(index, query, wide)).count("2")


def test_where_all_of_the_first_page_is_like_a_dislike_others_come(index: Index) -> None:
    query = asked(AXES[0] + 0.8 * AXES[1])
    five = replace(OPTIONS, per_artist=None)
    assert set(kinds(index.search(query, five).results)) == {"0"}
    after = search_to_taste(index, query, five, taste(thumb("x", AXES[0], -1))).results
    assert kinds(after)[0] == "1"


def test_many_dislikes_leave_an_answer_whole(index: Index) -> None:
    query = asked(AXES[2] + 0.8 * AXES[3])
    ranked = index.search(query, replace(OPTIONS, count=48, per_artist=None)).results
    for per_artist in (None, 2):
        options = replace(OPTIONS, per_artist=per_artist)
        for many in (4, 15, 43):
            hated = {one.track.id: index.query_of(one.track).windows for one in ranked[:many]}
            thumbs = [thumb(track, windows.vectors, -1) for track, windows in hated.items()]
            results = search_to_taste(index, query, options, taste(*thumbs)).results
            assert len(results) == 5
            assert not {one.track.id for one in results} & set(hated)


def test_dislikes_of_another_space_hide_tracks(index: Index) -> None:
    query = asked(AXES[2] + 0.8 * AXES[3])
    first = index.search(query, OPTIONS).results[0].track
    hated = taste(thumb(first.id, AXES[2], -1, "other-1"))
    results = search_to_taste(index, query, OPTIONS, hated).results
    assert len(results) == 5
    assert first.id not in {one.track.id for one in results}


def test_an_artist_s_disliked_tracks_leave_room_for_the_others(index: Index) -> None:
    query = asked(AXES[2])
    (artist, *_) = [one.track.artist for one in index.search(query, OPTIONS).results]
    theirs = [
        one.track
        for one in index.search(query, replace(OPTIONS, count=48, per_artist=None)).results
        if one.track.artist == artist
    ]
    assert len(theirs) == 3
    hated = [thumb(track.id, AXES[7], -1) for track in theirs[:2]]
    results = search_to_taste(index, query, replace(OPTIONS, count=12), taste(*hated)).results
    assert theirs[2].id in {one.track.id for one in results}


def before_results(index: Index, query: Query, options: SearchOptions) -> object:
    return index.search(query, options).results


def test_thumbs_of_another_space_hide_tracks_and_turn_nothing(index: Index) -> None:
    personal = taste_of(
        [thumb("0-1", AXES[0], -1, "other-1"), thumb("9", AXES[3], 1, "other-1")], STAMP.space, DIM
    )
    assert not personal
    assert personal.disliked == {"0-1"}


def test_for_you_has_every_side_of_a_taste_and_nothing_known(index: Index) -> None:
    likes = [thumb(f"0-{number}", AXES[0]) for number in range(4)]
    likes += [thumb(f"3-{number}", AXES[3]) for number in range(4)]
    hated = thumb("0-7", AXES[0] + AXES[1], -1)
    found = for_you(index, taste(*likes, hated), SearchOptions(6), frozenset({"3-5"}))
    assert len(found) == 6
    assert set(kinds(found)) == {"0", "3"}
    ids = {one.track.id for one in found}
    assert not ids & {"3-5", "0-7", *(like.track for like in likes)}
    artists = [one.track.artist for one in found]
    assert max(map(artists.count, artists)) <= 2


def test_for_you_is_new_each_time_until_there_is_nothing_new(index: Index) -> None:
    personal, shown = taste(thumb("1-0", AXES[1])), set[str]()
    rounds = 0
    while found := for_you(index, personal, replace(OPTIONS, per_artist=None), frozenset(shown)):
        ids = {one.track.id for one in found}
        assert not ids & shown
        shown |= ids
        rounds += 1
    assert rounds >= 9
    assert len(shown) == 47


def test_who_likes_hundreds_is_shown_others_too(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    near = [make_track(f"near-{n}", AXES[0] + 0.2 * rng.normal(size=DIM)) for n in range(450)]
    far = [make_track(f"far-{n}", AXES[1] + 0.2 * rng.normal(size=DIM)) for n in range(20)]
    build(tmp_path, [*near, *far])
    likes = [thumb(each.track.id, each.windows.vectors) for each in near]
    with open_index(tmp_path) as index:
        found = for_you(index, taste(*likes), SearchOptions(10), frozenset())
    assert kinds(found) == ["far"] * 10


def test_without_likes_there_is_nothing_for_you(index: Index) -> None:
    assert for_you(index, taste(thumb("1-0", AXES[1], -1)), OPTIONS, frozenset()) == ()


def test_a_path_leads_from_one_to_the_other(index: Index) -> None:
    first, last = make_windows(AXES[:1]), make_windows(AXES[1:2])
    way = path_between(index, first, last, SearchOptions(6), frozenset({"0-0", "1-0"}))
    assert len(way) == 6
    assert len({one.track.id for one in way}) == 6
    assert not {"0-0", "1-0"} & {one.track.id for one in way}
    towards = [float(mean(index, one.track.id) @ AXES[1]) for one in way]
    assert np.mean(towards[:3]) < np.mean(towards[3:])
    assert kinds(way)[0] == "0"
    assert kinds(way)[-1] == "1"


def mean(index: Index, track: str) -> FloatArray:
    vectors = index.query_of(index.find(track)).windows.vectors.mean(axis=0)
    return vectors / np.linalg.norm(vectors)


def test_a_path_longer_than_the_catalogue_has_what_there_is(index: Index) -> None:
    first, last = make_windows(AXES[:1]), make_windows(AXES[1:2])
    way = path_between(index, first, last, SearchOptions(60), frozenset())
    assert len({one.track.id for one in way}) == len(way) == 48


def test_a_point_on_a_track_is_not_taken_for_a_part_of_it(index: Index) -> None:
    at = index.query_of(index.find("2-3")).windows.vectors[0]
    way = path_between(
        index,
        Windows(at[None], np.zeros(1, np.float32)),
        make_windows(at[None]),
        SearchOptions(1),
        frozenset(),
    )
    assert way[0].track.id == "2-3"
    assert index.search(query_of_point(at), OPTIONS).same is not None


def test_a_blend_of_two_finds_what_is_like_both(index: Index, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    tracks = [make_track("both", AXES[0] + AXES[1] + 0.05 * rng.normal(size=DIM))]
    tracks += [make_track(f"only-{axis}", AXES[axis]) for axis in range(4)]
    build(tmp_path, tracks)
    long = Query(make_windows(np.repeat(AXES[:1], 30, axis=0)), make_windows(AXES[:1]), "a", 144.0)
    short = asked(AXES[1])
    options = replace(OPTIONS, count=3)
    with open_index(tmp_path) as small:
        results = small.search(mix([long, short]), recognising_nothing(options)).results
    assert results[0].track.id == "both"
    assert {one.track.id for one in results[1:]} == {"only-0", "only-1"}
    assert results[1].similarity == pytest.approx(results[2].similarity, abs=0.02)
