"""What a training run is asked for, and what its files are called: other choices, other files."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tools.train.card import HALF_NAME, NAME
from tools.train.fit import Length, Recipe
from tools.train.sources import Recording, choice_key
from tools.train.student import HALF_WIDTHS

STEADY_WINDOWS = 720
POLISH_WINDOWS = 480
"""Windows that are coded: the first ones steady the student, who never hears the others; what
codecs still do to its embeddings is found on those."""

_DIGITS = 8


@dataclass(frozen=True)
class Plan:
    """What a run is asked for; see the options of `tools.train.__main__`."""

    data: Path
    teacher: Path
    out: Path
    work: Path
    patches: int
    pieces: int
    voices: int
    flattening: float
    recipe: Recipe
    length: Length
    steady: int
    polish: bool
    seed: int
    jobs: int

    @property
    def half(self) -> bool:
        """Whether the network of half the width is wanted."""
        return self.recipe.widths == HALF_WIDTHS

    @property
    def name(self) -> str:
        """Name the model; one of half the width is another model, with a space of its own."""
        return HALF_NAME if self.half else NAME

    @property
    def card(self) -> Path:
        """Where its card is written."""
        return self.work / f"{self.name}.toml"

    @cached_property
    def teacher_digest(self) -> str:
        """The SHA-256 of the teacher's file."""
        return hashlib.sha256(self.teacher.read_bytes()).hexdigest()

    @property
    def coded_windows(self) -> int:
        """How many windows are to be coded."""
        return (STEADY_WINDOWS + POLISH_WINDOWS * self.polish) if self.steady or self.polish else 0

    def sounds(self, taught: Sequence[Recording]) -> Path:
        """Return the folder of what teaches, decoded."""
        return self.work / f"sounds-{choice_key(taught)}"

    def drawn(self, taught: Sequence[Recording]) -> Path:
        """Return the folder of the patches that were drawn of it, and what the teacher says."""
        teacher = self.teacher_digest[:_DIGITS]
        return self.sounds(taught) / f"drawn-{self.patches}-{self.seed}-{teacher}"

    def coded(self, taught: Sequence[Recording]) -> Path:
        """Return the folder of the windows that were coded."""
        return self.work / f"coded-{choice_key(taught)}-{self.seed}"

    def choices(self) -> str:
        """Name the choices that make another student of the same patches."""
        choices = [max(self.recipe.widths), self.flattening, self.recipe.contrast]
        choices.append(self.length.epochs)
        words = [f"{choice:g}" for choice in choices]
        if self.length.minutes is not None:
            words.append(f"{self.length.minutes:g}min")
        return "-".join(words)

    def command(self) -> str:
        """Write down what makes the model again."""
        length = f"--epochs {self.length.epochs:g}"
        if self.length.minutes is not None:
            length += f" --minutes {self.length.minutes:g}"
        return (
            f"python -m tools.train DATA --teacher {self.teacher.name} --out {self.out.name}"
            f" --patches {self.patches} --pieces {self.pieces} --voices {self.voices} {length}"
            f"{' --half' if self.half else ''}"
            f" --flattening {self.flattening:g} --contrast {self.recipe.contrast:g}"
            f" --steady {self.steady}{'' if self.polish else ' --no-polish'} --seed {self.seed}"
        )
