"""Model cards: what a model is, where its files lie, and how its vectors are used."""

from __future__ import annotations

import bisect
import hashlib
import json
import tomllib
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Final

from models.card_fields import FieldError, Fields
from models.types import ModelError, ModelStamp, Sameness
from models.windows import MEAN_MAX_MIN, POOLINGS

LIBROSA_FEATURES: Final = "librosa-features"
"""The front end whose numbers are the embedding: its models have no files."""

_PACKAGE = Path(__file__).parent
_PRECISIONS = ("fp32", "fp16", "int8")
_MOST_DIMENSIONS = 65_536
_SAME_MEAN = 1e-6


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model.

    Attributes
    ----------
    path : Path
        Where it lies, or will lie once fetched.
    size : int
        Length in bytes.
    sha512 : str
        128 lower-case hexadecimal characters.
    precision : str
        ``fp32``, ``fp16`` or ``int8``.
    url : str
        Where it is fetched from; empty for a file that comes with its card.
    overlap : float or None
        Share of the ten tracks the card's first file finds that this one finds too, in [0, 1];
        None where that was not measured.
    """

    path: Path
    size: int
    sha512: str
    precision: str
    url: str = ""
    overlap: float | None = None


@dataclass(frozen=True, slots=True)
class Calibration:
    """How a similarity becomes a match.

    Attributes
    ----------
    reference : str
        The labelled set the probabilities were measured on.
    knots : tuple of (float, float)
        Similarity in [-1, 1], rising, and match in [0, 1], never falling; straight lines between.
    """

    reference: str
    knots: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Metric:
    """A network over the windows of another model: it makes another embedding space of theirs.

    Attributes
    ----------
    model : str
        The name of the model that listens. Its files are those of the card that has the metric.
    space : str
        The embedding space its windows lie in.
    file : ModelFile
        From windows [n, dim], centred and of unit length, to as many vectors of the same length.
    """

    model: str
    space: str
    file: ModelFile


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Everything there is to say about a model.

    Attributes
    ----------
    name, version : str
    space : str
        The embedding space: vectors can be compared only within one.
    front_end : str
        What the network is fed: ``vggish-log-mel``; or what is the embedding itself, without a
        network: ``librosa-features``.
    sample_rate : int
        The rate it listens at, in Hz.
    dim : int
        Length of an embedding.
    patch_seconds : float
        Time from one embedding to the next.
    pooling : str
        How the patches of a window become one vector: ``mean`` or ``mean-max-min``.
    files : tuple of ModelFile
        The same network in one or more precisions, the preferred one first; none where there is no
        network, or where that of a metric's model is not here.
    licence, training_data : str
    mean : tuple of float
        What is subtracted from every window, `dim` numbers.
    calibration : Calibration or None
    scale : tuple of float or None
        What every window is divided by after that, `dim` numbers above 0; None for nothing.
    sameness : Sameness
        How alike what is one and the same is, as this model hears it.
    output : str
        Which of the network's outputs is the embedding; empty where it has only one.
    clip : float or None
        Embeddings are limited to ±clip; None for no limit.
    verified : bool
        Whether the weights are known to be those their makers published.
    metric : Metric or None
        What is put over the windows of another model; None mostly.
    """

    name: str
    version: str
    space: str
    front_end: str
    sample_rate: int
    dim: int
    patch_seconds: float
    pooling: str
    files: tuple[ModelFile, ...]
    licence: str
    training_data: str
    mean: tuple[float, ...]
    calibration: Calibration | None = None
    scale: tuple[float, ...] | None = None
    output: str = ""
    clip: float | None = None
    verified: bool = True
    sameness: Sameness = field(default_factory=Sameness)
    metric: Metric | None = None

    @property
    def patch_space(self) -> str:
        """The embedding space before a metric is put over it."""
        return self.metric.space if self.metric else self.space

    @property
    def file(self) -> ModelFile | None:
        """The first file that is here; the preferred one where none is; None without any."""
        preferred = self.files[0] if self.files else None
        return next((file for file in self.files if file.path.is_file()), preferred)

    def stamp(self, file: ModelFile | None) -> ModelStamp:
        """Return the identity of vectors made with one of the card's files.

        Without a file, the checksum is that of all on the card that decides its vectors.
        """
        sha512, precision = (file.sha512, file.precision) if file else (self._sha512(), "fp32")
        return ModelStamp(self.name, self.version, self.space, self.dim, sha512, precision)

    def match(self, similarity: float) -> float | None:
        """Return the probability that two tracks this similar share a label.

        Parameters
        ----------
        similarity : float
            In [-1, 1].

        Returns
        -------
        float or None
            In [0, 1]; None while the card has no calibration.
        """
        if self.calibration is None:
            return None
        knots = self.calibration.knots
        after = bisect.bisect_right(knots, similarity, key=lambda knot: knot[0])
        if after == 0 or after == len(knots):
            return knots[min(after, len(knots) - 1)][1]
        (x0, y0), (x1, y1) = knots[after - 1 : after + 1]
        return y0 + (y1 - y0) * (similarity - x0) / (x1 - x0)

    def _sha512(self) -> str:
        decides = (
            *(self.name, self.version, self.space, self.front_end, self.sample_rate, self.dim),
            *(self.patch_seconds, self.pooling, self.mean, self.scale, self.clip),
        )
        return hashlib.sha512(json.dumps(decides).encode()).hexdigest()


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
        card = _card(Fields(tomllib.loads(path.read_text("utf-8"))), beside, models_dir)
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


def check_file(file: ModelFile) -> Path:
    """Return where a model file lies, once it is known to be the one its card means.

    Raises
    ------
    ModelError
        The file is missing or cannot be read, or its size or SHA-512 is another.
    """
    fix = "Install the model again; `soundalike model fetch vggish` does it for VGGish."
    try:
        with file.path.open("rb") as opened:
            size = file.path.stat().st_size
            sha512 = hashlib.file_digest(opened, "sha512").hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        raise ModelError(f"The model file {file.path} is not there.", fix) from None
    except OSError as error:
        raise ModelError(
            f"The model file {file.path} cannot be read: {error.strerror or error}.",
            "Mend its permissions, or install the model again.",
        ) from None
    if (size, sha512) != (file.size, file.sha512):
        raise ModelError(f"The model file {file.path} is not the one its card describes.", fix)
    return file.path


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


def _card(fields: Fields, beside: Path, fetched: Path) -> ModelCard:
    dim = fields.whole("dim", 1, _MOST_DIMENSIONS)
    return ModelCard(
        name=fields.text("name"),
        version=fields.text("version"),
        space=fields.text("embedding_space"),
        front_end=fields.text("front_end"),
        sample_rate=fields.whole("sample_rate", 1_000, 384_000),
        dim=dim,
        patch_seconds=fields.number("patch_seconds", 0.01, 60.0),
        pooling=_pooling(fields, dim),
        files=_files(fields, beside, fetched),
        licence=fields.text("licence"),
        training_data=fields.text("training_data"),
        mean=fields.numbers("mean", dim),
        calibration=_calibration(fields.table("calibration")) if "calibration" in fields else None,
        scale=_scale(fields, dim) if "scale" in fields else None,
        output=fields.text("output") if "output" in fields else "",
        clip=fields.number("clip", 1e-6, 1e6) if "clip" in fields else None,
        verified=fields.flag("verified") if "verified" in fields else True,
        sameness=_sameness(fields.table("same")) if "same" in fields else Sameness(),
        metric=_metric(fields.table("metric"), beside, fetched) if "metric" in fields else None,
    )


def _pooling(fields: Fields, dim: int) -> str:
    pooling = fields.one_of("pooling", POOLINGS)
    if pooling == MEAN_MAX_MIN and dim % 3:
        raise FieldError(f"'pooling' {pooling!r} wants a 'dim' of three equal parts, not {dim}")
    return pooling


def _scale(fields: Fields, dim: int) -> tuple[float, ...]:
    scale = fields.numbers("scale", dim)
    if min(scale) <= 0:
        raise FieldError("'scale' holds a number that is not above 0")
    return scale


def _files(fields: Fields, beside: Path, fetched: Path) -> tuple[ModelFile, ...]:
    front_end = fields.text("front_end")
    if "metric" in fields:
        if "files" in fields:
            raise FieldError("it names 'files', and a 'metric' takes those of its model")
        return ()
    if front_end != LIBROSA_FEATURES:
        return tuple(_file(entry, beside, fetched) for entry in fields.tables("files"))
    if "files" in fields:
        raise FieldError(f"it names 'files', and the front end {front_end!r} has none")
    return ()


def _metric(fields: Fields, beside: Path, fetched: Path) -> Metric:
    return Metric(fields.text("model"), fields.text("space"), _file(fields, beside, fetched))


def _file(fields: Fields, beside: Path, fetched: Path) -> ModelFile:
    name = fields.text("path")
    if Path(name).name != name:
        raise FieldError(f"the file {name!r} is not a plain file name")
    url = fields.text("url") if "url" in fields else ""
    sha512 = fields.text("sha512")
    if len(sha512) != 128 or set(sha512) - set("0123456789abcdef"):
        raise FieldError("'sha512' is not 128 lower-case hexadecimal characters")
    return ModelFile(
        path=(fetched if url else beside) / name,
        size=fields.whole("size", 1, 1 << 40),
        sha512=sha512,
        precision=fields.one_of("precision", _PRECISIONS),
        url=url,
        overlap=fields.number("overlap", 0, 1) if "overlap" in fields else None,
    )


def _calibration(fields: Fields) -> Calibration:
    knots = fields.pairs("knots")
    rises = all(a[0] < b[0] and a[1] <= b[1] for a, b in pairwise(knots))
    if not rises or not (knots[0][0] >= -1 and knots[0][1] >= 0 and max(knots[-1]) <= 1):
        raise FieldError("'knots' do not rise from similarity -1 and match 0 to 1 and 1 at most")
    return Calibration(fields.text("reference"), knots)


def _sameness(fields: Fields) -> Sameness:
    return Sameness(
        long=fields.number("long", -1, 1),
        short=fields.number("short", -1, 1),
        twin=fields.number("twin", -1, 1),
    )
