"""`soundalike ask` on a real index with real sound."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.tools.conftest import Cli, make_music, make_tiny_model, only_json, write_piece
from tools.cli import run


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_music(tmp_path_factory.mktemp("ask") / "music")


@pytest.fixture(scope="module")
def built(music: Path) -> Path:
    """Build one index for all tests here: none of them changes it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOUNDALIKE_HOME", str(music.parent / "home"))
        patch.setenv("SOUNDALIKE_MODEL", "tiny")
        make_tiny_model(music.parent / "home")
        assert run(["index", "build", str(music), "--out", str(music.parent / "index")]) == 0
    return music.parent / "index"


@pytest.fixture
def index(built: Path, tiny_model: Path) -> Path:
    """Return an index of the tiny model's that can be asked now."""
    return built


def test_json_has_the_documented_shape(index: Path, tmp_path: Path, cli: Cli) -> None:
    clip = tmp_path / "clip.wav"
    write_piece(clip, 1030, seed=99)
    status, out, _ = cli("ask", clip, "--index", index, "-n", 3, "--json")
    assert status == 0
    answer = only_json(out)
    assert set(answer) == {"clip", "is", "results", "timing"}
    assert set(answer["clip"]) == {"seconds", "start", "end", "model"}
    assert answer["clip"]["model"] == "tiny"
    assert answer["clip"]["seconds"] == pytest.approx(12, abs=0.1)
    assert answer["is"] is None
    assert [result["rank"] for result in answer["results"]] == [1, 2, 3]
    for result in answer["results"]:
        assert set(result) == {
            *("rank", "track", "title", "artist", "similarity", "match", "at", "url", "labels")
        }
        assert result["match"] is None
        assert -1 <= result["similarity"] <= 1
        assert 0 <= result["at"] <= 12
    ranked = [result["similarity"] for result in answer["results"]]
    assert ranked == sorted(ranked, reverse=True)
    assert all(seconds >= 0 for seconds in answer["timing"].values())
    assert "total" in answer["timing"]


def test_what_sounds_alike_comes_first(index: Path, tmp_path: Path, cli: Cli) -> None:
    for hertz, band in ((184, "Low"), (1030, "Middle"), (4400, "High")):
        clip = tmp_path / f"{band}.wav"
        write_piece(clip, hertz, seed=99)
        answer = only_json(cli("ask", clip, "--index", index, "--json")[1])
        assert [result["artist"] for result in answer["results"][:2]] == [f"{band} Band"] * 2


def test_answers_are_narrowed(index: Path, tmp_path: Path, cli: Cli) -> None:
    clip = tmp_path / "clip.wav"
    write_piece(clip, 184, seed=99)

    def found(*arguments: object) -> list[str]:
        status, out, _ = cli("ask", clip, "--index", index, "--json", *arguments)
        assert status == 0
        return [result["artist"] for result in only_json(out)["results"]]

    assert found("--artist", "HIGH band") == ["High Band"] * 2
    both = found("--artist", "high band", "--artist", "middle band", "-n", 3)
    assert len(both) == 3
    assert set(both) == {"High Band", "Middle Band"}
    assert len(found("--source", "folder")) == 6
    status, _, err = cli("ask", clip, "--index", index, "--genre", "polka")
    assert status == 2
    assert "No track of this catalogue has the label “polka”." in err


def test_a_track_of_the_index_is_named_and_left_out(index: Path, music: Path, cli: Cli) -> None:
    asked = music / "Low" / "Low Band - Take 1.flac"
    status, out, _ = cli("ask", asked, "--index", index)
    assert status == 0
    assert "This is Take 1 by Low Band (left out below)" in out
    lines = [line for line in out.splitlines() if re.match(r" *\d ", line)]
    rows, places = lines[:5], lines[5:]
    assert len(rows) == len(places) == 5
    where, known = places[0].rsplit("  ", 1)
    assert where.endswith("/Low/Low Band - Take 2.flac")
    status, out, _ = cli("ask", known, "--index", index)
    assert status == 0
    assert out.startswith("Take 2")
    assert "Take 2" in rows[0]
    assert "Low Band" in rows[0]


def test_a_part_of_the_clip(index: Path, music: Path, cli: Cli) -> None:
    asked = music / "High" / "High Band - Take 2.flac"
    out = cli("ask", asked, "--start", "0:02", "--end", "11s", "--index", index, "--json")[1]
    assert only_json(out)["clip"]["start"] == 2
    assert only_json(out)["clip"]["end"] == pytest.approx(11, abs=0.1)
    assert only_json(out)["clip"]["seconds"] == pytest.approx(9, abs=0.1)


def test_a_track_asks_for_its_like(index: Path, music: Path, cli: Cli) -> None:
    first = only_json(
        cli("ask", music / "Low" / "Low Band - Take 1.flac", "--index", index, "--json")[1]
    )
    track = first["is"]["track"]
    again = only_json(cli("ask", f"track:{track[:8]}", "--index", index, "--json")[1])
    assert [r["track"] for r in again["results"]] == [r["track"] for r in first["results"]]
    status, _, err = cli("ask", f"track:{track}", "--start", "3", "--index", index)
    assert status == 2
    assert "leave out the times" in err
    status, _, err = cli("ask", "track:ffffnothing", "--index", index)
    assert (status, "No track's id begins with" in err) == (2, True)


def test_what_cannot_be_asked_is_a_sentence(
    index: Path, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.mp3"
    broken.write_bytes(b"this is no sound" * 100)
    problems = {
        ("ask", tmp_path / "absent.wav", "--index", index): "no such file",
        ("ask", tmp_path, "--index", index): "That is a folder",
        ("ask", broken, "--index", index): "no sound in the file that can be read",
        ("ask", broken, "--start", "soon", "--index", index): "not a time",
        ("ask", broken, "--start", "5", "--end", "3", "--index", index): "end has to come after",
        ("ask", "http://127.0.0.1/x.wav", "--index", index): "outside the public web",
        ("ask", broken, "--index", tmp_path / "nowhere"): "no index",
        ("ask", broken, "--index", index, "--model", "other"): "no model named",
        ("ask", broken, "-n", "0"): "not in the range",
        ("ask", "~nobody-here/x.wav", "--index", index): "no home folder for ~nobody-here/x.wav",
    }
    for arguments, words in problems.items():
        status, out, err = cli(*arguments)
        assert (status, out) == (2, "")
        assert words in err
        assert "Traceback" not in err
        error = only_json(cli(*arguments, "--json")[1])
        assert words in error["error"]
        assert error["fix"]


def test_the_index_of_another_space_is_refused(index: Path, tiny_model: Path, cli: Cli) -> None:
    card = (tiny_model / "tiny.toml").read_text()
    other = card.replace('"tiny"', '"other"').replace('"tiny-1"', '"other-1"')
    (tiny_model / "other.toml").write_text(other)
    status, _, err = cli("ask", "track:0000", "--index", index, "--model", "other")
    assert status == 2
    assert "cannot be compared" in err
    assert "SOUNDALIKE_MODEL=tiny" in err
