"""An answer in a terminal: everything a person needs, nothing a stranger could slip in."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from models.types import ClipHeard, Recommendation, Recommendations, Track
from tools.screen import Screen
from tools.table import answer_lines, similarity_bar

PRISON = Track(
    "11" * 16, "Prison", "Cube Code", artist_known=True, seconds=180, path="/music/prison.ogg"
)
CAVES = Track("22" * 16, "Caves", "", seconds=3700, url="https://example.org/caves")
HEARD = ClipHeard(
    "clip.mp3", 15.0, 30.0, 45.0, "vggish-small", np.zeros((0, 0), np.float32), ("It is short.",)
)


def shown(answer: Recommendations, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False, markup=False, emoji=False)
    for line in answer_lines(answer):
        console.print(line)
    return console.file.getvalue()


def answer(match: float | None = None, same: Track | None = None) -> Recommendations:
    results = (
        Recommendation(1, PRISON, 0.934, 63.2, match),
        Recommendation(2, CAVES, 0.42, 3600.4, match),
    )
    return Recommendations(HEARD, same, results, {"total": 0.1234})


def test_every_part_of_an_answer_is_there() -> None:
    text = shown(answer())
    first = next(line for line in text.splitlines() if "Prison" in line)
    assert first.split()[:2] == ["1", "Prison"]
    assert "Cube Code" in first
    assert "0.934" in first
    assert first.rstrip().endswith("1:03")
    assert "/music/prison.ogg" in text
    assert "1:00:00" in text
    assert "https://example.org/caves" in text
    assert "0:30–0:45" in text
    assert "It is short." in text
    assert "match" not in text
    assert "This is" not in text


def test_match_and_same_are_shown_when_known() -> None:
    text = shown(answer(match=0.83, same=CAVES))
    assert "match" in text
    assert "83 %" in text
    assert "This is Caves (left out below)" in text


def test_no_results_are_a_sentence() -> None:
    text = shown(Recommendations(HEARD, None, (), {}))
    assert "Nothing in this index can be compared with it." in text
    text = shown(Recommendations(HEARD, PRISON, (), {}))
    assert "This is Prison by Cube Code" in text
    assert "There is nothing else in this index." in text
    assert "compared" not in text


def test_a_path_stays_whole_and_the_table_narrow_in_any_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "60")
    path = "/music/" + "a long name of a folder/" * 5 + "track.ogg"
    track = Track("55" * 16, "Far away", path=path)
    results = (Recommendation(1, track, 0.5, 0.0), Recommendation(2, CAVES, 0.4, 0.0))
    Screen(as_json=False).show(*answer_lines(Recommendations(HEARD, None, results, {})))
    lines = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out).splitlines()
    assert lines[-5:] == [
        "",
        "where it is, and its id to ask for more like it",
        f"1  {path}  track:{'55' * 6}",
        f"2  {CAVES.url}  track:{'22' * 6}",
        "It is short.",
    ]
    assert all(len(line) <= 60 for line in lines[:-3])


def test_names_cannot_forge_a_row() -> None:
    track = Track("66" * 16, "new\nline", "a\nb", path="/music/new\nline.wav")
    text = shown(Recommendations(HEARD, None, (Recommendation(1, track, 0.5, 0.0),), {}))
    assert "new�line " in text
    assert "/music/new�line.wav  track:" in text


def test_tags_cannot_steer_the_terminal_or_the_markup() -> None:
    evil = Track("33" * 16, "\x1b[31mred\x07 [bold]x[/bold]\u202e", "a\rb", path="/x\udcff.mp3")
    text = shown(Recommendations(HEARD, evil, (Recommendation(1, evil, 0.5, 0.0),), {}))
    assert not set(text) & {"\x1b", "\x07", "\r", "\u202e", "\udcff"}
    assert "[bold]x[/bold]" in text


def test_paths_are_shown_from_here_where_that_is_shorter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    track = Track("44" * 16, "Near", path=str(tmp_path / "music" / "near.ogg"))
    text = shown(Recommendations(HEARD, None, (Recommendation(1, track, 0.5, 0.0),), {}))
    assert "  music/near.ogg" in text


@pytest.mark.parametrize(
    ("similarity", "cells"),
    [(1.0, "████████"), (0.5, "████"), (0.0, ""), (-0.4, ""), (1.1, "████████")],
)
def test_the_bar_fills_from_zero_to_one(similarity: float, cells: str) -> None:
    number, _, bar = similarity_bar(similarity).plain.strip().partition(" ")
    assert float(number) == pytest.approx(similarity)
    assert bar.strip() == cells
