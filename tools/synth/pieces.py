"""The demo's catalogue: eight kinds of music, three plainly synthetic artists a kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.synth.kinds import Kind, kinds
from tools.synth.score import Song, compose
from tools.synth.sound import Signal, master, room
from tools.synth.taste import Taste

SEED = 8
SECONDS = 19.0
ARTISTS = "ABC"
STRANGER = "D"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece to be synthesised; equal pieces give equal samples."""

    kind: Kind
    artist: str
    number: int
    seed: int
    song: Song
    kind_seed: tuple[int, int]

    @property
    def by(self) -> str:
        """The artist's full name, plainly synthetic: "Demo Bells A"."""
        return f"Demo {self.kind.name} {self.artist}"

    @property
    def title(self) -> str:
        """Kind, key and tempo, which is all there is to say: "Bells in D minor, 96 bpm"."""
        key = f" in {self.song.key}" if self.kind.pitched else ""
        return f"{self.kind.name}{key}, {self.song.tempo:.0f} bpm"


def catalogue(per_artist: int = 2, *, seed: int = SEED) -> list[Piece]:
    """Return the pieces to index: `per_artist` of each of three artists of each kind."""
    return [
        piece for index in range(len(kinds())) for piece in _pieces(index, per_artist, seed)[1:]
    ]


def strangers(*, seed: int = SEED) -> list[Piece]:
    """Return one piece of each kind to ask with: another artist, seed, key and tempo."""
    return [_pieces(index, 0, seed)[0] for index in range(len(kinds()))]


def synthesise(piece: Piece) -> Signal:
    """Render a piece: mono samples [n] in (-1, 1) at `sound.RATE`."""
    artist = (ARTISTS + STRANGER).index(piece.artist)
    taste = Taste(piece.kind_seed, artist=artist, corners=len(ARTISTS))
    rng = np.random.default_rng(piece.seed)
    dry = piece.kind.arrange(piece.song, taste, rng)
    wet = room(dry, rng, seconds=taste.between(0.5, 1.8), wet=taste.between(0.08, 0.3))
    return master(wet)


def _pieces(index: int, per_artist: int, seed: int) -> list[Piece]:
    """Return all pieces of a kind, the stranger's first; no two share a key or a tempo."""
    kind = kinds()[index]
    roles = [(artist, number + 1) for number in range(per_artist) for artist in ARTISTS]
    rng = np.random.default_rng((seed, index))
    pieces: list[Piece] = []
    for artist, number in [(STRANGER, 1), *roles]:
        song = compose(rng, kind.tempi, SECONDS)
        while any(song.key == piece.song.key or song.tempo == piece.song.tempo for piece in pieces):
            song = compose(rng, kind.tempi, SECONDS)
        pieces.append(Piece(kind, artist, number, int(rng.integers(2**31)), song, (seed, index)))
    return pieces
