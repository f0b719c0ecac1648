"""Pieces as files: tagged, made once, safe to interrupt."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile

from tools.synth import RATE, Piece, strangers, synthesise, write_pieces
from tools.synth.score import Song


@pytest.fixture
def short() -> list[Piece]:
    """Return two pieces of two bars, quick to make."""
    return [
        replace(piece, song=replace(piece.song, bars=2))
        for piece in strangers()
        if piece.kind.name in {"Bass", "Organ"}
    ]


def test_files_hold_the_samples_and_the_tags(short: list[Piece], tmp_path: Path) -> None:
    written = dict(write_pieces(short, tmp_path, 1))
    for piece, path in written.items():
        samples, rate = soundfile.read(path)
        assert rate == RATE
        np.testing.assert_allclose(samples, synthesise(piece), atol=1 / 32768)
        tags = mutagen.File(path, easy=True)
        assert tags["artist"] == [piece.by]
        assert tags["title"] == [piece.title]
        assert tags["genre"] == [piece.kind.name]
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == sorted(
        path.name for path in written.values()
    )


def test_a_second_time_leaves_what_is_there_and_makes_what_is_not(
    short: list[Piece], tmp_path: Path
) -> None:
    kept, broken = [path for _, path in write_pieces(short, tmp_path, 1)]
    before = kept.stat().st_mtime_ns
    broken.write_bytes(b"not music")
    assert {path for _, path in write_pieces(short, tmp_path, 1)} == {kept, broken}
    assert kept.stat().st_mtime_ns == before
    assert soundfile.info(broken).samplerate == RATE


def test_two_processes_write_what_one_does(short: list[Piece], tmp_path: Path) -> None:
    alone = [path for _, path in write_pieces(short, tmp_path / "one", 1)]
    both = {path.name: path for _, path in write_pieces(short, tmp_path / "two", 2)}
    for path in alone:
        assert both[path.name].read_bytes() == path.read_bytes()


def test_titles_say_key_and_tempo() -> None:
    piece = replace(strangers()[0], song=Song(3, "minor", 96, 2, (0,)))
    assert (piece.by, piece.title) == ("Demo Strings D", "Strings in E flat minor, 96 bpm")
