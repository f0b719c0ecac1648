"""Labelled recordings are laid out by what they are, and soundtracks by their game."""

from __future__ import annotations

from pathlib import Path

import mutagen.flac

from tests.tools.conftest import write_piece
from tools.train.reference import genres, lay_out


def linked(out: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for link in sorted(out.glob("*/*/*")):
        assert link.is_symlink()
        found.setdefault(f"{link.parent.parent.name}/{link.parent.name}", []).append(link.name)
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
    tags.save()
    listing = data / "music/Jamendo/JamendoLyrics.csv"
    listing.write_text("URL,Filepath,Artist,Genre\nx,listed.flac,y,Hip-Hop\n")
    expected = {
        "instruments/flute": ["a.flac"],
        "kinds of sound/Rain": ["4-1.flac"],
        "music/Neverball": ["track.flac"],
        "music/hip-hop": ["listed.flac"],
        "music/pop": ["tagged.flac"],
        "music/rock": ["tagged.flac"],
    }
    for _ in range(2):  # it can be done again
        counts = lay_out(data, tmp_path / "out")
        assert counts == {"kinds of sound": 1, "instruments": 1, "music": 3}
        assert linked(tmp_path / "out") == expected


def test_genres_are_known_by_parts_of_their_names() -> None:
    assert set(genres(("Psych-Rock", "Alt. Hip Hop"))) == {"rock", "hip-hop"}
    assert set(genres(("Other", "Chillout"))) == set()
