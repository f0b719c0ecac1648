"""A change publishes little, and what it makes is what a build from nothing would have made."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.builder import IndexBuilder
from index.checksums import file_sum
from index.generations import generations, live_generation, read_manifest
from index.manifest import Manifest, segment_files
from index.opened import open_index
from index.upkeep import compact, remove_tracks
from index.verify import describe_index, verify_index
from models.types import CatalogueError, EmbeddedTrack, SearchOptions, Windows
from tests.index.making import STAMP, build, make_query, random_track

Held = dict[str, EmbeddedTrack]


def add(directory: Path, tracks: Sequence[EmbeddedTrack], **options: object) -> Manifest:
    with IndexBuilder(directory, STAMP, **options) as builder:
        builder.sources += ("/music",)
        for embedded in tracks:
            builder.add(embedded, f"/music/{embedded.track.id}.ogg", 1000, 1)
        return builder.publish()


def some(rng: np.random.Generator, numbers: Sequence[int], most: int = 6) -> list[EmbeddedTrack]:
    return [random_track(f"track{n:03}", rng, int(rng.integers(1, most + 1))) for n in numbers]


def inodes(directory: Path, segments: int) -> list[int]:
    folder = live_generation(directory)
    names = [name for number in range(segments) for name in segment_files(number)]
    return [(folder / name).stat().st_ino for name in names]


def same(one: Windows, other: Windows) -> bool:
    return np.array_equal(one.vectors, other.vectors) and np.array_equal(one.starts, other.starts)


def check(directory: Path, held: Held, asked: Sequence[object], fresh: Path) -> None:
    """Compare an index with what it should hold, and with one that is built of that anew."""
    assert verify_index(directory) == []
    build(fresh, list(held.values()))
    with open_index(directory) as changed, open_index(fresh) as anew:
        contents = list(changed.contents())
        assert [track.id for track, _ in contents] == sorted(held)
        for track, windows in contents:
            assert track.title == held[track.id].track.title
            assert same(windows, held[track.id].windows)
        for vectors in asked:
            query = make_query(vectors)
            ours, theirs = (one.search(query, SearchOptions()) for one in (changed, anew))
            assert ours.results == theirs.results
            assert ours.same == theirs.same


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_changed_it_is_as_if_built_anew(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    directory = tmp_path / "index"
    asked = rng.normal(size=(4, 2, STAMP.dim))
    held: Held = {one.track.id: one for one in some(rng, range(150))}
    add(directory, list(held.values()))
    most_segments = 1
    for step in range(8):
        ids = sorted(held)
        match rng.choice(["add", "remove", "both", "retag", "heard", "compact"]):
            case "remove":
                gone = rng.choice(ids, rng.integers(1, 12), replace=False).tolist()
                remove_tracks(directory, gone, [])
                held = {name: one for name, one in held.items() if name not in gone}
            case "compact":
                compact(directory)
                assert describe_index(directory).segments == 1
            case change:
                new = some(rng, range(200 + 20 * step, 200 + 20 * step + rng.integers(1, 14)))
                known = [held[name] for name in rng.choice(ids, 3, replace=False)]
                if change == "retag":
                    new = [
                        EmbeddedTrack(replace(one.track, title=f"Anew {step}"), one.windows)
                        for one in known
                    ]
                if change == "heard":
                    new = [replace(one, track=known[0].track) for one in new[:1]]
                with IndexBuilder(directory, STAMP) as builder:
                    for one in new:
                        builder.add(one, f"/music/{one.track.id}.ogg", 1000, 1)
                        held[one.track.id] = one
                    if change == "both":
                        gone = {one.track.id for one in known}
                        held = {name: one for name, one in held.items() if name not in gone}
                        builder.forget_missing((f"/music/{name}.ogg" for name in held), ["/music"])
                    builder.publish()
        most_segments = max(most_segments, describe_index(directory).segments)
    assert most_segments > 1
    check(directory, held, asked, tmp_path / "fresh")


def test_a_small_change_leaves_what_is_large_where_it_is(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    add(tmp_path, some(rng, range(100)))
    before = inodes(tmp_path, 1)
    manifest = add(tmp_path, some(rng, range(100, 103)))
    assert len(manifest.segments) == 2
    assert inodes(tmp_path, 1) == before
    folder = live_generation(tmp_path)
    assert (folder / segment_files(0)[0]).stat().st_nlink == 2
    added = sum((folder / name).stat().st_size for name in segment_files(1))
    assert added < (folder / segment_files(0)[0]).stat().st_size / 4
    # A new title changes the catalogue alone.
    with open_index(tmp_path) as index:
        track = index.find("track007")
    with IndexBuilder(tmp_path, STAMP) as builder:
        builder.recognise(replace(track, title="Called anew"), "/music/track007.ogg", 1010, 2)
        segments = builder.publish().segments
    assert segments == manifest.segments
    assert inodes(tmp_path, 1) == before
    # Removing takes nothing away from the files, until a quarter is nobody's.
    edited = remove_tracks(tmp_path, ["track001", "track100"], [])
    assert [one.windows for one in edited.manifest.segments][:1] == [manifest.segments[0].windows]
    assert edited.manifest.segments[0].live < manifest.segments[0].live
    assert inodes(tmp_path, 1) == before
    edited = remove_tracks(tmp_path, [f"track{n:03}" for n in range(10, 60)], [])
    assert [one.live for one in edited.manifest.segments] == [edited.manifest.windows]
    assert inodes(tmp_path, 1) != before


def test_a_disk_without_links_gets_copies(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracks = some(rng, range(103))
    add(tmp_path / "index", tracks[:100])

    def refuse(self: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    manifest = add(tmp_path / "index", tracks[100:])
    assert len(manifest.segments) == 2
    assert (live_generation(tmp_path / "index") / segment_files(0)[0]).stat().st_nlink == 1
    check(tmp_path / "index", {one.track.id: one for one in tracks}, [], tmp_path / "fresh")


def test_no_file_is_hashed_again_after_a_change(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    add(tmp_path, some(rng, range(100)))

    def note(path: Path) -> object:
        hashed.append(f"{path.parent.name}/{path.name}")
        return file_sum(path)

    monkeypatch.setattr("index.checksums.file_sum", note)
    for step in range(4):
        add(tmp_path, some(rng, [100 + step]))
        open_index(tmp_path).close()
    compact(tmp_path)
    open_index(tmp_path).close()
    assert hashed == []
    # Those that are kept share files with some that were removed, and are known all the same.
    for folder in generations(tmp_path):
        (tmp_path / "current").write_text(folder.name)
        open_index(tmp_path).close()
    assert hashed == []


def test_a_file_that_was_changed_beside_a_change_is_hashed_again(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    add(tmp_path, some(rng, range(100)))
    old = live_generation(tmp_path)

    def spoil(_done: int, _all: int) -> None:
        data = bytearray((old / "windows.f32").read_bytes())
        data[77] ^= 1
        (old / "windows.f32").write_bytes(data)

    with IndexBuilder(tmp_path, STAMP) as builder:
        builder.add(random_track("late", rng), "/music/late.ogg", 1, 1)
        builder.publish(spoil)
    assert len(read_manifest(live_generation(tmp_path)).segments) == 2
    (tmp_path / "current").write_text(old.name)
    with pytest.raises(CatalogueError, match=r"windows\.f32"):
        open_index(tmp_path)


def test_a_base_that_was_damaged_since_is_not_built_upon(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    add(tmp_path, some(rng, range(100)))
    folder = live_generation(tmp_path)
    with IndexBuilder(tmp_path, STAMP) as builder:
        builder.add(random_track("late", rng), "/music/late.ogg", 1, 1)
        data = bytearray((folder / "windows.f32").read_bytes())
        data[77] ^= 1
        (folder / "windows.f32").write_bytes(data)
        with pytest.raises(CatalogueError, match=r"damaged: .*windows\.f32"):
            builder.publish()
    assert live_generation(tmp_path) == folder


def test_compacted_it_is_what_a_build_from_nothing_is_to_the_byte(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    tracks = some(rng, range(60))
    for part in (tracks[::3], tracks[1::3], tracks[2::3]):
        add(tmp_path / "grown", part)
    grown = compact(tmp_path / "grown").manifest
    fresh = add(tmp_path / "fresh", tracks)
    assert grown.files == fresh.files
    assert compact(tmp_path / "grown").generation == live_generation(tmp_path / "grown").name
    assert compact(tmp_path / "fresh").manifest.created == fresh.created


def test_sources_are_remembered_each_once(tmp_path: Path, rng: np.random.Generator) -> None:
    with IndexBuilder(tmp_path, STAMP) as builder:
        builder.add(random_track("one", rng), "/music/one.ogg", 1, 1)
        builder.sources += ("/music", "/b\udcff", "/music", "/musical")
        builder.publish()
    assert read_manifest(live_generation(tmp_path)).sources == ("/b\udcff", "/music", "/musical")
    with IndexBuilder(tmp_path, STAMP) as builder:
        assert builder.sources == ("/b\udcff", "/music", "/musical")
        builder.publish()
    assert live_generation(tmp_path).name == "generation-000001"
    assert describe_index(tmp_path).sources == ("/b\udcff", "/music", "/musical")


def test_an_index_of_very_many_sources_is_opened_again(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    sources = tuple(f"/音楽/アルバムの名前/とても長い曲の名前 {n:05}.flac" for n in range(20_000))
    with IndexBuilder(tmp_path, STAMP) as builder:
        builder.add(random_track("one", rng), "/music/one.ogg", 1, 1)
        builder.sources = (*sources, "/b\udcff")
        builder.publish()
    manifest = live_generation(tmp_path) / "manifest.json"
    assert manifest.stat().st_size > 1 << 20
    assert "とても長い曲の名前" in manifest.read_text(encoding="utf-8")
    with open_index(tmp_path) as index:
        assert index.manifest.sources == ("/b\udcff", *sources)


def test_more_sources_than_a_manifest_holds_are_refused(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def grow(builder: IndexBuilder, sources: list[str]) -> None:
        for number in itertools.count():
            sources.append(f"{names[number % 4] * 20}{number}")
            builder.sources = tuple(sources)

    most, rest = 30_000, 1_500
    monkeypatch.setattr("index.manifest.SOURCES_LIMIT", most)
    monkeypatch.setattr("index.generations.LIMIT", most + rest)
    names = ('/music/a "song".ogg', "/b\udcff", "/音楽/曲", "/a\\b\n")
    spelled: list[str] = []
    with IndexBuilder(tmp_path, STAMP) as builder:
        builder.add(random_track("one", rng), "/music/one.ogg", 1, 1)
        with pytest.raises(CatalogueError, match="more than its manifest can hold"):
            grow(builder, spelled)
        assert len(builder.sources) == len(spelled) - 1
        builder.publish()
    # As many as were taken are read again, and fill what there is for them.
    manifest = live_generation(tmp_path) / "manifest.json"
    assert most < manifest.stat().st_size < most + rest
    assert describe_index(tmp_path).sources == tuple(sorted(spelled[:-1]))
    # Fewer are always taken, and what was made when there was more room is opened.
    monkeypatch.setattr("index.manifest.SOURCES_LIMIT", 100)
    with IndexBuilder(tmp_path, STAMP) as builder:
        builder.sources = ("/music",)
        builder.publish()
    assert describe_index(tmp_path).sources == ("/music",)


def test_known_audio_under_another_name_needs_no_hearing(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    held = {one.track.id: one for one in some(rng, range(5))}
    add(tmp_path, list(held.values()))
    with IndexBuilder(tmp_path, STAMP) as builder:
        assert builder.knows("track003")
        assert not builder.knows("track009")
        track = replace(held["track003"].track, title="Moved", seconds=0.0, path="/music/new.ogg")
        builder.recognise(track, "/music/new.ogg", 5, 5)
        builder.add(random_track("track009", rng), "/music/9.ogg", 1, 1)
        assert builder.knows("track009")
        builder.recognise(replace(track, id="track009", title="Nine"), "/music/09.ogg", 5, 5)
        seen = ["/music/new.ogg", "/music/09.ogg"]
        assert builder.forget_missing(seen, ["/music/9.ogg", "/music/track003.ogg"]) == 2
        builder.publish()
    with open_index(tmp_path) as index:
        moved = index.find("track003")
        assert (moved.title, moved.path) == ("Moved", "/music/new.ogg")
        assert moved.seconds == held["track003"].track.seconds
        assert same(index.query_of(moved).windows, held["track003"].windows)
        assert index.find("track009").title == "Nine"
