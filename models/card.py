"""What a model's card says, as a value: its files, its vectors' use, what its figures mean."""

from __future__ import annotations

import bisect
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from models.types import ModelError, ModelStamp, Sameness

LIBROSA_FEATURES: Final = "librosa-features"
"""The front end whose numbers are the embedding: its models have no files."""


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
