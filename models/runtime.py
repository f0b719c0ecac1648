"""A model made ready for one machine: its card, the file of it that runs here, a place to cache."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from models.card import ModelCard, ModelFile
from models.types import ModelError, ModelStamp


@dataclass(frozen=True, slots=True)
class Runtime:
    """What every process that runs a model is handed.

    Attributes
    ----------
    card : ModelCard
    file : ModelFile or None
        The one of the card's files that runs on this machine; None for a model without files.
    cache : Path or None
        The folder for what can be derived from the file again; None keeps nothing.
    """

    card: ModelCard
    file: ModelFile | None
    cache: Path | None = None

    @property
    def stamp(self) -> ModelStamp:
        """The identity of the vectors it makes."""
        return self.card.stamp(self.file)

    @property
    def network(self) -> ModelFile:
        """The file, for what can do nothing without one.

        Raises
        ------
        ModelError
            The model has none.
        """
        if self.file is None:
            raise ModelError(
                f"The model {self.card.name} has no network: its {self.card.front_end} are all "
                "there is to it.",
                "Name another model.",
            )
        return self.file
