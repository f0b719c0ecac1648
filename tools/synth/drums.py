"""A drum kit and the grooves it plays."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tools.synth.score import Song
from tools.synth.sound import Signal, canvas, clock, equalise, noise, place, struck
from tools.synth.taste import Taste

# Sixteenths of a bar; the loud ones of a real drummer, written down once.
_KICKS = (
    (0, 8),
    (0, 6, 8),
    (0, 3, 8, 10),
    (0, 7, 8, 14),
    (0, 4, 8, 12),
    (0, 5, 10),
)
_SNARES = ((4, 12), (4, 12, 15), (4, 7, 12), (8,), (4, 10, 12))
_HATS = (range(0, 16, 2), range(16), (2, 6, 10, 14), (0, 3, 4, 6, 8, 10, 11, 12, 14))


def kit(taste: Taste, rng: np.random.Generator) -> Mapping[str, Signal]:
    """Build an artist's drums: kick, snare, hat, open hat, ride and three toms."""
    kick_pitch = taste.between(42, 62)
    snap = taste.between(0.1, 0.28)
    crack = taste.between(900, 2600)
    tin = taste.between(5000, 9000)
    return {
        "kick": 1.3 * _drum(kick_pitch, taste.between(0.12, 0.3), 3.0, rng),
        "snare": _snare(taste.between(160, 240), snap, crack, rng),
        "hat": 0.4 * _metal(tin, taste.between(0.02, 0.05), rng),
        "open": 0.4 * _metal(tin, 0.25, rng),
        "ride": 0.3 * _metal(tin * 0.7, 0.5, rng),
        **{f"tom{i}": 0.8 * _drum(kick_pitch * (1.6 + 0.5 * i), 0.25, 1.2, rng) for i in range(3)},
    }


def groove(song: Song, drums: Mapping[str, Signal], rng: np.random.Generator) -> Signal:
    """Play a drawn pattern with ghost notes, a swing, a fill every fourth bar and a last hit."""
    kicks = _KICKS[rng.integers(len(_KICKS))]
    snares = _SNARES[rng.integers(len(_SNARES))]
    hats = _HATS[rng.integers(len(_HATS))]
    cymbal = "ride" if rng.random() < 0.3 else "hat"
    swing = rng.random() * 0.3 if rng.random() < 0.5 else 0.0
    out = canvas(song)

    def hit(name: str, bar: int, step: int, loud: float) -> None:
        late = swing * (step % 2) + rng.random() * 0.03
        place(out, drums[name], (4 * bar + (step + late) / 4) * song.beat, loud)

    for bar in range(song.bars - 1):
        fill = bar % 4 == 3
        for step in range(16):
            if fill and step >= 10:
                hit(f"tom{2 - (step - 10) // 2}", bar, step, 0.6 + 0.06 * (step - 10))
                continue
            if step in kicks:
                hit("kick", bar, step, 1.0 if step == 0 else 0.8)
            if step in snares:
                hit("snare", bar, step, 0.9)
            elif rng.random() < 0.08:
                hit("snare", bar, step, 0.2)
            if step in hats:
                name = "open" if step == 14 and cymbal == "hat" else cymbal
                hit(name, bar, step, (0.9, 0.5, 0.7, 0.5)[step % 4])
    for name in ("kick", "open", "ride"):
        hit(name, song.bars - 1, 0, 1.0)
    return out


def _drum(pitch: float, decay: float, drop: float, rng: np.random.Generator) -> Signal:
    """Return a skin: a sine that falls `drop` octaves or so as it dies, and the beater's click."""
    t = clock(min(6 * decay, 1.2))
    cycles = pitch * (t + drop * 0.025 * (1 - np.exp(-t / 0.025)))
    click = 0.3 * noise(len(t), rng) * np.exp(-t / 0.003)
    return np.sin(2 * np.pi * cycles) * struck(t, decay, 0.001) + click


def _snare(pitch: float, snap: float, crack: float, rng: np.random.Generator) -> Signal:
    t = clock(0.5)
    wires = equalise(noise(len(t), rng), (0, 300, crack, 9000, 16000), (0, 0.2, 1, 0.7, 0.3))
    return 0.5 * np.sin(2 * np.pi * pitch * t) * struck(t, 0.06) + wires * struck(t, snap / 1.5)


def _metal(brightest: float, decay: float, rng: np.random.Generator) -> Signal:
    """Return a cymbal: square waves at ratios that never meet, and noise, above 3 kHz."""
    t = clock(min(5 * decay, 1.2))
    ratios = (1.0, 1.342, 1.231, 1.654, 1.899, 2.548)
    clang = sum(np.sign(np.sin(2 * np.pi * 540.0 * ratio * t)) for ratio in ratios) / len(ratios)
    both = clang + 0.8 * noise(len(t), rng)
    return equalise(both, (0, 2500, brightest, 16000), (0, 0.05, 1, 0.8)) * struck(t, decay, 0.001)
