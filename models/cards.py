"""Finding model cards: among the bundled ones, and in the models folder."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

from models.card import ModelCard
from models.card_fields import FieldError, Fields
from models.card_parsing import parse_card
from models.types import ModelError

_PACKAGE = Path(__file__).parent
_SAME_MEAN = 1e-6


def load_card(name: str, models_dir: Path) -> ModelCard:
    """Find the card of a model that can listen.

    It is looked for among the bundled ones, then among those in the models folder.

    Raises
    ------
    ModelError
        There is no such card, or it makes no sense; or it has a metric over a model that is not
        here, or is another.
    """
    return _listening(known_card(name, models_dir), models_dir)


def known_card(name: str, models_dir: Path) -> ModelCard:
    """Find a model's card, whether or not the model its metric is over is here to listen.

    Raises
    ------
    ModelError
        There is no such card, or it makes no sense.
    """
    return read_card(find_card(name, models_dir), models_dir)


def find_card(name: str, models_dir: Path) -> Path:
    """Return where a model's card lies; raises as `load_card` does."""
    for path in _card_paths(models_dir):
        if path.stem == name:
            return path
    known = ", ".join(path.stem for path in _card_paths(models_dir))
    fetched = "Fetch it with `soundalike model fetch vggish`." if name == "vggish" else ""
    raise ModelError(
        f"There is no model named {name!r} here.", fetched or f"The models here are: {known}."
    )


def list_cards(models_dir: Path) -> tuple[ModelCard, ...]:
    """Read every card there is, the bundled ones first; raises as `known_card` does."""
    return tuple(
        _listening_or_not(read_card(path, models_dir), models_dir)
        for path in _card_paths(models_dir)
    )


def read_card(path: Path, models_dir: Path) -> ModelCard:
    """Read one card.

    A file with a URL is looked for in the models folder, one without beside the card; the files of
    the bundled cards lie in the package.

    Raises
    ------
    ModelError
        The card cannot be read, or a field is missing or makes no sense.
    """
    beside = _PACKAGE if path.parent == _PACKAGE / "cards" else path.parent
    try:
        card = parse_card(Fields(tomllib.loads(path.read_text("utf-8"))), beside, models_dir)
        if card.name != path.stem:
            raise FieldError(f"its name is {card.name!r}, not that of its file")
    except (OSError, ValueError) as error:
        raise ModelError(
            f"The model card {path} cannot be used: {error}.",
            "Mend the card, or fetch the model again.",
        ) from None
    return card


def is_bundled(name: str) -> bool:
    """Whether a model comes with the program: its card and files are not written to."""
    return (_PACKAGE / "cards" / f"{name}.toml").is_file()


def _listening(card: ModelCard, models_dir: Path) -> ModelCard:
    """Let a card with a metric listen as the model does that it is over."""
    metric = card.metric
    if metric is None:
        return card
    try:
        under = known_card(metric.model, models_dir)
    except ModelError as error:
        raise ModelError(
            f"The model {card.name} listens with {metric.model}: {error.sentence}", error.fix
        ) from None
    if (
        under.metric
        or (under.space, under.dim) != (metric.space, card.dim)
        or not _near(card, under)
    ):
        raise ModelError(
            f"The model {card.name} is not made for the {metric.model} that is here.",
            f"Run `soundalike model fetch {metric.model} --again`, or listen with another model.",
        )
    return replace(
        under,
        name=card.name,
        version=card.version,
        space=card.space,
        licence=card.licence,
        training_data=card.training_data,
        calibration=card.calibration,
        sameness=card.sameness,
        metric=metric,
    )


def _near(card: ModelCard, under: ModelCard) -> bool:
    """Whether two cards centre on the same mean."""
    apart = (abs(a - b) for a, b in zip(card.mean, under.mean, strict=True))
    return max(apart) <= _SAME_MEAN


def _listening_or_not(card: ModelCard, models_dir: Path) -> ModelCard:
    try:
        return _listening(card, models_dir)
    except ModelError:
        return card


def _card_paths(models_dir: Path) -> list[Path]:
    bundled = sorted((_PACKAGE / "cards").glob("*.toml"))
    names = {path.name for path in bundled}
    try:
        models_dir.stat()
        # `glob` would pass over a closed folder in silence, from Python 3.13 on.
        there = sorted(path for path in models_dir.iterdir() if _is_card(path))
    except (FileNotFoundError, NotADirectoryError):
        there = []
    except OSError as error:
        raise ModelError(
            f"The models folder {models_dir} cannot be read: {error.strerror or error}.",
            "Mend its permissions, or keep the data directory elsewhere.",
        ) from error
    added = (path for path in there if path.name not in names)
    return [*bundled, *added]


def _is_card(path: Path) -> bool:
    # macOS puts a file `._NAME` beside each one on disks that are not its own.
    return path.suffix == ".toml" and not path.name.startswith(".")
