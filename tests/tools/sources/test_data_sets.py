"""FMA, GTZAN and Spotify's features: what they say of the files they mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.types import CatalogueError, Track
from tools.sources.fma import find_tracks, is_tracks, read_fma, track_number
from tools.sources.gather import gather
from tools.sources.gtzan import read_gtzan
from tools.sources.known import Known
from tools.sources.spotify import read_spotify

TRACKS = """\
,album,album,artist,artist,set,track,track,track,track,track
,comments,title,bio,name,subset,genre_top,genres,genres_all,title,number
track_id,,,,,,,,,,
2,0,AWOL - A Way Of Life,"<p>A bio,
in ""lines""</p>",AWOL,small,Hip-Hop,[21],[21],Food,3
3,0,Second,,AWOL,medium,,"[10, 21, 999]","[10, 21]",Electric Ave,4
5,0,Third,,Nobody,large,,"[__import__('os')]",[],,5
"""
GENRES = """\
genre_id,#tracks,parent,title,top_level
10,9,0,Pop,10
21,8,0,Hip-Hop,21
"""
FEATURES = """\
genre,artist_name,track_name,track_id,popularity
Movie,Henri Salvador,C'est beau,0BRjO6ga9RKCKjfDqeFgWV,0
R&B,Martin & les fées,Perdu,0BjC1NfoEOOusryehmNudP,1
Soul,Martin & les fées,Perdu,0BjC1NfoEOOusryehmNudP,1
"""


@pytest.fixture
def fma(tmp_path: Path) -> Path:
    """Make the data set as it is unpacked, with the files of two tracks."""
    place = tmp_path / "fma"
    (place / "fma_metadata").mkdir(parents=True)
    (place / "fma_metadata" / "tracks.csv").write_text(TRACKS)
    (place / "fma_metadata" / "genres.csv").write_text(GENRES)
    for name in ("fma_small/000/000002.mp3", "fma_small/000/000003.mp3", "fma_small/000/other.mp3"):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).touch()
    return place


def test_tracks_of_the_archive_are_known_by_their_places(fma: Path) -> None:
    assert track_number(fma / "fma_small/000/000002.mp3") == 2
    assert track_number(fma / "fma_large/155/155320.mp3") == 155_320
    for name in ("000/000002.txt.d/x.mp3", "001/000002.mp3", "000/2.mp3", "000/0000002.mp3"):
        assert track_number(fma / name) is None


def test_the_table_of_the_archive_is_read(fma: Path) -> None:
    table = fma / "fma_metadata" / "tracks.csv"
    assert is_tracks(table)
    assert not is_tracks(fma / "fma_metadata" / "genres.csv")
    assert read_fma(table, {2, 3, 5, 7}).known == {
        2: Known("Food", "AWOL", "AWOL - A Way Of Life", ("Hip-Hop",), source="fma"),
        3: Known("Electric Ave", "AWOL", "Second", ("Pop", "Hip-Hop"), source="fma"),
        5: Known(None, "Nobody", "Third", source="fma"),
    }
    (fma / "fma_metadata" / "genres.csv").unlink()
    assert read_fma(table, {3}) == (
        {3: Known("Electric Ave", "AWOL", "Second", source="fma")},
        2,
    )


@pytest.mark.parametrize("named", [".", "fma_small"])
def test_a_folder_of_the_archive_brings_its_table(fma: Path, named: str) -> None:
    assert find_tracks(fma / named) == fma / "fma_metadata" / "tracks.csv"
    found = gather([fma / named])
    small = fma / "fma_small" / "000"
    assert found.files == [small / "000002.mp3", small / "000003.mp3", small / "other.mp3"]
    assert {path.name: known.title for path, known in found.known.items()} == {
        "000002.mp3": "Food",
        "000003.mp3": "Electric Ave",
    }
    assert found.notes == ["tracks.csv tells of 2 tracks here, and of 1 without a file."]


def test_a_table_alone_names_no_files(fma: Path) -> None:
    table = fma / "fma_metadata" / "tracks.csv"
    with pytest.raises(CatalogueError, match="Name the folder with the audio"):
        gather([table])
    away = fma.parent / "elsewhere"
    (fma / "fma_small").rename(away)
    assert len(gather([table, away]).known) == 2
    assert gather([away]).known == {}


def test_other_folders_bring_nothing(tmp_path: Path) -> None:
    (tmp_path / "tracks.csv").write_text("path,title\na.mp3,One\n")
    (tmp_path / "a.mp3").touch()
    assert find_tracks(tmp_path) is None
    assert gather([tmp_path]).known == {}
    (tmp_path / "tracks.csv").write_bytes(b"\0" * 100)
    assert find_tracks(tmp_path) is None


def test_a_folder_is_the_label_of_its_files(tmp_path: Path) -> None:
    place = tmp_path / "genres" / "jazz"
    assert read_gtzan(place / "jazz.00054.wav") == read_gtzan(place / "jazz.00054.au")
    assert read_gtzan(place / "jazz.00054.wav") == Known(
        "jazz.00054", "", "", ("jazz",), source="gtzan"
    )
    for name in ("blues.00001.wav", "jazz.1.wav", "jazz.00001.extra.wav", "jazz.wav"):
        assert read_gtzan(place / name) is None
    tagged = Track("id", "A title", "An artist", "jazz", artist_known=True, labels=("Rock",))
    known = read_gtzan(place / "jazz.00054.wav")
    assert known
    assert known.of(tagged) == Track("id", "jazz.00054", labels=("jazz",), source="gtzan")


def test_spotifys_genres_are_joined_by_id(tmp_path: Path) -> None:
    table, audio = tmp_path / "SpotifyFeatures.csv", tmp_path / "previews"
    table.write_text(FEATURES, encoding="utf-8-sig")
    assert read_spotify(table, {"0BjC1NfoEOOusryehmNudP"}) == (
        {
            "0BjC1NfoEOOusryehmNudP": Known(
                "Perdu",
                "Martin & les fées",
                labels=("R&B", "Soul"),
                url="https://open.spotify.com/track/0BjC1NfoEOOusryehmNudP",
                source="spotify",
            )
        },
        1,
    )
    with pytest.raises(CatalogueError, match="Name the folder with the audio"):
        gather([table])
    audio.mkdir()
    for name in ("0BjC1NfoEOOusryehmNudP.mp3", "unknown.mp3"):
        (audio / name).touch()
    found = gather([table, audio])
    assert [path.name for path in found.files] == ["0BjC1NfoEOOusryehmNudP.mp3", "unknown.mp3"]
    assert [path.name for path in found.known] == ["0BjC1NfoEOOusryehmNudP.mp3"]
    assert found.notes == ["SpotifyFeatures.csv tells of 1 track here, and of 1 without a file."]


def test_what_a_person_writes_counts_most(fma: Path) -> None:
    audio = fma / "fma_small" / "000"
    first, second = fma / "first.csv", fma / "second.jsonl"
    first.write_text(
        "path,title,genre\nfma_small/000/000002.mp3,Feast,Rap\ngone.mp3,Gone,\n,,\nx,y,z,w\n"
    )
    second.write_text(
        f'{{"path": "{audio / "000002.mp3"}", "genre": "Lunch"}}\n'
        '{"url": "https://example.org/x.mp3", "title": "X"}\n'
    )
    found = gather([second, fma, first])
    assert found.known[audio / "000002.mp3"] == Known(
        "Feast", "AWOL", "AWOL - A Way Of Life", ("Rap",), source="list"
    )
    assert len(found.files) == 3
    assert found.listed == [audio / "000002.mp3"] * 2
    assert (found.missing, found.emptied) == ([fma / "gone.mp3"], {})
    address = "https://example.org/x.mp3"
    assert found.links == [address]
    assert found.known[address] == Known("X", url=address, source="list")
    assert found.sources == [fma, second, first]
    assert [(Path(one.path.split(",")[0]).name, one.sentence) for one in found.left_out] == [
        ("first.csv", "It has more cells than the table has columns."),
        ("gone.mp3", "There is no such file; first.csv names it."),
    ]
