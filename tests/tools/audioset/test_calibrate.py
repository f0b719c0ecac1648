"""Matches of VGGish are fitted on genres, and what its card says of them came out of that."""

from __future__ import annotations

import itertools
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from models.types import Sameness, SoundalikeError
from tests.tools.audioset.making import records, write_files
from tools.audioset.calibrate import calibrate_genres, main
from tools.audioset.labels import GENRE
from tools.audioset.records import Segment
from tools.screen import Screen

PROJECT = Path(__file__).resolve().parents[3]


def write_labels(folder: Path) -> tuple[Path, Path]:
    """Write two genres and another label."""
    labels, ontology = folder / "labels.csv", folder / "ontology.json"
    labels.write_text("index,mid,display_name\n0,/m/jazz,Jazz\n1,/m/rock,Rock\n2,/m/dog,Dog\n")
    ontology.write_text(
        json.dumps(
            [{"id": GENRE, "name": "Music genre", "child_ids": ["/m/jazz", "/m/rock"]}]
            + [
                {"id": f"/m/{each}", "name": each, "child_ids": []}
                for each in ("jazz", "rock", "dog")
            ]
        )
    )
    return labels, ontology


def segments(count: int, seed: int) -> list[Segment]:
    """Return segments of two genres that sound a little different, and some of a dog."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        label = number % 3
        codes = rng.normal(128 + 30 * np.sign(np.arange(128) - 64) * (label - 1), 40, (10, 128))
        made.append(Segment(f"{seed}-{number}", (label,), codes.clip(0, 255).astype(np.uint8)))
    return made


def write_parts(path: Path, parts: Mapping[str, list[Segment]]) -> Path:
    """Write an archive with a record file in each part of the release."""
    files = {f"release/{part}/00.tfrecord": records(given) for part, given in parts.items()}
    return write_files(path, files)


@pytest.fixture
def release(tmp_path: Path) -> tuple[Path, Path, Path]:
    parts = {"bal_train": segments(90, 1), "eval": segments(60, 2)}
    return write_parts(tmp_path / "features.tar.gz", parts), *write_labels(tmp_path)


def test_genres_that_differ_match(release: tuple[Path, Path, Path]) -> None:
    fit = calibrate_genres(*release, sameness=Sameness(), screen=Screen(as_json=True))
    (source,) = fit.sources
    assert (source.tracks, source.labels, source.pairs) == (100, 2, 400)
    assert len(fit.pairs) == 1000
    assert fit.whole is None
    assert fit.held_out.brier.value < fit.constant.brier.value
    assert fit.stamp.space == "vggish-pca"
    assert all(b[0] > a[0] and b[1] >= a[1] for a, b in itertools.pairwise(fit.knots))


def test_the_section_of_the_card_is_printed(
    release: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    archive, labels, ontology = map(str, release)
    asked = [archive, "--labels", labels, "--ontology", ontology]
    done = CliRunner().invoke(main, [*asked, "--picture", str(tmp_path / "a.png")])
    assert done.exit_code == 0, done.output
    section = tomllib.loads(done.output[done.output.index("[calibration]") :])["calibration"]
    assert "CC BY 4.0" in section["reference"]
    assert "among tracks that are as short" in section["reference"]
    assert len(section["knots"]) >= 2
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_a_part_that_is_missing_is_a_sentence(tmp_path: Path) -> None:
    archive = write_parts(tmp_path / "features.tar.gz", {"eval": segments(30, 3)})
    with pytest.raises(SoundalikeError, match="evaluation part"):
        calibrate_genres(
            archive, *write_labels(tmp_path), sameness=Sameness(), screen=Screen(as_json=True)
        )


def test_the_card_says_what_was_measured() -> None:
    card = tomllib.loads((PROJECT / "tools/install/vggish.toml").read_text())
    places, matches = np.array(card["calibration"]["knots"]).T
    # Shares of pairs with a common genre by similarity, counted apart from this and among fewer.
    shares = {0.55: 0.23, 0.65: 0.35, 0.75: 0.49, 0.85: 0.66}
    np.testing.assert_allclose(
        np.interp(list(shares), places, matches), list(shares.values()), atol=0.08
    )
    assert "CC BY 4.0" in card["calibration"]["reference"]
