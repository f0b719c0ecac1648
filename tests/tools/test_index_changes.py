"""`soundalike index add`, `update`, `remove`, `compact` and `rollback`: an index that changes."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import mutagen
import pytest

from index.builder import IndexBuilder
from index.opened import open_index
from models.types import EmbeddedTrack
from tests.tools.conftest import Cli, only_json, write_piece
from tools import build
from tools.hearing import state_of


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


def asked(cli: Cli, what: str, *arguments: object) -> dict:
    status, out, err = cli("index", what, *arguments, "--json")
    assert status == 0, out + err
    return only_json(out)


def refused(cli: Cli, *arguments: object) -> str:
    status, _, err = cli("index", *arguments)
    assert status == 2
    return err


def test_an_index_grows_and_follows_what_happens_to_its_folders(
    tiny_model: Path, music: Path, tmp_path: Path, index: Path, cli: Cli
) -> None:
    more = tmp_path / "more"
    (music / "High").rename(more)
    asked(cli, "build", music, "--out", index)
    added = asked(cli, "add", more, "--out", index)
    assert (added["tracks"], added["heard"], added["kept"], added["elsewhere"]) == (6, 2, 0, 4)
    info = only_json(cli("index", "info", index, "--json")[1])
    assert (info["sources"], info["segments"]) == ([str(more), str(music)], 1)

    # Renamed, retagged, touched, copied: all of it is known by its sound.
    low, high = sorted((music / "Low").iterdir()), sorted(more.iterdir())
    low[0].rename(music / "Called otherwise.flac")
    tagged = mutagen.File(low[1])
    tagged["title"], tagged["artist"] = "A new title", "Somebody"
    tagged.save()
    os.utime(high[0], ns=(1, 1))
    shutil.copy(high[1], more / "Zzz.flac")
    write_piece(more / "New.wav", 900, seed=99)
    high[1].with_suffix(".txt").write_text("no audio")
    after = asked(cli, "update", "--out", index)
    assert (after["tracks"], after["heard"], after["recognised"], after["gone"]) == (7, 1, 4, 1)
    assert [Path(copy["path"]).name for copy in after["duplicates"]] == ["Zzz.flac"]
    with open_index(index) as opened:
        tracks = {track.title: track for track, _ in opened.contents()}
    assert {"Called otherwise", "A new title", "New"} <= set(tracks)
    assert tracks["A new title"].artist == "Somebody"
    assert tracks["Called otherwise"].seconds == pytest.approx(12, abs=0.1)
    assert "recognised" not in cli("index", "update", "--out", index)[1]
    assert cli("index", "verify", index)[0] == 0


def test_what_is_removed_comes_back_only_when_asked_for(
    tiny_model: Path, music: Path, index: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(cli, "build", music, "--out", index)
    piece = music / "Middle" / "Middle Band - Take 1.flac"
    with open_index(index) as opened:
        (track,) = (track_id for path, track_id in opened.files() if path == str(piece))
    monkeypatch.chdir(music)
    gone = asked(cli, "remove", f"track:{track[:8]}", "Low", "--out", index)
    assert (gone["removed"], gone["tracks"]) == (3, 3)
    for again in (("update",), ("build", music)):
        kept = asked(cli, *again, "--out", index)
        assert (kept["tracks"], kept["heard"], kept["left_out"]) == (3, 0, [])
        assert (kept["kept"], kept["removed"]) == (3, 3)
    os.utime(piece, ns=(1, 1))  # it is listened to, and recognised as what is not wanted
    assert (
        "0 files heard (0:00 of audio), 3 known before, "
        "3 removed before stay out (`soundalike index add` brings them back), in "
    ) in cli("index", "update", "--out", index)[1]
    assert "removed     3 files; `soundalike index add PATH`" in cli("index", "info", index)[1]
    for name in (track, "Low", "Nowhere", "\udcff"):
        assert "Nothing in the index comes from" in refused(cli, "remove", name, "--out", index)
    assert "too short" in refused(cli, "remove", "track:", "--out", index)
    back = asked(cli, "add", piece, "--out", index)
    assert (back["tracks"], back["heard"]) == (4, 1)
    assert asked(cli, "remove", piece, "--out", index)["removed"] == 1
    assert "Nothing would be left" in refused(cli, "remove", music, "--out", index)
    status, out, _ = cli("index", "remove", music / "High", "--out", index)
    assert (status, out) == (0, f"2 tracks removed, 1 track left in {index}.\n")


def test_what_an_unfinished_build_heard_elsewhere_waits_until_it_is_named(
    tiny_model: Path, music: Path, tmp_path: Path, index: Path, cli: Cli
) -> None:
    more = tmp_path / "more"
    (music / "High").rename(more)
    asked(cli, "build", more, "--out", tmp_path / "heard")
    with open_index(tmp_path / "heard") as heard:
        stamp, held = heard.stamp, list(heard.contents())
    with IndexBuilder(index, stamp) as builder:  # and is stopped
        for track, windows in held:
            path = more / Path(track.path).name
            builder.add(EmbeddedTrack(track, windows), path, *state_of(path))
            lost = tmp_path / "lost" / path.name
            builder.recognise(track, lost, *state_of(path))
    status, out, err = cli("index", "build", music, "--out", index, "--json")
    assert (status, only_json(out)["tracks"]) == (0, 4)
    assert "An unfinished build left 4 files of other sources, such as " in err
    assert "until a build names them, or `soundalike index remove` does." in err
    assert asked(cli, "update", "--out", index)["tracks"] == 4
    # A folder that is there no more cannot be named to a build.
    gone = asked(cli, "remove", lost.parent, "--out", index)
    assert (gone["unpublished"], gone["removed"], gone["generation"]) == (2, 0, "generation-000001")
    assert "Nothing in the index comes from" in refused(cli, "remove", lost, "--out", index)
    added = asked(cli, "add", more, "--out", index)
    assert (added["tracks"], added["heard"], added["kept"]) == (6, 0, 2)
    assert "unfinished" not in cli("index", "update", "--out", index)[2]


def test_a_file_that_a_build_left_out_is_no_unfinished_work(
    tiny_model: Path, music: Path, tmp_path: Path, index: Path, cli: Cli
) -> None:
    asked(cli, "build", music, "--out", index)
    broken = tmp_path / "broken.mp3"
    broken.write_bytes(b"no sound at all" * 50)
    assert cli("index", "add", broken, "--out", index)[0] == 1
    write_piece(music / "New.wav", 900, seed=99)
    for tracks in (7, 7):
        status, out, err = cli("index", "update", "--out", index, "--json")
        assert (status, only_json(out)["tracks"], "unfinished" in err) == (0, tracks, False)
        assert not (index / ".building").exists()
    assert only_json(cli("index", "info", index, "--json")[1])["left_out"] == 0


def test_what_only_leaves_something_out_is_no_new_generation(
    tiny_model: Path, music: Path, tmp_path: Path, index: Path, cli: Cli
) -> None:
    asked(cli, "build", music, "--out", index)
    broken = tmp_path / "broken.mp3"
    broken.write_bytes(b"no sound at all" * 50)
    for _ in range(2):
        status, out, _ = cli("index", "add", broken, "--out", index)
        assert (status, "1 left out" in out) == (1, True)
        info = only_json(cli("index", "info", index, "--json")[1])
        assert (info["generation"], info["sources"]) == ("generation-000001", [str(music)])
    write_piece(broken, 900, seed=99)
    assert asked(cli, "add", broken, "--out", index)["tracks"] == 7
    # One that held a track, and is broken by now, changes what is there.
    broken.write_bytes(b"no sound at all" * 50)
    cli("index", "add", broken, "--out", index)
    info = only_json(cli("index", "info", index, "--json")[1])
    assert (info["generation"], info["tracks"]) == ("generation-000003", 6)
    # Touched, and with another one beside it: nothing can be asked that could not be before.
    record = index / ".building"
    assert not record.exists()
    os.utime(broken, ns=(1, 1))
    shutil.copy(broken, music / "other.mp3")
    status, out, _ = cli("index", "update", "--out", index, "--json")
    assert (status, only_json(out)["published"], record.exists()) == (1, False, True)
    status, out, _ = cli("index", "build", music, "--out", index)
    assert (status, "1 left out, in 0:0" in out) == (1, True)
    assert re.search(rf"\nNothing changed: 6 tracks, \d+ windows are in {index}, as before\.", out)
    assert sorted(path.name[-1] for path in index.glob("generation-*")) == ["1", "2", "3"]
    # What was met meanwhile goes along with the next change.
    write_piece(music / "New.wav", 900, seed=98)
    done = only_json(cli("index", "update", "--out", index, "--json")[1])
    assert (done["published"], done["heard"], len(done["left_out"])) == (True, 1, 2)
    info = only_json(cli("index", "info", index, "--json")[1])
    assert (info["generation"], info["left_out"]) == ("generation-000004", 2)
    assert not record.exists()


def test_too_many_names_are_refused_before_anything_is_heard(
    tiny_model: Path, music: Path, index: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(cli, "build", music / "Low", "--out", index)
    monkeypatch.setattr("index.manifest.SOURCES_LIMIT", len(str(music)) + 30)
    with monkeypatch.context() as patch:
        patch.setattr(build, "listen", lambda *_: pytest.fail("it listened"))
        err = refused(cli, "add", *(music / "High").iterdir(), "--out", index)
    assert "more than its manifest can hold.\nName the folders they lie in" in err
    assert asked(cli, "add", music, "--out", index)["tracks"] == 6


def test_compacted_and_back(tiny_model: Path, music: Path, index: Path, cli: Cli) -> None:
    asked(cli, "build", music, "--out", index)
    assert "of one piece already" in cli("index", "compact", index)[1]
    piece = music / "Low" / "Low Band - Take 1.flac"
    asked(cli, "remove", piece, "--index", index, "--keep", 5)
    status, out, _ = cli("index", "compact", index)
    assert status == 0
    assert "piece" in out
    compact = only_json(cli("index", "compact", index, "--json")[1])
    assert (compact["segments"], compact["tracks"]) == (1, 5)
    info = cli("index", "info", index)[1]
    assert "kept 1" in info
    assert cli("index", "info", "--index", index)[1] == info
    assert "Name the index once" in refused(cli, "info", index, "--index", index)
    back = asked(cli, "rollback", "--index", index, "--to", 1)
    assert (back["generation"], back["tracks"]) == ("generation-000001", 6)
    err = refused(cli, "rollback", index)
    assert "keeps nothing older.\nTo go forth again: `--to generation-000003` (5 tracks, 2" in err
    assert "keeps no generation" in refused(cli, "rollback", index, "--to", "nothing")
    assert "There is no index" in refused(cli, "compact", index / "none")


def test_an_update_stops_where_a_folder_is_gone(
    tiny_model: Path, music: Path, tmp_path: Path, index: Path, cli: Cli
) -> None:
    single, away = tmp_path / "single.flac", tmp_path / "away"
    (music / "Low" / "Low Band - Take 1.flac").rename(single)
    asked(cli, "build", music, single, "--out", index)
    single.unlink()  # one file that is gone was deleted
    gone = asked(cli, "update", "--out", index)
    assert (gone["tracks"], gone["gone"], gone["heard"]) == (5, 1, 0)
    assert only_json(cli("index", "info", index, "--json")[1])["sources"] == [str(music)]
    music.rename(away)
    err = refused(cli, "update", "--out", index)
    assert f"{music} is not there any more, and the index has 5 files from there." in err
    music.mkdir()
    assert "holds no audio any more" in refused(cli, "update", "--out", index)
    music.rmdir()
    assert "not one track" in refused(cli, "update", "--drop-empty", "--out", index)
    away.rename(music)
    assert asked(cli, "update", "--out", index)["kept"] == 5


def test_only_an_index_that_fits_is_added_to(
    tiny_model: Path, music: Path, index: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    for what in ("add", "update"):
        sources = [music] * (what == "add")
        assert "There is no index" in refused(cli, what, *sources, "--out", index)
    assert not index.exists()
    asked(cli, "build", music / "Low", "--out", index)
    # The index says what listens, whatever is set.
    monkeypatch.setenv("SOUNDALIKE_MODEL", "vggish-small")
    assert asked(cli, "add", music / "High", "--out", index)["model"] == "tiny"
    (music / "bare").mkdir()
    assert asked(cli, "add", music / "bare", "--out", index)["tracks"] == 4
    card = tiny_model / "tiny.toml"
    card.write_text(card.read_text().replace('version = "1"', 'version = "2"'))
    assert "another model" in refused(cli, "add", music / "Middle", "--out", index)
    assert "another model" in refused(cli, "update", "--out", index)
    assert only_json(cli("index", "info", index, "--json")[1])["tracks"] == 4


def test_an_index_that_names_no_folders_cannot_be_updated(
    tiny_model: Path, music: Path, index: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(build, "_sources_after", lambda *_: ())
        asked(cli, "build", music, "--out", index)
    assert "does not say what it was built from" in refused(cli, "update", "--out", index)
    assert asked(cli, "build", music, "--out", index)["heard"] == 0
    assert asked(cli, "update", "--out", index)["kept"] == 6
