"""`soundalike model calibrate`: labelled audio in, matches on the card out, whole or not at all."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.cards import load_card, read_card
from tests.index.making import STAMP, build, make_track
from tests.tools.conftest import Cli, only_json, write_piece
from tools.calibrate.isotonic import MOST_KNOTS


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Return a folder of thirty pieces: ten low, ten middle, ten high, which overlap a little."""
    for label, hertz in (("low", 150), ("middle", 500), ("high", 1600)):
        for number in range(10):
            pitch = hertz * 2 ** ((number - 5) / 5)
            path = tmp_path / "labelled" / label / f"{label}-{number}.flac"
            write_piece(path, pitch, seed=number + round(hertz), seconds=2)
    return tmp_path / "labelled"


def make_index(place: Path, tracks: int, seed: int = 1) -> Path:
    """Make an index of the tiny model with made-up vectors that hang together a little."""
    rng = np.random.default_rng(seed)
    made = [
        make_track(
            f"track{number:03}",
            np.eye(8)[number % 3] + 0.5 * rng.standard_normal((4, 8)),
            labels=("rock", "jazz", "folk")[number % 3 : number % 3 + 1],
        )
        for number in range(tracks)
    ]
    build(place, made, STAMP)
    return place


def test_matches_of_a_labelled_folder(tiny_model: Path, labelled: Path, cli: Cli) -> None:
    status, out, err = cli("model", "calibrate", "tiny", labelled, "--json")
    assert status == 0, err
    found = only_json(out)
    assert (found["card"], found["same"]) == (None, None)
    fit = found["calibration"]
    places, levels = np.array(fit["knots"]).T
    assert 2 <= len(places) <= MOST_KNOTS
    assert (np.diff(places) > 0).all()
    assert (np.diff(levels) >= 0).all()
    assert 0 < levels[0] < levels[-1] < 1
    (source,) = fit["sources"]
    assert (source["name"], source["tracks"], source["labels"]) == ("labelled", 30, 3)
    assert fit["pairs"] == source["pairs"] == 300
    assert source["match"] == pytest.approx(source["alike"], abs=0.05)
    assert source["held_out"] == fit["reliability"]["held_out"]
    reliability = fit["reliability"]
    held_out = reliability["held_out"]
    assert held_out["brier"]["value"] < reliability["share_of_all"]["brier"]["value"]
    assert held_out["log_loss"]["value"] < reliability["similarity_as_it_is"]["log_loss"]["value"]
    assert sum(each["share"] for each in held_out["bins"]) == pytest.approx(1, abs=1e-4)
    assert load_card("tiny", tiny_model).calibration is None


def test_it_is_written_on_the_card_and_people_see_it(
    tiny_model: Path, labelled: Path, tmp_path: Path, cli: Cli
) -> None:
    card = tiny_model / "tiny.toml"
    said = "# By hand.\nmade_by = 'nobody'\n"
    card.write_text(said + card.read_text() + "\n[evaluation]\nworth = 'much'  # as it seems\n")
    before = card.read_text()
    asked = ("model", "calibrate", "tiny", labelled, "--out", card, "--reference", "three pitches")
    status, out, _ = cli(*asked)
    assert status == 0
    assert "similarity" in out
    text = card.read_text()
    assert text.startswith(before.rstrip())
    found = read_card(card, tiny_model).calibration
    assert found is not None
    assert found.reference.startswith("three pitches (labelled (30 tracks, 3 labels)")
    said = tomllib.loads(text)["calibration"]["made_by"]
    assert said == "soundalike model calibrate tiny labelled"
    cli(*asked)  # again: it is put in the place of the other
    assert card.read_text() == text

    cli("index", "build", labelled, "--out", tmp_path / "index")
    clip = labelled / "low" / "low-3.flac"
    _, out, _ = cli("ask", clip, "--index", tmp_path / "index", "--json")
    results = only_json(out)["results"]
    assert [result["match"] for result in results] == pytest.approx(
        [read_card(card, tiny_model).match(result["similarity"]) for result in results], abs=1e-3
    )
    assert "match" in cli("ask", clip, "--index", tmp_path / "index")[1]


def test_several_sources_count_the_same(
    tiny_model: Path, labelled: Path, tmp_path: Path, cli: Cli
) -> None:
    index = make_index(tmp_path / "records", 60)
    status, out, _ = cli("model", "calibrate", "tiny", labelled, index, "--json")
    assert status == 0
    fit = only_json(out)["calibration"]
    names = {source["name"]: source for source in fit["sources"]}
    assert [names[name]["pairs"] for name in ("labelled", "records")] == [300, 1800]
    errors = [source["held_out"]["calibration_error"]["value"] for source in names.values()]
    assert errors[0] != errors[1]
    mean = np.mean([source["alike"] for source in fit["sources"]])
    assert fit["alike"] == pytest.approx(mean, abs=1e-6)


def test_an_index_of_another_model_is_a_sentence(
    tiny_model: Path, tmp_path: Path, cli: Cli
) -> None:
    index = make_index(tmp_path / "records", 30)
    status, out, _ = cli("model", "calibrate", "vggish-small", index, "--json")
    assert status == 2
    assert "cannot be compared" in only_json(out)["error"]


def test_what_cannot_be_fitted_is_a_sentence(
    tiny_model: Path, music: Path, tmp_path: Path, cli: Cli
) -> None:
    for asked, words in (
        ([music], "too few to calibrate on"),
        ([tmp_path / "nowhere"], "There is nothing at"),
        ([make_index(tmp_path / "records", 19)], "too few to calibrate on"),
    ):
        status, out, _ = cli("model", "calibrate", "tiny", *asked, "--json")
        assert status == 2
        assert words in only_json(out)["error"]
    for asked, words in (
        ([], "Name labelled audio"),
        (["--same", music, "--picture", "a.png"], "name labelled audio"),
        ([music, "--picture", "a.jpg"], "ends in .png"),
    ):
        status, _, err = cli("model", "calibrate", "tiny", *asked)
        assert status == 2
        assert words in err


def test_a_card_that_would_be_of_no_use_is_refused(
    tiny_model: Path, tmp_path: Path, cli: Cli
) -> None:
    index = make_index(tmp_path / "records", 30)
    for out, words in (
        (tmp_path / "other.toml", "tiny"),
        (tmp_path / "no" / "tiny.toml", "for the card; the model's own is"),
    ):
        status, _, err = cli("model", "calibrate", "tiny", index, "--out", out)
        assert status == 2
        assert words in err
        assert not out.exists()


def test_what_is_left_out_is_listed(tiny_model: Path, labelled: Path, cli: Cli) -> None:
    (labelled / "low" / "broken.mp3").write_bytes(b"no sound at all" * 50)
    status, out, _ = cli("model", "calibrate", "tiny", labelled, "--json")
    assert status == 1
    (file,) = only_json(out)["calibration"]["left_out"]
    assert Path(file["path"]).name == "broken.mp3"


def test_the_picture_shows_curve_and_reliability(
    tiny_model: Path, tmp_path: Path, cli: Cli
) -> None:
    pytest.importorskip("matplotlib")
    indexes = [make_index(tmp_path / name, 30, seed) for seed, name in enumerate(("_a $x", "b"))]
    picture = tmp_path / "a.png"
    status, out, _ = cli("model", "calibrate", "tiny", *indexes, "--picture", picture)
    assert status == 0
    assert "The picture is in" in out
    with Image.open(picture) as image:
        colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 20)}
    # The curve and the lines of both sources.
    assert {(0, 114, 178), (230, 159, 0), (0, 158, 115)} <= colours


def test_a_stopped_calibration_carries_on(
    tiny_model: Path, labelled: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tools.evaluate.sources.build_index", stopped)
    status, _, err = cli("model", "calibrate", "tiny", labelled)
    assert (status, "Run the same command again" in err) == (130, True)
