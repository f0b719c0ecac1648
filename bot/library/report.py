"""What came of an import."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.words import Saying


@dataclass(slots=True)
class Report:
    """Grows while an archive is heard.

    Attributes
    ----------
    files : int
        Audio files that are to be heard.
    others : int
        Files that are no audio.
    added, known : int
        Tracks that are new, and that were there.
    left_out : list of (str, str)
        Files that could not be kept, and why, as an English sentence of the catalogues.
    stopped : Saying or None
        Why the rest was not heard and what to do, in English; None where all was.
    """

    files: int = 0
    others: int = 0
    added: int = 0
    known: int = 0
    left_out: list[tuple[str, str]] = field(default_factory=list)
    stopped: Saying | None = None

    @property
    def done(self) -> int:
        """How many of the files are dealt with."""
        return self.added + self.known + len(self.left_out)

    @property
    def left(self) -> int:
        """How many are not."""
        return max(self.files - self.done, 0)
