"""`soundalike index build` on lists and data sets: what they say counts more than the tags."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import soundfile

from index.builder import IndexBuilder
from index.opened import open_index
from models.types import EmbeddedTrack, Track
from tests.tools.conftest import Cli, only_json, write_piece


@pytest.fixture
def pieces(tmp_path: Path) -> Path:
    """Return a folder of three pieces without tags."""
    folder = tmp_path / "pieces"
    for number, name in enumerate(("one", "two", "three")):
        write_piece(folder / f"{name}.wav", 200 * 3**number, seed=number, seconds=3)
    return folder


def built(cli: Cli, *sources: object, index: Path) -> tuple[int, dict[str, Any]]:
    status, out, _ = cli("index", "build", *sources, "--out", index, "--json")
    return status, only_json(out)


def tracks(index: Path) -> dict[str, Track]:
    with open_index(index) as opened:
        return {track.title: track for track, _ in opened.contents()}


def test_a_list_names_files_and_what_they_are(
    tiny_model: Path, pieces: Path, tmp_path: Path, cli: Cli
) -> None:
    table, index = pieces / "list.csv", tmp_path / "index"
    table.write_text(
        "file;name;artist;genre;page\n"
        "one.wav;First;The Band;Folk, Country;https://example.org/one\n"
        "two.wav;;;;\n"
        "gone.wav;Gone;;;\n"
        ";nothing;;;\n"
    )
    status, done = built(cli, table, index=index)
    assert (status, done["tracks"], done["heard"]) == (1, 2, 2)
    assert [(Path(one["path"]).name, one["why"]) for one in done["left_out"]] == [
        ("list.csv, line 5", "It names neither a file nor an address."),
        ("gone.wav", "There is no such file; list.csv names it."),
    ]
    found = tracks(index)
    assert set(found) == {"First", "two"}
    first = found["First"]
    assert (first.artist, first.artist_known, first.labels) == (
        "The Band",
        True,
        ("Folk", "Country"),
    )
    assert (first.url, first.source) == ("https://example.org/one", "list")
    assert first.path == str(pieces / "one.wav")
    # What is said anew is taken down without listening.
    table.write_text("file;name;artist\none.wav;Premier;Another\ntwo.wav;Second;\nthree.wav;;\n")
    status, done = built(cli, table, index=index)
    assert (status, done["heard"], done["kept"], done["retold"]) == (0, 1, 2, 2)
    found = tracks(index)
    assert set(found) == {"Premier", "Second", "three"}
    assert found["Premier"].artist == "Another"
    status, done = built(cli, table, index=index)
    assert (status, done["heard"], done["kept"], done["retold"]) == (0, 0, 3, 0)
    assert "retold" in done
    # A list is a source that is looked through again.
    (pieces / "three.wav").unlink()
    status, out, _ = cli("index", "update", "--out", index)
    assert status == 1
    assert "3 described anew" not in out
    assert "1 gone" in out
    assert set(tracks(index)) == {"Premier", "Second"}


def test_a_list_whose_disk_is_away_stops_the_build(
    tiny_model: Path, pieces: Path, tmp_path: Path, cli: Cli
) -> None:
    table, index = tmp_path / "list.jsonl", tmp_path / "index"
    rows = [{"path": str(pieces / f"{name}.wav")} for name in ("one", "two")]
    table.write_text("\n".join(map(json.dumps, rows)))
    assert built(cli, table, index=index)[0] == 0
    pieces.rename(tmp_path / "away")
    status, _, err = cli("index", "build", table, "--out", index)
    assert status == 2
    assert f"{table} holds no audio any more, and the index has 2 tracks from there." in err
    status, _, err = cli("index", "build", table, "--out", index, "--drop-empty")
    assert status == 2
    assert "not one track" in err
    (tmp_path / "away").rename(pieces)
    assert built(cli, table, index=index)[1]["kept"] == 2


def test_a_list_in_a_folder_that_is_named_too_is_looked_through_again(
    tiny_model: Path, pieces: Path, tmp_path: Path, cli: Cli
) -> None:
    table, index = pieces / "list.csv", tmp_path / "index"
    table.write_text("path,title\none.wav,First\n")
    built(cli, pieces, table, pieces / "two.wav", index=index)
    with open_index(index) as opened:
        assert opened.manifest.sources == (str(pieces), str(table))
    table.write_text("path,title\none.wav,Premier\n")
    assert cli("index", "update", "--out", index)[0] == 0
    assert set(tracks(index)) == {"Premier", "two", "three"}
    assert cli("index", "remove", table, "--out", index)[0] == 0
    assert len(tracks(index)) == 3


def test_a_list_that_is_away_stops_an_update(
    tiny_model: Path, pieces: Path, tmp_path: Path, cli: Cli
) -> None:
    table, index = tmp_path / "lists" / "list.csv", tmp_path / "index"
    table.parent.mkdir()
    table.write_text(f"path\n{pieces / 'one.wav'}\n{pieces / 'two.wav'}\n")
    built(cli, table, index=index)
    table.parent.rename(tmp_path / "away")
    for what in (("update",), ("remove", table)):
        status, _, err = cli("index", *what, "--out", index)
        assert status == 2
        assert f"{table} is not there any more" in err
    (tmp_path / "away").rename(table.parent)
    assert cli("index", "update", "--out", index)[0] == 0
    table.unlink()
    assert cli("index", "update", "--drop-empty", "--out", index)[0] == 0
    assert len(tracks(index)) == 2


def test_a_list_is_removed_with_what_only_it_names(
    tiny_model: Path, pieces: Path, tmp_path: Path, cli: Cli
) -> None:
    table, other, index = tmp_path / "list.csv", tmp_path / "other.csv", tmp_path / "index"
    table.write_text("path\npieces/one.wav\npieces/two.wav\n")
    other.write_text("path\npieces/two.wav\npieces/three.wav\n")
    built(cli, table, other, index=index)
    status, out, _ = cli("index", "remove", table, "--out", index, "--json")
    assert status == 0
    assert (only_json(out)["removed"], set(tracks(index))) == (1, {"two", "three"})
    with open_index(index) as opened:
        assert opened.manifest.sources == (str(other),)
    status, done = built(cli, table, index=index)
    assert (status, done["heard"], done["kept"]) == (0, 1, 1)  # forgotten, so heard again


def test_what_lies_behind_an_address_is_removed_by_it(
    tiny_model: Path, pieces: Path, tmp_path: Path, cli: Cli
) -> None:
    index, url = tmp_path / "index", "https://example.org/songs/one.mp3?x=1"
    built(cli, pieces, index=index)
    with open_index(index) as opened:
        stamp, (held, *_) = opened.stamp, opened.contents()
    with IndexBuilder(index, stamp) as builder:
        late = replace(held[0], id="late", title="Late")
        builder.add(EmbeddedTrack(late, held[1]), url, 1, 1)
        builder.publish()
    assert "Late" in tracks(index)
    status, out, _ = cli("index", "remove", url, "--out", index, "--json")
    assert (status, only_json(out)["removed"]) == (0, 1)
    assert "Late" not in tracks(index)


def test_another_model_does_not_forget_what_lists_name(
    tiny_model: Path, pieces: Path, tmp_path: Path, cli: Cli
) -> None:
    table, index = pieces / "list.csv", tmp_path / "index"
    table.write_text("path\none.wav\ntwo.wav\n")
    built(cli, table, index=index)
    card = (tiny_model / "tiny.toml").read_text()
    (tiny_model / "other.toml").write_text(
        card.replace('"tiny"', '"other"').replace('"tiny-1"', '"other-1"')
    )
    (pieces / "few.csv").write_text("path\none.wav\n")
    model = ("--model", "other", "--out", index)
    status, _, err = cli("index", "build", pieces / "few.csv", *model)
    assert status == 2
    assert f"1 file of other folders, such as {pieces / 'two.wav'}" in err
    assert cli("index", "build", table, *model)[0] == 0


def test_addresses_of_this_machine_are_left_out_and_said(
    tiny_model: Path, pieces: Path, tmp_path: Path, cli: Cli
) -> None:
    table, index = pieces / "list.csv", tmp_path / "index"
    table.write_text("url,title\nhttp://127.0.0.1/x.mp3,X\n,\n")
    status, _, err = cli("index", "build", table, "--out", index)
    assert status == 2
    assert "not one track" in err
    table.write_text("path,url,title\n,http://127.0.0.1/x.mp3,X\none.wav,,\n")
    for _ in range(2):  # it is tried again
        status, done = built(cli, table, index=index)
        assert (status, done["tracks"]) == (1, 1)
        assert [one["path"] for one in done["left_out"]] == ["http://127.0.0.1/x.mp3"]
        assert "outside the public web" in done["left_out"][0]["why"]


def test_folders_of_gtzan_are_labels_and_a_broken_file_is_listed(
    tiny_model: Path, tmp_path: Path, cli: Cli
) -> None:
    genres, index = tmp_path / "gtzan" / "genres", tmp_path / "index"
    for number, genre in enumerate(("blues", "jazz")):
        write_piece(genres / genre / f"{genre}.00000.wav", 300 + 900 * number, seed=number)
        write_piece(genres / genre / f"{genre}.00001.wav", 200 + 900 * number, seed=number + 5)
    sound, rate = soundfile.read(genres / "jazz" / "jazz.00000.wav")
    soundfile.write(genres / "jazz" / "jazz.00002.au", sound[: rate * 4], rate)
    (genres / "jazz" / "jazz.00054.wav").write_bytes(b"\0" * 2_000)
    status, done = built(cli, tmp_path / "gtzan", index=index)
    assert (status, done["tracks"]) == (1, 5)
    assert [Path(one["path"]).name for one in done["left_out"]] == ["jazz.00054.wav"]
    found = tracks(index)
    assert {title: track.labels for title, track in found.items()} == {
        "blues.00000": ("blues",),
        "blues.00001": ("blues",),
        "jazz.00000": ("jazz",),
        "jazz.00001": ("jazz",),
        "jazz.00002": ("jazz",),
    }
    assert {(track.artist, track.album, track.source) for track in found.values()} == {
        ("", "", "gtzan")
    }


def test_tracks_of_the_archive_and_of_spotify_bear_their_names(
    tiny_model: Path, pieces: Path, tmp_path: Path, cli: Cli
) -> None:
    fma, index = tmp_path / "fma", tmp_path / "index"
    audio = fma / "fma_small" / "000" / "000002.mp3"
    audio.parent.mkdir(parents=True)
    shutil.move(pieces / "one.wav", audio)
    (fma / "fma_metadata").mkdir()
    (fma / "fma_metadata" / "tracks.csv").write_text(
        ",album,artist,track,track,track\n,title,name,genre_top,genres,title\ntrack_id,,,,,\n"
        "2,A Way Of Life,AWOL,Hip-Hop,[21],Food\n"
    )
    previews = tmp_path / "previews"
    previews.mkdir()
    shutil.move(pieces / "two.wav", previews / "0BjC1NfoEOOusryehmNudP.mp3")
    table = tmp_path / "SpotifyFeatures.csv"
    table.write_text(
        "genre,artist_name,track_name,track_id\n"
        "R&B,Someone,Perdu,0BjC1NfoEOOusryehmNudP\nSoul,Someone,Perdu,0BjC1NfoEOOusryehmNudP\n"
        "Soul,Someone,Elsewhere,0BjC1NfoEOOusryehmNudQ\n"
    )
    status, out, err = cli("index", "build", fma, previews, table, "--out", index)
    assert status == 0
    assert re.search(r"^2 files heard", out, re.MULTILINE)
    assert "SpotifyFeatures.csv tells of 1 track here, and of 1 without a file." in err
    found = tracks(index)
    assert set(found) == {"Food", "Perdu"}
    food, perdu = found["Food"], found["Perdu"]
    assert (food.artist, food.album, food.labels, food.source) == (
        "AWOL",
        "A Way Of Life",
        ("Hip-Hop",),
        "fma",
    )
    assert (perdu.artist, perdu.labels, perdu.source) == ("Someone", ("R&B", "Soul"), "spotify")
    assert perdu.url == "https://open.spotify.com/track/0BjC1NfoEOOusryehmNudP"
    status, _, err = cli("index", "build", table, "--out", index)
    assert status == 2
    assert "Name the folder with the audio, too." in err
