"""What is calibrated on is laid out by what it is, and none of it took part in training."""

from __future__ import annotations

from pathlib import Path

import mutagen.flac
import numpy as np
import soundfile

from tests.tools.conftest import write_piece
from tools.train.reference import PIECE_SECONDS, PIECES, genres, lay_out


def laid_out(out: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for file in sorted(path for path in out.rglob("*") if path.suffix == ".flac"):
        found.setdefault(str(file.parent.relative_to(out)), []).append(file.name)
    return found


def test_each_set_has_a_folder_for_each_label(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for name in (
        "esc10/Rain/4-1.flac",
        "esc10/Rain/1-1.flac",
        "philharmonia/flute/a.flac",
        "philharmonia/oboe/a.flac",
        "music/FMA/tagged.flac",
        "music/FMA/untagged.flac",
        "music/Jamendo/listed.flac",
        "music/Neverball/track.flac",
        "music/librosa/other.flac",
    ):
        write_piece(data / name, 300, seed=1, seconds=1)
    tags = mutagen.flac.FLAC(data / "music/FMA/tagged.flac")
    tags["genre"] = ["Post Punk & Dutch Pop", "odd"]
    tags["artist"] = ["AC/DC"]
    tags.save()
    listing = data / "music/Jamendo/JamendoLyrics.csv"
    listing.write_text("URL,Filepath,Artist,Genre\nx,listed.flac,y,Hip-Hop\n")
    pieces = [f"{number}.flac" for number in range(1, PIECES + 1)]
    expected = {
        "genres/hip-hop": ["listed.flac"],
        "genres/pop": ["tagged.flac"],
        "genres/rock": ["tagged.flac"],
        "instruments/flute": ["a.flac"],
        "kinds of sound/Rain": ["4-1.flac"],
        "music/FMA": ["tagged.flac", "untagged.flac"],
        "music/Jamendo": ["listed.flac"],
        "songs/listed/listed": pieces,
        "songs/tagged/AC DC": pieces,
        "songs/untagged/untagged": pieces,
    }
    for _ in range(2):  # it can be done again
        counts = lay_out(data, tmp_path / "out")
        assert counts == {
            "instruments": 1,
            "songs": 3,
            "genres": 2,
            "music": 3,
            "kinds of sound": 1,
        }
        assert laid_out(tmp_path / "out") == expected


def test_pieces_are_spread_over_a_song(tmp_path: Path) -> None:
    rate = 8_000
    song = tmp_path / "data" / "music" / "FMA" / "song.wav"
    song.parent.mkdir(parents=True)
    # Every sample says where it is.
    soundfile.write(song, np.linspace(-1, 1, 120 * rate), rate, subtype="PCM_24")
    lay_out(tmp_path / "data", tmp_path / "out")
    starts = []
    for number in range(1, PIECES + 1):
        piece, _ = soundfile.read(tmp_path / "out" / "songs" / "song" / "song" / f"{number}.flac")
        assert len(piece) == round(PIECE_SECONDS * rate)
        starts.append((piece[0] + 1) * 60)
    gap = (120 - PIECE_SECONDS) / PIECES
    np.testing.assert_allclose(starts, gap * (np.arange(PIECES) + 0.5), atol=0.01)


def test_genres_are_known_by_parts_of_their_names() -> None:
    assert set(genres(("Psych-Rock", "Alt. Hip Hop"))) == {"rock", "hip-hop"}
    assert set(genres(("Other", "Chillout"))) == set()
