"""Taking out, compacting, going back: what is remembered, what stays, what is refused."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.builder import IndexBuilder
from index.generations import generations, live_generation, read_manifest
from index.left_out import LeftOut
from index.opened import open_index
from index.upkeep import compact, remove_tracks, roll_back
from index.verify import describe_index, verify_index
from models.types import CatalogueError, EmbeddedTrack
from tests.index.making import STAMP, build, random_track

PLACES = ("/music/a/1", "/music/a/2", "/music/b/3", "/other/4", "/other/5")


@pytest.fixture
def tracks(rng: np.random.Generator) -> list[EmbeddedTrack]:
    return [random_track(f"track{n}", rng) for n in range(1, 6)]


@pytest.fixture
def directory(tmp_path: Path, tracks: list[EmbeddedTrack]) -> Path:
    with IndexBuilder(tmp_path / "index", STAMP) as builder:
        for embedded, place in zip(tracks, PLACES, strict=True):
            builder.add(embedded, place, 1, 1)
        builder.sources = ("/music", "/other")
        builder.publish()
    return tmp_path / "index"


def ids(directory: Path) -> list[str]:
    with open_index(directory) as index:
        return [track.id for track, _ in index.contents()]


def names(directory: Path) -> list[str]:
    return [folder.name for folder in generations(directory)]


def test_what_is_removed_stays_removed_under_any_name(
    directory: Path, tracks: list[EmbeddedTrack]
) -> None:
    edited = remove_tracks(directory, ["track5"], ["/music/a"])
    assert (edited.before.tracks, edited.manifest.tracks) == (5, 2)
    assert edited.generation == live_generation(directory).name == "generation-000002"
    assert ids(directory) == ["track3", "track4"]
    assert verify_index(directory) == []
    assert describe_index(directory).left_out == 0
    with open_index(directory) as index:
        assert [path for path, _ in index.files()] == ["/music/b/3", "/other/4"]
    with IndexBuilder(directory, STAMP) as builder:
        # Nothing asks to hear it, to list it, or to count it.
        assert all(builder.done(place, 1, 1) for place in PLACES)
        assert builder.skipped() == builder.duplicates() == []
        assert (len(builder), builder.tracks_below(["/music"])) == (2, 1)
        # Neither another name, nor another copy, nor hearing it again brings it back.
        assert builder.knows("track1")
        builder.recognise(replace(tracks[0].track, title="New"), "/music/new name", 2, 2)
        builder.add(tracks[1], "/music/copy", 2, 2)
        assert builder.forget_missing(["/music/new name", "/music/copy"], ["/music/a"]) == 2
        builder.publish()
    assert ids(directory) == ["track3", "track4"]
    with IndexBuilder(directory, STAMP) as builder:
        assert builder.done("/music/new name", 2, 2)
        assert builder.knows("track1")
        builder.publish()
    assert live_generation(directory).name == "generation-000003"


def test_what_stays_out_is_remembered_without_a_new_generation(
    directory: Path, tracks: list[EmbeddedTrack]
) -> None:
    remove_tracks(directory, ["track1"], [])
    with IndexBuilder(directory, STAMP) as builder:
        builder.recognise(tracks[0].track, "/music/a/1", 2, 2)  # touched
        builder.skip("/music/broken", "It is broken.", 1, 1)
        builder.publish()
        assert not builder.published
    with IndexBuilder(directory, STAMP) as builder:
        assert builder.done("/music/a/1", 2, 2)
        assert builder.done("/music/broken", 1, 1)
        assert builder.forget(["/music/broken"]) == 0
        builder.publish()
    with IndexBuilder(directory, STAMP) as builder:
        assert builder.done("/music/a/1", 2, 2)
        assert builder.skipped() == []  # gone for good, without a trace
        builder.recognise(tracks[0].track, "/music/a/1", 1, 1)  # as it was
        builder.publish()
    assert not (directory / ".building").exists()
    assert names(directory) == ["generation-000001", "generation-000002"]
    # What a generation says of it is changed with the generation: it is gone, or as it was.
    with IndexBuilder(directory, STAMP) as builder:
        builder.skip("/music/broken", "It is broken.", 1, 1)
        builder.sources += ("/more",)
        builder.publish()
    with IndexBuilder(directory, STAMP) as builder:
        builder.skip("/music/broken", "It is broken.", 1, 1)  # tried again
        builder.publish()
        assert not builder.published
    assert not (directory / ".building").exists()
    with IndexBuilder(directory, STAMP) as builder:
        assert builder.forget_missing([], ["/music/broken"]) == 1
        builder.publish()
        assert builder.published
    assert describe_index(directory).left_out == 0


def test_what_is_asked_for_again_is_heard_again(
    directory: Path, tracks: list[EmbeddedTrack]
) -> None:
    with IndexBuilder(directory, STAMP) as builder:
        builder.add(tracks[0], "/other/copy of 1", 1, 1)
        assert builder.duplicates() == [
            LeftOut("/other/copy of 1", "It holds the same audio as /music/a/1.")
        ]
        builder.publish()
    remove_tracks(directory, ["track1", "track2"], [])
    with IndexBuilder(directory, STAMP) as builder:
        builder.restore(["/music/a/1"])
        assert not builder.done("/music/a/1", 1, 1)
        assert not builder.done("/other/copy of 1", 1, 1)
        assert builder.done("/music/a/2", 1, 1)
        assert not builder.knows("track1")
        builder.add(tracks[0], "/music/a/1", 1, 1)
        builder.publish()
    assert ids(directory) == ["track1", "track3", "track4", "track5"]
    with IndexBuilder(directory, STAMP) as builder:
        builder.restore(["/"])
        assert not builder.knows("track2")
    # It was not heard after all, and so it is still gone.
    with IndexBuilder(directory, STAMP) as builder:
        assert builder.knows("track2")


def test_a_source_that_is_removed_is_forgotten(
    directory: Path, tracks: list[EmbeddedTrack]
) -> None:
    edited = remove_tracks(directory, [], ["/other"])
    assert edited.manifest.sources == ("/music",)
    with IndexBuilder(directory, STAMP) as builder:
        assert builder.sources == ("/music",)
        assert not builder.done("/other/4", 1, 1)
        assert not builder.knows("track4")
        builder.add(tracks[3], "/other/4", 1, 1)
        builder.publish()
    assert ids(directory) == ["track1", "track2", "track3", "track4"]


def test_what_has_copies_in_another_source_stays_under_their_names(
    directory: Path, tracks: list[EmbeddedTrack]
) -> None:
    with IndexBuilder(directory, STAMP) as builder:
        for number in (0, 1):
            builder.add(tracks[number], f"/other/copy of {number}", 1, 1)
        builder.publish()
    edited = remove_tracks(directory, ["track2"], ["/music"])
    assert (edited.manifest.sources, edited.spared) == (("/other",), 1)
    assert ids(directory) == ["track1", "track4", "track5"]
    with open_index(directory) as index:
        assert index.query_of(index.find("track1")).track_id == "track1"
        assert ("/other/copy of 0", "track1") in index.files()
        assert not any(path.startswith("/music") for path, _ in index.files())
    with IndexBuilder(directory, STAMP) as builder:
        assert builder.done("/other/copy of 0", 1, 1)
        assert not builder.done("/music/a/1", 1, 1)
    # A file that is named goes with its copies, and so does the last copy.
    assert remove_tracks(directory, [], ["/other/copy of 0"]).manifest.tracks == 2
    assert verify_index(directory) == []


def test_of_two_folders_of_copies_the_last_one_to_go_takes_them(
    directory: Path, tracks: list[EmbeddedTrack]
) -> None:
    with IndexBuilder(directory, STAMP) as builder:
        builder.add(tracks[0], "/music/b/copy", 1, 1)
        builder.publish()
    assert remove_tracks(directory, [], ["/music/a"]).spared == 1
    assert ids(directory) == ["track1", "track3", "track4", "track5"]
    assert remove_tracks(directory, [], ["/music/b"]).spared == 0
    assert ids(directory) == ["track4", "track5"]
    remove_tracks(directory, [], ["/other/4"])
    with IndexBuilder(directory, STAMP) as builder:
        assert builder.knows("track1")  # it stays removed
        assert builder.knows("track4")


def test_a_list_takes_what_it_names_but_for_what_others_hold(
    directory: Path, tracks: list[EmbeddedTrack], rng: np.random.Generator
) -> None:
    address = "https://example.org/late.mp3"
    with IndexBuilder(directory, STAMP) as builder:
        builder.add(random_track("late", rng), address, 1, 1)
        builder.add(random_track("listed", rng), "/listed/one", 1, 1)
        builder.sources += ("/lists/list.csv",)
        builder.publish()
    listed = [Path("/listed/one"), Path("/music/a/1"), address]
    edited = remove_tracks(directory, [], ["/lists/list.csv"], listed=listed)
    assert edited.manifest.sources == ("/music", "/other")
    assert ids(directory) == [f"track{n}" for n in range(1, 6)]
    with IndexBuilder(directory, STAMP) as builder:
        assert not builder.knows("late")  # it is forgotten


def test_an_index_is_not_emptied(directory: Path) -> None:
    with pytest.raises(CatalogueError, match="Nothing would be left"):
        remove_tracks(directory, [], ["/"])
    assert names(directory) == ["generation-000001"]
    assert len(ids(directory)) == 5


def test_an_unfinished_build_is_left_alone(directory: Path, rng: np.random.Generator) -> None:
    other = replace(STAMP, model="other", space="other-1")
    with IndexBuilder(directory, other) as builder:
        builder.add(random_track("late", rng), "/music/late", 1, 1)
    remove_tracks(directory, ["track1"], [])
    assert not compact(directory).manifest.others
    with IndexBuilder(directory, other) as builder:
        assert builder.done("/music/late", 1, 1)
        assert "another model" in "".join(builder.notes)


def test_what_an_unfinished_build_knows_by_what_was_removed_it_does_not_know(
    directory: Path, tracks: list[EmbeddedTrack], rng: np.random.Generator
) -> None:
    build(directory, [random_track("late", rng)])
    with IndexBuilder(directory, STAMP) as builder:
        builder.recognise(replace(tracks[0].track, id="late"), "/music/late too", 1, 1)
        builder.recognise(replace(tracks[0].track, title="New"), "/music/new", 1, 1)
    assert roll_back(directory)[0] == "generation-000001"
    with IndexBuilder(directory, STAMP) as builder:
        assert not builder.done("/music/late too", 1, 1)
        assert builder.done("/music/new", 1, 1)
        assert builder.publish().tracks == 5
    assert verify_index(directory) == []


def test_back_and_forth(directory: Path, rng: np.random.Generator) -> None:
    remove_tracks(directory, ["track1"], [])
    remove_tracks(directory, ["track2"], [])
    with open_index(directory) as index:
        assert len(index) == 3
        name, manifest = roll_back(directory)
        assert (name, manifest.tracks) == ("generation-000002", 4)
        assert not index.is_current()
    assert len(ids(directory)) == 4
    info = describe_index(directory)
    assert [(one.name[-1], one.tracks, one.live) for one in info.generations] == [
        ("1", 5, False),
        ("2", 4, True),
        ("3", 3, False),
    ]
    assert roll_back(directory, "3")[1].tracks == 3
    assert roll_back(directory, "generation-000001")[1].tracks == 5
    # What is built next is built upon it; it is kept, and so is the newest of the others.
    assert build(directory, [random_track("next", rng)]).tracks == 6
    assert [name[-1] for name in names(directory)] == ["1", "3", "4"]
    assert verify_index(directory) == []


def test_what_is_not_kept_cannot_be_gone_back_to(directory: Path, tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="keeps no generation older"):
        roll_back(directory)
    remove_tracks(directory, ["track1"], [])
    for asked in ("generation-000002", "2", "7", "../elsewhere"):
        with pytest.raises(CatalogueError, match="keeps no generation") as caught:
            roll_back(directory, asked)
        assert "generation-000001" in caught.value.fix
    roll_back(directory)
    with pytest.raises(CatalogueError, match="keeps nothing older") as caught:
        roll_back(directory)
    assert "`--to generation-000002` (4 tracks, " in caught.value.fix
    for change in (roll_back, compact):
        with pytest.raises(CatalogueError, match="There is no index"):
            change(tmp_path / "nothing")


def test_a_damaged_index_goes_back_to_a_sound_one(directory: Path) -> None:
    remove_tracks(directory, ["track1"], [])
    (live_generation(directory) / "catalogue.sqlite").write_bytes(b"")
    with pytest.raises(CatalogueError, match="damaged") as caught:
        open_index(directory)
    assert "soundalike index rollback" in caught.value.fix
    assert roll_back(directory)[0] == "generation-000001"
    assert len(ids(directory)) == 5
    (directory / "current").write_text("generation-000077")
    (directory / "generation-000002" / "manifest.json").unlink()
    assert roll_back(directory)[0] == "generation-000001"
    # A damaged one is not gone back to.
    remove_tracks(directory, ["track2"], [])
    (directory / "generation-000001" / "catalogue.sqlite").write_bytes(b"")
    with pytest.raises(CatalogueError, match="damaged"):
        roll_back(directory)
    assert len(ids(directory)) == 4
    assert read_manifest(live_generation(directory)).tracks == 4


def test_one_writer_at_a_time(directory: Path) -> None:
    with IndexBuilder(directory, STAMP):
        for change in (roll_back, compact, lambda place: remove_tracks(place, ["track1"], [])):
            with pytest.raises(CatalogueError, match="Another build"):
                change(directory)
    assert names(directory) == ["generation-000001"]


def leave_the_record(patch: pytest.MonkeyPatch) -> None:
    """Let builds end as if they were killed once their generation is live."""
    patch.setattr("index.builder.shutil.rmtree", lambda *_, **__: None)


def test_the_record_of_a_build_that_was_published_brings_nothing_back(
    directory: Path, tracks: list[EmbeddedTrack], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, IndexBuilder(directory, STAMP) as builder:
        leave_the_record(patch)
        builder.recognise(replace(tracks[0].track, title="New"), "/music/a/1", 2, 2)
        builder.publish()
    assert (directory / ".building" / "journal.sqlite").exists()
    shutil.copytree(directory, directory.with_name("again"))
    with IndexBuilder(directory.with_name("again"), STAMP) as builder:
        builder.publish()
    assert names(directory.with_name("again")) == ["generation-000001", "generation-000002"]
    remove_tracks(directory, ["track1"], [])
    assert not (directory / ".building").exists()
    with IndexBuilder(directory, STAMP) as builder:
        assert builder.knows("track1")
        builder.publish()
    assert ids(directory) == [f"track{n}" for n in range(2, 6)]


def test_going_back_drops_the_record_of_what_was_published_too(
    directory: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        leave_the_record(patch)
        build(directory, [random_track("late", rng)])
    roll_back(directory)
    with IndexBuilder(directory, STAMP) as builder:
        assert not builder.knows("late")


def test_what_is_removed_beside_an_unfinished_build_stays_removed(
    directory: Path, tracks: list[EmbeddedTrack]
) -> None:
    with IndexBuilder(directory, STAMP) as builder:
        builder.recognise(replace(tracks[0].track, title="New"), "/music/new name", 2, 2)
        builder.add(tracks[1], "/music/new copy", 2, 2)
    remove_tracks(directory, ["track1", "track2"], [])
    with IndexBuilder(directory, STAMP) as builder:
        assert builder.done("/music/new name", 2, 2)
        assert builder.knows("track2")
        builder.publish()
    assert ids(directory) == ["track3", "track4", "track5"]


def test_a_source_that_is_removed_beside_an_unfinished_build_stays_removed(
    directory: Path, tracks: list[EmbeddedTrack], rng: np.random.Generator
) -> None:
    with IndexBuilder(directory, STAMP) as builder:
        builder.add(random_track("late", rng), "/other/late", 1, 1)
        builder.add(random_track("too", rng), "/music/too", 1, 1)
        builder.recognise(replace(tracks[3].track, title="New"), "/other/4", 2, 2)
        builder.skip("/other/broken", "It is broken.", 1, 1)
    remove_tracks(directory, [], ["/other"])
    with IndexBuilder(directory, STAMP) as builder:
        assert not any(builder.done(f"/other/{name}", 1, 1) for name in ("late", "broken"))
        assert not builder.knows("late")
        assert builder.done("/music/too", 1, 1)
        builder.publish()
    assert ids(directory) == ["too", "track1", "track2", "track3"]


def test_what_only_an_unfinished_build_knows_is_removed_without_a_new_generation(
    directory: Path, rng: np.random.Generator
) -> None:
    with IndexBuilder(directory, STAMP) as builder:
        for place in ("/new/late", "/newer/late", "/music/late"):
            builder.add(random_track(place[1:-5], rng), place, 1, 1)
    before = read_manifest(live_generation(directory))
    # What lies in a source would be heard again: it is no unfinished work of another folder.
    for place, forgotten in (("/new", 1), ("/new", 0), ("/music/late", 0)):
        edited = remove_tracks(directory, [], [place])
        assert (edited.unpublished, edited.manifest) == (forgotten, before)
    with IndexBuilder(directory, STAMP) as builder:
        assert not builder.knows("new")
        assert builder.set_aside(["/music"]) == ["/newer/late"]
        builder.publish()
    assert remove_tracks(directory, [], ["/newer"]).unpublished == 1
    assert not (directory / ".building").exists()
    assert names(directory) == ["generation-000001", "generation-000002"]


@pytest.mark.parametrize("content", [b"", b"no database" * 500])
def test_a_record_that_cannot_be_read_stops_no_removal(directory: Path, content: bytes) -> None:
    record = directory / ".building" / "journal.sqlite"
    record.parent.mkdir()
    record.write_bytes(content)
    assert remove_tracks(directory, [], ["/other"]).manifest.tracks == 3
    assert record.read_bytes() == content


def test_what_an_unfinished_build_found_elsewhere_waits_until_it_is_asked_for(
    directory: Path, tracks: list[EmbeddedTrack], rng: np.random.Generator
) -> None:
    with IndexBuilder(directory, STAMP) as builder:
        builder.add(random_track("late", rng), "/new/late", 1, 1)
        builder.recognise(replace(tracks[0].track, title="Copy"), "/new/copy", 1, 1)
        builder.skip("/new/broken", "It is broken.", 1, 1)
        builder.recognise(replace(tracks[3].track, title="New"), "/other/4", 2, 2)
        builder.add(random_track("too", rng), "/music/too", 1, 1)
    for generation in (2, 2):  # where nothing changes, it waits as well
        with IndexBuilder(directory, STAMP) as builder:
            waiting = [f"/new/{name}" for name in ("copy", "late")]
            assert builder.set_aside(["/music"]) == waiting
            assert builder.skipped() == builder.duplicates() == []
            assert len(builder) == 6
            assert builder.knows("late")
            builder.publish()
        assert live_generation(directory).name == f"generation-00000{generation}"
    assert ids(directory) == ["too", *(f"track{n}" for n in range(1, 6))]
    with open_index(directory) as index:
        assert index.find("track4").title == "New"  # what is held already is no news
    with IndexBuilder(directory, STAMP) as builder:
        assert builder.set_aside(["/music", "/new"]) == []
        assert all(builder.done(place, 1, 1) for place in waiting)
        assert builder.publish().tracks == 7
    assert not (directory / ".building").exists()
    assert verify_index(directory) == []


def test_what_waits_outlives_a_build_that_was_killed_once_it_was_published(
    directory: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with IndexBuilder(directory, STAMP) as builder:
        builder.add(random_track("late", rng), "/new/late", 1, 1)
        builder.add(random_track("too", rng), "/music/too", 1, 1)
    with monkeypatch.context() as patch, IndexBuilder(directory, STAMP) as builder:
        patch.setattr("index.journal.keep_waiting", lambda *_: True)
        builder.set_aside(["/music"])
        builder.publish()
    remove_tracks(directory, ["too"], [])
    with IndexBuilder(directory, STAMP) as builder:
        assert builder.set_aside(["/new"]) == []
        assert builder.done("/new/late", 1, 1)
        assert builder.publish().tracks == 6
    assert ids(directory) == ["late", *(f"track{n}" for n in range(1, 6))]


def test_what_was_asked_for_again_by_an_unfinished_build_comes_back(
    directory: Path, tracks: list[EmbeddedTrack]
) -> None:
    remove_tracks(directory, ["track1"], [])
    with IndexBuilder(directory, STAMP) as builder:
        builder.restore(["/music/a/1"])
        builder.add(tracks[0], "/music/a/1", 1, 1)
    with IndexBuilder(directory, STAMP) as builder:
        builder.publish()
    assert len(ids(directory)) == 5


def test_what_fails_leaves_nothing_half_written(
    directory: Path, tracks: list[EmbeddedTrack], rng: np.random.Generator
) -> None:
    def full(_done: int, _all: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(CatalogueError, match="no space left"):
        remove_tracks(directory, ["track1", "track2", "track3"], [], progress=full)
    assert not (directory / ".building").exists()
    with IndexBuilder(directory, STAMP) as builder:
        builder.add(random_track("late", rng, 40), "/music/late", 1, 1)
        with pytest.raises(CatalogueError, match="no space left"):
            builder.publish(full)
    left = {path.name for path in (directory / ".building").iterdir()}
    assert "journal.sqlite" in left
    assert "generation" not in left
    with IndexBuilder(directory, STAMP) as builder:
        assert builder.done("/music/late", 1, 1)
        assert builder.publish().tracks == 6
