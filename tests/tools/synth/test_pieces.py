"""The demo's catalogue: as many pieces as promised, all different, always the same."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tools.synth import RATE, Piece, catalogue, kinds, strangers, synthesise

# Samples, sum of magnitudes, and the samples at 5, 10 and 15 s.
GOLDEN = {
    "Strings": (633763, 56951.9683, 0.144803, -0.010089, 0.024075),
    "Organ": (665143, 64846.9906, -0.139768, -0.013548, 0.125053),
    "Drums": (673116, 56443.4048, 0.022014, 0.052553, 0.028772),
    "Bass": (659681, 53066.8229, -0.085852, 0.008009, 0.212219),
    "Bells": (638769, 54779.2887, 0.079068, -0.176238, -0.066968),
    "Pad": (710069, 70005.9021, -0.189854, -0.113067, 0.059943),
    "Brass": (624000, 55339.9961, 0.272895, -0.215919, -0.008755),
    "Noise": (673116, 58566.5257, -0.051153, -0.010464, -0.060300),
}


@pytest.fixture(scope="module")
def asked() -> dict[str, Piece]:
    return {piece.kind.name: piece for piece in strangers()}


def test_three_artists_a_kind_and_one_stranger() -> None:
    pieces = catalogue()
    assert len(pieces) == 48
    for kind in kinds():
        artists = {piece.by for piece in pieces if piece.kind.name == kind.name}
        assert artists == {f"Demo {kind.name} {letter}" for letter in "ABC"}
    assert {piece.by for piece in strangers()} == {f"Demo {kind.name} D" for kind in kinds()}


def test_no_two_pieces_of_a_kind_share_seed_key_or_tempo() -> None:
    for one, other in itertools.combinations([*catalogue(), *strangers()], 2):
        if one.kind.name == other.kind.name:
            assert one.seed != other.seed
            assert one.song.key != other.song.key
            assert one.song.tempo != other.song.tempo


def test_more_pieces_leave_the_first_ones_as_they_are() -> None:
    few, many = catalogue(1), catalogue(3)
    assert {(p.by, p.number, p.seed, p.title) for p in few} <= {
        (p.by, p.number, p.seed, p.title) for p in many
    }


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_samples_are_those_of_the_seed(name: str, asked: dict[str, Piece]) -> None:
    # Other CPUs may round the last bit of a sine otherwise: hence the tolerance.
    samples = synthesise(asked[name])
    length, magnitude, *points = GOLDEN[name]
    assert len(samples) == length
    np.testing.assert_allclose(np.abs(samples).sum(), magnitude, rtol=1e-5)
    np.testing.assert_allclose(samples[[5 * RATE, 10 * RATE, 15 * RATE]], points, atol=1e-5)


def test_a_piece_does_not_depend_on_what_was_rendered_before(asked: dict[str, Piece]) -> None:
    first = synthesise(asked["Drums"])
    synthesise(asked["Noise"])
    np.testing.assert_array_equal(synthesise(asked["Drums"]), first)


def test_another_seed_gives_other_music() -> None:
    ours, theirs = catalogue(1)[0], catalogue(1, seed=9)[0]
    assert ours.by == theirs.by
    assert (ours.song, ours.seed) != (theirs.song, theirs.seed)


def test_pieces_are_about_twenty_seconds_loud_enough_and_unclipped() -> None:
    for piece in catalogue(1):
        samples = synthesise(piece)
        assert 17 < len(samples) / RATE < 24
        assert np.isfinite(samples).all()
        assert 0.08 < np.sqrt(np.mean(samples**2)) < 0.2
        assert 0.3 < np.abs(samples).max() < 1.0
        quiet = np.abs(samples).reshape(-1)[: 16 * RATE].reshape(16, -1).max(axis=1)
        assert quiet.min() > 0.01, f"{piece.title} falls silent for a second"
