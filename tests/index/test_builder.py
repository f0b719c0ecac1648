"""A build loses nothing it has done, does nothing twice, and says what it left out."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.builder import IndexBuilder
from index.generations import live_generation
from index.left_out import LeftOut
from index.manifest import Manifest
from index.opened import Index, open_index
from index.verify import describe_index, verify_index
from models.types import CatalogueError, EmbeddedTrack, ModelStamp, Windows
from tests.index.making import STAMP, build, make_track, random_track

PROJECT = Path(__file__).resolve().parents[2]

ADDS_FOREVER = """
import sys
from pathlib import Path
import numpy as np
from index.builder import IndexBuilder
from tests.index.making import STAMP, random_track
rng = np.random.default_rng(1)
with IndexBuilder(Path(sys.argv[1]), STAMP) as builder:
    for number in range(100_000):
        builder.add(random_track(f"track{number}", rng), f"/music/{number}", number, number)
        print(number, flush=True)
"""


def titles(directory: Path) -> set[str]:
    with open_index(directory) as index:
        return {index.find(f"track{n}").title for n in range(10) if _has(index, f"track{n}")}


def _has(index: Index, track_id: str) -> bool:
    try:
        index.find(track_id)
    except CatalogueError:
        return False
    return True


def test_a_killed_build_is_carried_on(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", ADDS_FOREVER, str(tmp_path)],
        stdout=subprocess.PIPE,
        cwd=PROJECT,
        text=True,
    )
    with child:
        added = [int(next(child.stdout)) for _ in range(25)]
        child.send_signal(signal.SIGKILL)
        child.wait()
    with IndexBuilder(tmp_path, STAMP) as builder:
        assert builder.notes == ()
        assert all(builder.done(f"/music/{n}", n, n) for n in added)
        assert len(builder) >= len(added)
        manifest = builder.publish()
    assert manifest.tracks >= len(added)
    assert verify_index(tmp_path) == []


def test_a_batch_is_kept_whole_or_not_at_all(tmp_path: Path, rng: np.random.Generator) -> None:
    tracks = [random_track(f"track{number}", rng) for number in range(3)]
    broken = make_track("zero", np.full(8, np.nan))

    def add_all(builder: IndexBuilder, *names: str) -> None:
        with builder.batch():
            builder.skip(f"/music/{names[0]}", "It is broken.", 1, 1)
            for name, embedded in zip(names[1:], (*tracks, broken), strict=False):
                builder.add(embedded, f"/music/{name}", 1, 1)

    with IndexBuilder(tmp_path, STAMP) as builder:
        add_all(builder, "a", "b")
        with pytest.raises(CatalogueError, match="no usable vectors"):
            add_all(builder, "c", "d", "e", "f", "g")
        builder.add(tracks[2], "/music/h", 1, 1)
    # Another process would find the same.
    with IndexBuilder(tmp_path, STAMP) as builder:
        assert [name for name in "abcdefgh" if builder.done(f"/music/{name}", 1, 1)] == [*"abh"]
        assert builder.skipped() == [LeftOut("/music/a", "It is broken.")]
        assert builder.publish().tracks == 2


def test_an_interrupt_while_publishing_leaves_the_old_index(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    build(tmp_path, [random_track("track1", rng)])

    def interrupt(_done: int, _all: int) -> None:
        raise KeyboardInterrupt

    with IndexBuilder(tmp_path, STAMP) as builder:
        builder.add(random_track("track2", rng), "/music/2", 2, 2)
        with pytest.raises(KeyboardInterrupt):
            builder.publish(interrupt)
    assert titles(tmp_path) == {"Track1"}
    with IndexBuilder(tmp_path, STAMP) as builder:
        assert builder.done("/music/2", 2, 2)
        builder.publish()
    assert titles(tmp_path) == {"Track1", "Track2"}
    assert not (tmp_path / ".building").exists()


def test_unchanged_files_are_taken_over_from_the_last_generation(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    first = [random_track(f"track{n}", rng) for n in range(3)]
    build(tmp_path, first)
    with IndexBuilder(tmp_path, STAMP) as builder:
        assert builder.done(Path("/music/track1.ogg"), 1000, 1)
        assert not builder.done("/music/track1.ogg", 1000, 2)
        assert not builder.done("/music/track1.ogg", 1001, 1)
        assert not builder.done("/music/track3.ogg", 1000, 1)
        builder.add(random_track("track3", rng), "/music/track3.ogg", 1000, 1)
        assert len(builder) == 4
        builder.publish()
    with open_index(tmp_path) as index:
        for embedded in first:
            found = index.query_of(index.find(embedded.track.id)).windows
            assert np.array_equal(found.vectors, embedded.windows.vectors)
            assert np.array_equal(found.starts, embedded.windows.starts)


def test_nothing_new_publishes_nothing(tmp_path: Path, rng: np.random.Generator) -> None:
    before = build(tmp_path, [random_track("track1", rng)])
    with IndexBuilder(tmp_path, STAMP) as builder:
        assert builder.publish() == before
    assert live_generation(tmp_path).name == "generation-000001"
    assert not (tmp_path / ".building").exists()


def test_a_changed_file_becomes_another_track(tmp_path: Path, rng: np.random.Generator) -> None:
    build(tmp_path, [random_track("track1", rng), random_track("track2", rng)])
    with IndexBuilder(tmp_path, STAMP) as builder:
        builder.add(random_track("track3", rng), "/music/track1.ogg", 1000, 2)
        builder.publish()
    assert titles(tmp_path) == {"Track2", "Track3"}


def test_a_retagged_file_keeps_its_id(tmp_path: Path, rng: np.random.Generator) -> None:
    embedded = random_track("track1", rng)
    build(tmp_path, [embedded])
    retagged = EmbeddedTrack(replace(embedded.track, title="Renamed"), embedded.windows)
    with IndexBuilder(tmp_path, STAMP) as builder:
        builder.add(retagged, "/music/track1.ogg", 1000, 2)
        builder.publish()
    assert titles(tmp_path) == {"Renamed"}


def test_what_was_skipped_is_remembered_until_it_changes(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    why = "It holds no sound at all."
    with IndexBuilder(tmp_path, STAMP) as builder:
        builder.add(random_track("track1", rng), "/music/track1.ogg", 1, 1)
        builder.skip("/music/b\udcff.ogg", why, 5, 6)
        builder.publish()
        assert builder.skipped() == [LeftOut("/music/b\udcff.ogg", why)]
    assert describe_index(tmp_path).left_out == 1
    with IndexBuilder(tmp_path, STAMP) as builder:
        assert builder.done("/music/b\udcff.ogg", 5, 6)
        assert not builder.done("/music/b\udcff.ogg", 5, 7)
        assert builder.skipped() == [LeftOut("/music/b\udcff.ogg", why)]
        builder.add(random_track("track2", rng), "/music/b\udcff.ogg", 5, 6)
        builder.publish()
        assert builder.skipped() == []
    assert titles(tmp_path) == {"Track1", "Track2"}


def test_of_two_files_with_the_same_audio_the_first_by_name_counts(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    embedded = random_track("track1", rng)
    copy = EmbeddedTrack(replace(embedded.track, title="Copy"), embedded.windows)
    with IndexBuilder(tmp_path, STAMP) as builder:
        builder.add(copy, "/music/copy.ogg", 1, 1)
        builder.add(embedded, "/music/a.ogg", 2, 2)
        assert builder.duplicates() == [
            LeftOut("/music/copy.ogg", "It holds the same audio as /music/a.ogg.")
        ]
        assert builder.publish().tracks == 1
    assert titles(tmp_path) == {"Track1"}
    # Once the first is gone, the other takes its place without being decoded again.
    with IndexBuilder(tmp_path, STAMP) as builder:
        assert builder.done("/music/copy.ogg", 1, 1)
        assert builder.forget_missing([Path("/music/copy.ogg")], ["/music"]) == 1
        assert builder.duplicates() == []
        builder.publish()
    assert titles(tmp_path) == {"Copy"}
    assert verify_index(tmp_path) == []


def test_files_that_are_gone_are_forgotten(tmp_path: Path, rng: np.random.Generator) -> None:
    build(tmp_path, [random_track(f"track{n}", rng) for n in range(4)])
    with IndexBuilder(tmp_path, STAMP) as builder:
        builder.add(random_track("track7", rng), "/music/track7.ogg", 1, 1)
        assert builder.forget_missing(["/music/track1.ogg", "/music/track2.ogg"], ["/music"]) == 3
        assert not builder.done("/music/track0.ogg", 1000, 1)
        assert builder.publish().tracks == 2
    assert titles(tmp_path) == {"Track1", "Track2"}


def test_another_model_starts_over_and_says_so(tmp_path: Path, rng: np.random.Generator) -> None:
    other = replace(STAMP, model="other", sha512="cd" * 64)
    with IndexBuilder(tmp_path, STAMP) as builder:
        builder.add(random_track("track1", rng), "/music/1", 1, 1)
    with IndexBuilder(tmp_path, other) as builder:
        assert "unfinished build" in builder.notes[0]
        assert "tiny" in builder.notes[0]
        assert not builder.done("/music/1", 1, 1)
        builder.add(random_track("track1", rng), "/music/1", 1, 1)
        builder.publish()
    with IndexBuilder(tmp_path, STAMP, hop_seconds=9.6) as builder:
        assert "other" in builder.notes[0]
        assert "folders that are not named now drop out" in builder.notes[0]
        assert not builder.done("/music/1", 1, 1)


FP16, INT8, FP32 = (
    replace(STAMP, sha512=digit * 128, precision=precision)
    for digit, precision in (("1", "fp16"), ("2", "int8"), ("3", "fp32"))
)


def build_on(directory: Path, stamp: ModelStamp, *names: str) -> Manifest:
    rng = np.random.default_rng(len(names))
    with IndexBuilder(directory, stamp) as builder:
        assert builder.notes == ()
        for name in names:
            builder.add(random_track(name, rng), f"/music/{name}", 1, 1)
        return builder.publish()


def test_another_file_of_the_model_keeps_what_is_known_and_is_noted(tmp_path: Path) -> None:
    manifest = build_on(tmp_path, FP16, "track1", "track2")
    assert (manifest.stamp, manifest.others) == (FP16, ())
    with open_index(tmp_path) as index:
        before = index.query_of(index.find("track1")).windows.vectors.copy()
    with IndexBuilder(tmp_path, INT8) as builder:
        assert builder.done("/music/track1", 1, 1)
    manifest = build_on(tmp_path, INT8, "track3")
    assert (manifest.stamp, manifest.others, manifest.tracks) == (INT8, (FP16,), 3)
    with open_index(tmp_path) as index:
        np.testing.assert_array_equal(index.query_of(index.find("track1")).windows.vectors, before)
    manifest = build_on(tmp_path, FP16, "track4")
    assert (manifest.stamp, manifest.others) == (FP16, (INT8,))
    manifest = build_on(tmp_path, FP32, "track5")
    assert (manifest.stamp, manifest.others) == (FP32, (FP16, INT8))
    info = describe_index(tmp_path)
    assert (info.stamp, info.others) == (FP32, (FP16, INT8))
    assert verify_index(tmp_path) == []


def test_a_file_that_made_nothing_is_not_noted(tmp_path: Path) -> None:
    build_on(tmp_path, FP16, "track1", "track2")
    assert build_on(tmp_path, INT8).stamp == FP16
    with IndexBuilder(tmp_path, INT8) as builder:
        builder.forget_missing(["/music/track1"], ["/music"])
        manifest = builder.publish()
    assert (manifest.stamp, manifest.others, manifest.tracks) == (FP16, (), 1)


def test_a_build_that_broke_off_is_carried_on_with_another_file(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    with IndexBuilder(tmp_path, FP16) as builder:
        builder.add(random_track("track1", rng), "/music/track1", 1, 1)
    manifest = build_on(tmp_path, INT8, "track2")
    assert (manifest.stamp, manifest.others, manifest.tracks) == (INT8, (FP16,), 2)


def test_a_file_that_made_only_what_waits_is_noted_once_that_is_published(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    with IndexBuilder(tmp_path, INT8) as builder:
        builder.add(random_track("late", rng), "/other/late", 1, 1)
        builder.add(random_track("track1", rng), "/music/track1", 1, 1)
    with IndexBuilder(tmp_path, FP16) as builder:
        builder.add(random_track("track1", rng), "/music/track1", 2, 2)  # it had changed
        builder.set_aside(["/music"])
        manifest = builder.publish()
    assert (manifest.stamp, manifest.others, manifest.tracks) == (FP16, (), 1)
    manifest = build_on(tmp_path, FP32, "track2")
    assert (manifest.stamp, manifest.others, manifest.tracks) == (FP32, (INT8, FP16), 3)


@pytest.mark.parametrize("others", [(), (FP16, INT8)])
def test_a_record_that_does_not_say_which_file_made_what_is_carried_on(
    tmp_path: Path, rng: np.random.Generator, others: tuple[ModelStamp, ...]
) -> None:
    for stamp in others or (INT8,):
        with IndexBuilder(tmp_path, stamp) as builder:
            builder.add(random_track(stamp.precision, rng), f"/other/{stamp.precision}", 1, 1)
    with closing(sqlite3.connect(tmp_path / ".building" / "journal.sqlite")) as database:
        database.execute("ALTER TABLE vectors DROP COLUMN stamp")
    with IndexBuilder(tmp_path, FP32) as builder:
        builder.add(random_track("track", rng), "/music/track", 1, 1)
        builder.recognise(random_track("int8", rng).track, "/music/int8", 1, 1)
        builder.set_aside(["/music"] if others else ["/music/track"])
        manifest = builder.publish()
    # Where either may have made what is published, neither is kept quiet.
    assert (manifest.stamp, manifest.others) == (FP32, others)


def test_a_record_from_before_files_were_noted_is_carried_on(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    with IndexBuilder(tmp_path, STAMP) as builder:
        builder.add(random_track("track1", rng), "/music/track1", 1, 1)
    with closing(sqlite3.connect(tmp_path / ".building" / "journal.sqlite")) as database:
        database.execute("DROP TABLE stamps")
        (text,) = database.execute("SELECT json FROM origin").fetchone()
        origin = json.loads(text)
        del origin["stamp"]["precision"]
        with database:
            database.execute("UPDATE origin SET json = ?", [json.dumps(origin)])
    # What it holds was made with the file it was begun with, whichever carries it on.
    manifest = build_on(tmp_path, FP16)
    assert (manifest.stamp, manifest.others, manifest.tracks) == (STAMP, (), 1)
    manifest = build_on(tmp_path, FP16, "track2")
    assert (manifest.stamp, manifest.others, manifest.tracks) == (FP16, (STAMP,), 2)


def test_a_file_is_named_once_with_its_precision_where_one_record_knows_it(tmp_path: Path) -> None:
    build_on(tmp_path, replace(FP16, precision=""), "track1")
    manifest = build_on(tmp_path, FP16, "track2")
    assert (manifest.stamp, manifest.others) == (FP16, ())
    manifest = build_on(tmp_path, INT8, "track3")
    assert (manifest.stamp, manifest.others) == (INT8, (FP16,))


@pytest.mark.parametrize(
    "changes", [{"model": "other"}, {"version": "2"}, {"space": "tiny-2"}, {"dim": 9}]
)
def test_only_the_file_may_differ(
    changes: dict[str, Any], tmp_path: Path, rng: np.random.Generator
) -> None:
    build_on(tmp_path, FP16, "track1")
    with IndexBuilder(tmp_path, replace(FP16, **changes)) as builder:
        assert "another model" in builder.notes[0]
        assert len(builder) == 0


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"stamp": {"model": "x", "born": 1}}'])
def test_a_record_of_unknown_origin_is_discarded(
    text: str, tmp_path: Path, rng: np.random.Generator
) -> None:
    with IndexBuilder(tmp_path, STAMP) as builder:
        builder.add(random_track("track1", rng), "/music/track1", 1, 1)
    with closing(sqlite3.connect(tmp_path / ".building" / "journal.sqlite")) as database, database:
        database.execute("UPDATE origin SET json = ?", [text])
    with IndexBuilder(tmp_path, STAMP) as builder:
        assert "damaged and was discarded" in builder.notes[0]
        assert len(builder) == 0


@pytest.mark.parametrize("where", [0, 4096 * 3])
def test_a_damaged_journal_is_discarded_and_said_so(
    tmp_path: Path, rng: np.random.Generator, where: int
) -> None:
    with IndexBuilder(tmp_path, STAMP) as builder:
        for number in range(50):
            builder.add(random_track(f"track{number}", rng, windows=30), f"/{number}", 1, 1)
    journal = tmp_path / ".building" / "journal.sqlite"
    data = bytearray(journal.read_bytes())
    data[where : where + 4096] = b"\x99" * 4096
    journal.write_bytes(data)
    with IndexBuilder(tmp_path, STAMP) as builder:
        assert "damaged" in builder.notes[0]
        assert len(builder) == 0


def test_an_index_without_tracks_is_refused(tmp_path: Path, rng: np.random.Generator) -> None:
    with IndexBuilder(tmp_path, STAMP) as builder:
        builder.skip("/music/broken.ogg", "It is broken.", 1, 1)
        with pytest.raises(CatalogueError, match="not one track"):
            builder.publish()
    with pytest.raises(CatalogueError, match="There is no index"):
        open_index(tmp_path)
    build(tmp_path, [random_track("track1", rng)])
    with IndexBuilder(tmp_path, STAMP) as builder:
        assert builder.forget_missing(["/music/broken.ogg"], ["/"]) == 1
        with pytest.raises(CatalogueError, match="not one track"):
            builder.publish()
    assert titles(tmp_path) == {"Track1"}
    # Nothing is written down of it: once its disk is back, the file is known as ever.
    with IndexBuilder(tmp_path, STAMP) as builder:
        assert builder.done("/music/track1.ogg", 1000, 1)
        assert builder.forget_missing(["/music/broken.ogg", "/music/track1.ogg"], ["/"]) == 0
        builder.publish()
    assert live_generation(tmp_path).name == "generation-000001"


def test_only_what_lies_where_was_looked_is_gone(tmp_path: Path, rng: np.random.Generator) -> None:
    places = ["/a/1", "/a/sub/2", "/a/shut/3", "/a/shut", "/ab/4", "/b/5", "/a\udcff/6"]
    with IndexBuilder(tmp_path, STAMP) as builder:
        for number, place in enumerate(places):
            builder.add(random_track(f"track{number}", rng), place, 1, 1)
        builder.add(random_track("track0", rng), "/b/copy of 1", 1, 1)
        builder.publish()
    with IndexBuilder(tmp_path, STAMP) as builder:
        assert builder.tracks_below(["/a"]) == 4
        assert builder.tracks_below([Path("/b"), "/a\udcff"]) == 3
        assert builder.tracks_below(["/b/5"]) == 1
        assert builder.tracks_below([]) == 0
        assert builder.tracks_below(["/"]) == len(builder) == 7
        assert builder.forget_missing([], ["/a/sub", "/nowhere"], closed=["/a/sub"]) == 0
        assert builder.forget_missing(["/a/1"], ["/a"], closed=["/a/shut"]) == 1
        assert builder.forget_missing([], ["/b/5"]) == 1
        assert builder.publish().tracks == 5
    assert titles(tmp_path) == {"Track0", "Track2", "Track3", "Track4", "Track6"}


def test_what_is_named_is_forgotten(tmp_path: Path, rng: np.random.Generator) -> None:
    with IndexBuilder(tmp_path, STAMP) as builder:
        for name in ("one", "two", "three"):
            builder.add(random_track(name, rng), f"/music/{name}", 1, 1)
        builder.skip("/music/broken", "It is broken.", 1, 1)
        builder.publish()
    with IndexBuilder(tmp_path, STAMP) as builder:
        builder.add(random_track("four", rng), "/music/four", 1, 1)
        paths = [f"/music/{name}" for name in ("one", "four", "broken", "never there")]
        assert builder.forget(paths) == 2
        assert builder.skipped() == []
        builder.publish()
    with open_index(tmp_path) as index:
        assert {track.id for track, _ in index.contents()} == {"two", "three"}


def test_a_forgotten_file_that_is_added_counts(tmp_path: Path, rng: np.random.Generator) -> None:
    build(tmp_path, [random_track("track1", rng), random_track("track2", rng)])
    with IndexBuilder(tmp_path, STAMP) as builder:
        assert builder.forget_missing([], ["/music"]) == 2
        builder.add(random_track("track3", rng), "/music/track1.ogg", 1000, 1)
        builder.publish()
    assert titles(tmp_path) == {"Track3"}


def test_a_power_cut_costs_no_track_that_was_added(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def listening(*arguments: object, **options: object) -> sqlite3.Connection:
        opened.append(connect(*arguments, **options))
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", listening)
    with IndexBuilder(tmp_path, STAMP) as builder:
        builder.add(random_track("track1", rng), "/music/1", 1, 1)
        full = 2  # every change is synced before a call returns
        assert [base.execute("PRAGMA main.synchronous").fetchone() for base in opened] == [(full,)]


def test_what_cannot_be_removed_does_not_fail_a_build(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracks = [random_track(f"track{n}", rng) for n in range(5)]
    for embedded in tracks[:3]:
        build(tmp_path, [embedded])

    def stuck(path: str | Path, *_: object, **__: object) -> None:
        raise OSError(16, "Device or resource busy", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(os, "rmdir", stuck)
        assert build(tmp_path, tracks[3:4]).tracks == 4
    # Emptied, but not removed: a later build does that.
    assert not (tmp_path / "generation-000001" / "manifest.json").exists()
    assert build(tmp_path, tracks[4:]).tracks == 5
    assert sorted(path.name for path in tmp_path.glob("generation-*")) == [
        "generation-000003",
        "generation-000004",
        "generation-000005",
    ]
    assert not (tmp_path / ".building").exists()


@pytest.mark.parametrize(
    "windows",
    [
        Windows(np.zeros((0, 8), np.float32), np.zeros(0, np.float32)),
        Windows(np.eye(2, 8, dtype=np.float32), np.zeros(1, np.float32)),
        Windows(np.eye(1, 9, dtype=np.float32), np.zeros(1, np.float32)),
        Windows(np.full((1, 8), np.nan, np.float32), np.zeros(1, np.float32)),
        Windows(2 * np.eye(1, 8, dtype=np.float32), np.zeros(1, np.float32)),
        Windows(np.eye(1, 8, dtype=np.float32), np.full(1, np.nan, np.float32)),
    ],
)
def test_vectors_that_no_model_promised_are_refused(tmp_path: Path, windows: Windows) -> None:
    track = make_track("track1", np.eye(1, 8)).track
    with IndexBuilder(tmp_path, STAMP) as builder:
        with pytest.raises(CatalogueError, match="no usable vectors"):
            builder.add(EmbeddedTrack(track, windows), "/music/1", 1, 1)
        assert len(builder) == 0


def test_progress_reaches_the_end(tmp_path: Path, rng: np.random.Generator) -> None:
    seen: list[tuple[int, int]] = []
    with IndexBuilder(tmp_path, STAMP) as builder:
        builder.add(random_track("long", rng, windows=9000), "/music/long", 1, 1)
        manifest: Manifest = builder.publish(lambda done, all_: seen.append((done, all_)))
    assert seen == [(4096, 9000), (8192, 9000), (9000, 9000)]
    assert manifest.windows == 9000


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(CatalogueError, match="cannot be written"),
        IndexBuilder(tmp_path / "file" / "index", STAMP),
    ):
        pass


def test_a_name_that_usearch_cannot_write_is_refused_at_once(tmp_path: Path) -> None:
    with (
        pytest.raises(CatalogueError, match="not valid UTF-8") as caught,
        IndexBuilder(tmp_path / "ix\udcff", STAMP),
    ):
        pass
    str(caught.value).encode()
    with pytest.raises(CatalogueError, match="not valid UTF-8"):
        open_index(tmp_path / "ix\udcff")
    assert list(tmp_path.iterdir()) == []
