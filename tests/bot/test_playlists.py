"""Playlists as files, and lists of liked songs read back; standard readers are the judges."""

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.playlists.formats import FORMATS, file_name, write_csv, write_jspf, write_m3u8, write_xspf
from bot.playlists.matching import match_wishes
from bot.playlists.playlist import Playlist, playlist_of_results, playlist_of_tracks
from bot.playlists.wishes import MOST_WISHES, Wish, read_wishes
from index.opened import open_index
from models.types import ClipError, Recommendation, Track
from tests.index.making import build, random_track

SONG = Track(
    "a1b2",
    "Blue, in Green",
    "Ada & the Loops",
    "First",
    seconds=83.4,
    labels=("Jazz", "Calm"),
    url="https://example.org/a?b=1&c=2",
    path="music/secret folder/blue.flac",
)
FILE = Track("c3d4", "#1 Hit", path="music/secret folder/#1 hit.mp3")
BARE = Track("e5f6", "Lost")
RESULTS = playlist_of_results(
    "Sounds like \u201cRain\u201d", [Recommendation(1, SONG, 0.91, 12.0, 0.87)]
)
TRACKS = playlist_of_tracks("Mine", [SONG, FILE, BARE])


def test_an_m3u8_has_names_lengths_and_places() -> None:
    assert write_m3u8(TRACKS).decode().splitlines() == [
        "#EXTM3U",
        "#PLAYLIST:Mine",
        "#EXTINF:83,Ada & the Loops - Blue, in Green",
        "#EXTALB:First",
        "https://example.org/a?b=1&c=2",
        "#EXTINF:-1,#1 Hit",
        "./#1 hit.mp3",
        "#EXTINF:-1,Lost",
    ]


@pytest.mark.parametrize("ending", FORMATS)
def test_no_file_tells_where_the_host_keeps_the_music(ending: str) -> None:
    assert b"secret" not in FORMATS[ending](TRACKS)


def test_an_xspf_is_xml_with_the_elements_in_their_order() -> None:
    root = ET.fromstring(write_xspf(RESULTS))
    track = root[2][0]
    names = [element.tag.rpartition("}")[2] for element in track]
    assert root.tag == "{http://xspf.org/ns/0/}playlist"
    assert root[0].text == "Sounds like \u201cRain\u201d"
    assert names == [
        *("location", "identifier", "title", "creator", "annotation", "album", "duration")
    ]
    assert [track[0].text, track[2].text, track[6].text] == [SONG.url, SONG.title, "83400"]


def test_a_jspf_says_the_same_as_json() -> None:
    content = json.loads(write_jspf(TRACKS))["playlist"]
    assert content["title"] == "Mine"
    assert content["track"][0]["location"] == [SONG.url]
    assert content["track"][0]["duration"] == 83400
    assert content["track"][2] == {"identifier": "urn:soundalike:e5f6", "title": "Lost"}


def test_a_csv_has_the_figures_of_the_search() -> None:
    (row,) = csv.DictReader(io.StringIO(write_csv(RESULTS).decode("utf-8-sig")))
    assert row["title"] == "Blue, in Green"
    assert row["genres"] == "Jazz; Calm"
    assert (row["similarity"], row["match"], row["sounds_like_it_at"]) == ("0.910", "0.870", "12.0")


def test_a_negative_similarity_stays_a_number_and_a_formula_becomes_text() -> None:
    evil = Track("1", '=HYPERLINK("http://example.org")', "@SUM(1)")
    rows = playlist_of_results("x", [Recommendation(1, evil, -0.2, 0.0)])
    (row,) = csv.DictReader(io.StringIO(write_csv(rows).decode("utf-8-sig")))
    assert row["similarity"] == "-0.200"
    assert row["title"].startswith("'=")
    assert row["artist"].startswith("'@")


@given(st.text(), st.text())
def test_every_format_holds_whatever_a_title_holds(title: str, artist: str) -> None:
    playlist = Playlist(title, playlist_of_tracks("", [Track("1", title, artist)]).entries)
    for ending, write in FORMATS.items():
        assert write(playlist)
        assert file_name(playlist, ending).isascii()
    ET.fromstring(write_xspf(playlist))
    assert len(write_m3u8(playlist).decode().splitlines()) <= 3


def test_a_file_is_named_by_its_title_in_plain_letters() -> None:
    assert file_name(RESULTS, "xspf") == "sounds-like-rain.xspf"
    assert file_name(Playlist("\u97f3\u697d", ()), "csv") == "playlist.csv"
    assert file_name(Playlist("Été … ../../etc", ()), "csv") == "ete-etc.csv"


@pytest.mark.parametrize(
    "text",
    [
        '"Track URI","Track Name","Artist Name(s)"\n"spotify:1","Karma Police","Radiohead"\n',
        "Video ID,Song Title,Album Title,Artist Name 1\nabc,Karma Police,OK Computer,Radiohead\n",
        "title;artist\nKarma Police;Radiohead\n",
        "#EXTM3U\n#EXTINF:261,Radiohead - Karma Police\nC:\\Music\\06.mp3\n",
        "#EXTM3U\nhttps://example.org/06%20Radiohead%20-%20Karma%20Police.mp3\n",
        '<playlist version="1" xmlns="http://xspf.org/ns/0/"><trackList><track>'
        "<title>Karma Police</title><creator>Radiohead</creator></track></trackList></playlist>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_lists_of_other_services_are_read(text: str, encoding: str) -> None:
    assert read_wishes(text.encode(encoding)) == (Wish("Karma Police", "Radiohead"),)


@pytest.mark.parametrize("ending", ["m3u8", "xspf", "csv"])
def test_what_was_written_is_read_back(ending: str) -> None:
    titles = [wish.title for wish in read_wishes(FORMATS[ending](TRACKS))]
    assert titles == ["Blue, in Green", "#1 Hit", "Lost"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\xff" * 50,
        b"a,b\n1,2\n",
        b"<html><body>no</body></html>",
        b"<playlist><track>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><x><track><title>&a;</title></track></x>',
    ],
)
def test_what_names_no_song_is_refused_with_what_to_give(data: bytes) -> None:
    with pytest.raises(ClipError, match="CSV with a column"):
        read_wishes(data)


def test_a_list_is_read_up_to_its_bounds() -> None:
    rows = "title\n" + "\n".join(f"song {number}" for number in range(MOST_WISHES + 10))
    assert len(read_wishes(rows.encode())) == MOST_WISHES
    with pytest.raises(ClipError, match="MB"):
        read_wishes(b"title\n" + b"x" * 5_000_000)


@given(st.binary(max_size=400))
def test_no_list_of_any_bytes_breaks_the_reader(data: bytes) -> None:
    for beginning in (b"", b"<", b"title\n", b"#EXTM3U\n"):
        try:
            wishes = read_wishes(beginning + data)
        except ClipError:
            continue
        assert all(wish.title for wish in wishes)


def test_a_wish_is_found_by_its_names_however_they_are_written(tmp_path: Path) -> None:
    songs = (
        Track("1" * 32, "Für Élise", "Ludwig van Beethoven"),
        Track("2" * 32, "Karma Police (Remastered)", "Radiohead"),
        Track("3" * 32, "Intro", "Someone Else"),
    )
    wishes = (
        Wish("Fur Elise", "Beethoven, Ludwig van Beethoven"),
        Wish("Karma Police - Live", "RADIOHEAD"),
        Wish("Intro", "The xx"),
        Wish("fur elise"),
    )
    rng = np.random.default_rng(1)
    tracks = [random_track(song.id, rng, title=song.title, artist=song.artist) for song in songs]
    build(tmp_path, tracks)
    with open_index(tmp_path) as index:
        matched = match_wishes(wishes, index)
    assert [track.title for track in matched.found] == ["Für Élise", "Karma Police (Remastered)"]
    assert matched.missing == (Wish("Intro", "The xx"),)


def test_what_an_extension_of_a_track_says_is_not_its_title() -> None:
    track = "<track><title>Rain</title><extension><title>No</title></extension></track>"
    assert read_wishes(f"<playlist>{track}</playlist>".encode()) == (Wish("Rain"),)
    assert read_wishes(f"<playlist>{track}<track>".encode()) == (Wish("Rain"),)
