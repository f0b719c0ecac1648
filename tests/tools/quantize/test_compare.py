"""The report on known cases: the same file, a good one, a broken one; and how it is shown."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from rich.console import Console

from index.opened import open_index
from models.card import ModelCard
from models.types import EmbeddedTrack, ModelError, Track
from tests.index.making import build
from tests.tools.quantize.making import described, pieces, write_model
from tools.quantize.asking import Sounds, ask_among
from tools.quantize.catalogues import AnIndex, TheSounds
from tools.quantize.compare import _hear, compare
from tools.quantize.quantise import quantise_model
from tools.quantize.report import Cosines, QuantisationReport, Speed, report_as_json, report_lines
from tools.quantize.sounds import Sound
from tools.quantize.telling import silently

AMONG = TheSounds("24 made-up pieces")


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> ModelCard:
    return write_model(tmp_path_factory.mktemp("models"))


def broken(card: ModelCard, out: Path) -> Path:
    """Write the network with all its weights in disorder."""
    model = onnx.load(card.file.path)
    for stored in model.graph.initializer:
        if "_weight" in stored.name:
            values = numpy_helper.to_array(stored)
            mixed = np.random.default_rng(5).permutation(values.ravel()).reshape(values.shape)
            stored.CopyFrom(numpy_helper.from_array(mixed, stored.name))
    onnx.save(model, out)
    return out


def test_the_same_file_is_the_same(card: ModelCard) -> None:
    report = compare(card, card.file, card.file, pieces(), AMONG)
    assert report.cosine.worst == pytest.approx(1, abs=1e-6)
    assert report.centred == report.cosine  # its mean is zero
    assert report.overlap == 1
    assert report.fits
    assert (report.asked, report.patches) == (24, 72)
    assert {speed.threads for speed in report.speeds} <= {1, 2}
    assert all(speed.ratio > 0 for speed in report.speeds)


def test_an_int8_file_is_near(card: ModelCard, tmp_path: Path) -> None:
    out = tmp_path / "int8.onnx"
    quantise_model(card.file.path, out, [each.patches() for each in pieces()])
    report = compare(card, card.file, described(out), pieces(), AMONG)
    assert 0.98 < report.cosine.worst <= report.cosine.median < 1
    assert 0.8 < report.overlap <= 1
    assert report.candidate_bytes == out.stat().st_size


def test_a_broken_file_is_said_to_be_unfit(card: ModelCard, tmp_path: Path) -> None:
    report = compare(card, card.file, described(broken(card, tmp_path / "b.onnx")), pieces(), AMONG)
    assert report.overlap < 0.9
    assert report.cosine.median < 0.9
    assert not report.fits
    assert "It finds too little of the same, less than 95%: it is not used." in shown(report)


def test_the_mean_of_the_card_is_taken_off_for_the_centred_cosine(
    card: ModelCard, tmp_path: Path
) -> None:
    other = described(broken(card, tmp_path / "broken.onnx"))
    one, two = (
        np.concatenate([each.embeddings for each in _hear(card, file, pieces(), silently)])
        for file in (card.file, other)
    )
    mean = one.mean(axis=0)
    one, two = one - mean, two - mean
    expected = (one * two).sum(axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(two, axis=1)
    report = compare(replace(card, mean=tuple(mean.tolist())), card.file, other, pieces(), AMONG)
    assert report.centred.median == pytest.approx(np.median(expected), abs=1e-4)
    assert report.centred.worst == pytest.approx(expected.min(), abs=1e-4)
    assert report.centred.median != pytest.approx(report.cosine.median, abs=1e-3)


def test_silence_is_not_asked_and_silence_alone_is_refused(card: ModelCard) -> None:
    silence = Sound("silence", np.zeros(48_000, np.float32))
    report = compare(card, card.file, card.file, [*pieces(), silence], AMONG)
    assert report.asked == 24
    with pytest.raises(ModelError, match="Nothing can be heard"):
        compare(card, card.file, card.file, [silence], AMONG)


def test_the_share_is_of_what_the_first_file_finds(
    card: ModelCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([[("a", "b"), ("c", "d"), ()], [("a", "c"), ("d", "c"), ("a",)]])
    monkeypatch.setattr(TheSounds, "nearest", lambda *_: next(answers))
    assert compare(card, card.file, card.file, pieces(), AMONG).overlap == 0.75


def test_a_sound_is_not_among_its_own_nearest(card: ModelCard) -> None:
    heard = _hear(card, card.file, pieces(), silently)
    for each, found in zip(heard, AMONG.nearest(heard, 10), strict=True):
        assert len(set(found)) == 10
        assert each.name not in found


def test_an_index_is_asked_for_what_sounds_like_its_tracks(card: ModelCard, tmp_path: Path) -> None:
    heard = _hear(card, card.file, pieces(), silently)
    tracks = [
        EmbeddedTrack(Track(each.name, each.name, seconds=each.seconds), each.windows)
        for each in heard
    ]
    build(tmp_path / "index", tracks, card.stamp(card.file))
    with open_index(tmp_path / "index") as index:
        among = AnIndex(index)
        report = compare(card, card.file, card.file, pieces(), among)
        assert report.overlap == 1
        assert report.catalogue == f"the 24 tracks of {tmp_path / 'index'}"
        for each, found in zip(heard, among.nearest(heard, 10), strict=True):
            assert each.name not in found
            assert found
        # None of its tracks' files is there, so the sounds are asked among themselves.
        questions = ask_among(index, Sounds(list(pieces()), "24 sounds"))
        assert isinstance(questions.catalogue, TheSounds)


def test_a_report_is_json_and_a_table() -> None:
    report = QuantisationReport(
        *("vggish", "fp16", "int8", 144_000_000, 72_000_000, 1_143),
        *(Cosines(0.9991, 0.97), Cosines(0.998, 0.96), 0.981, 56, "56 pieces"),
        (Speed(1, 16.0, 4.0), Speed(2, 9.0, 3.0)),
    )
    answer = json.loads(json.dumps(report_as_json(report)))
    assert answer["fits"] is True
    assert [speed["ratio"] for speed in answer["speeds"]] == [4, 3]
    assert answer["cosine"] == {"median": 0.9991, "worst": 0.97}
    text = shown(report)
    for part in ("98.1%", "56 sounds asked among 56 pieces", "0.9600", "4.0×", "2 threads", "50%"):
        assert part in text
    assert "not used" not in text


def shown(report: QuantisationReport) -> str:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(*report_lines(report), sep="\n")
    return capture.get()
