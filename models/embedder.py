"""ONNX embedders: mono sound to one embedding a patch, in fixed batches on the CPU."""

from __future__ import annotations

from typing import Final

import numpy as np
import onnxruntime

from models import frontend
from models.card import ModelCard
from models.runtime import Runtime
from models.session import BATCH, UNUSABLE, open_session
from models.types import FloatArray, ModelError, ModelStamp, PatchEmbeddings

FRONT_END: Final = "vggish-log-mel"

_PATCH_SAMPLES = frontend.PATCH_FRAMES * frontend.HOP_SAMPLES
_PATCH_SHAPE = (frontend.PATCH_FRAMES, frontend.BANDS)
# The last frame of a patch reaches this far into the next one.
_OVERLAP = frontend.MIN_SAMPLES - _PATCH_SAMPLES


class OnnxEmbedder:
    """Embeds 16 kHz sound with a network that takes VGGish's log-mel patches.

    Every batch has the same size, the last one padded: memory stays flat, and a patch gets the
    same embedding wherever in a clip it lies.

    Parameters
    ----------
    runtime : Runtime
        The model; its file is checked first.
    threads : int
        Processor threads to use, at least 1.

    Raises
    ------
    ModelError
        The file is missing, changed, no network, or does not give what its card says.
    """

    def __init__(self, runtime: Runtime, threads: int) -> None:
        card = runtime.card
        if card.front_end != FRONT_END or card.sample_rate != frontend.SAMPLE_RATE:
            raise ModelError(
                f"The model {card.name} wants the front end {card.front_end!r} at "
                f"{card.sample_rate} Hz, which is not known here.",
                "Use a newer Soundalike, or another model.",
            )
        self._card = card
        self._runtime = runtime
        self._session = open_session(runtime.network, threads, runtime.cache)
        self._outputs = [_name_output(self._session, card)]
        self._input = _check_shapes(self._session, self._outputs, card)

    @property
    def stamp(self) -> ModelStamp:
        """Which model this is, and in which embedding space its vectors live."""
        return self._runtime.stamp

    @property
    def sample_rate(self) -> int:
        """The rate `embed` wants its samples in: 16,000 Hz."""
        return self._card.sample_rate

    def embed(self, samples: FloatArray) -> PatchEmbeddings:
        """Embed every whole patch of mono sound.

        Parameters
        ----------
        samples : np.ndarray [shape=(n,), float32]
            At 16 kHz, in [-1, 1].

        Returns
        -------
        PatchEmbeddings
            One row every 0.96 s; none for fewer than 15,600 samples.

        Raises
        ------
        ModelError
            The network answered with something that is not a number.
        """
        count = max(0, (len(samples) - _OVERLAP) // _PATCH_SAMPLES)
        embeddings = np.empty((count, self._card.dim), np.float32)
        batch = np.zeros((BATCH, *_PATCH_SHAPE), np.float32)
        for first in range(0, count, BATCH):
            used = min(BATCH, count - first)
            begin = first * _PATCH_SAMPLES
            part = samples[begin : begin + used * _PATCH_SAMPLES + _OVERLAP]
            batch[:used] = frontend.patches(frontend.log_mel(part))
            (out,) = self._session.run(self._outputs, {self._input: batch})
            embeddings[first : first + used] = out[:used]
        if self._card.clip is not None:
            np.clip(embeddings, -self._card.clip, self._card.clip, out=embeddings)
        if not np.isfinite(embeddings).all():
            raise ModelError(
                f"The model {self._card.name} answered with something that is not a number.",
                "Fetch or convert the model again.",
            )
        timestamps = np.arange(count, dtype=np.float32) * np.float32(self._card.patch_seconds)
        return PatchEmbeddings(embeddings, timestamps)


def _name_output(session: onnxruntime.InferenceSession, card: ModelCard) -> str:
    """Return the name of the output that is the embedding."""
    names = [output.name for output in session.get_outputs()]
    if card.output in names:
        return card.output
    if not card.output and len(names) == 1:
        return str(names[0])
    asked = f"has no output {card.output!r}" if card.output else "has several outputs"
    raise ModelError(
        f"The network of the model {card.name} {asked}: it has {', '.join(names)}.",
        "Name the one that is the embedding in its card, as `output`.",
    )


def _check_shapes(session: onnxruntime.InferenceSession, wanted: list[str], card: ModelCard) -> str:
    """Run one batch of silence, which also warms the session up, and return the input's name."""
    batch = np.zeros((BATCH, *_PATCH_SHAPE), np.float32)
    name = session.get_inputs()[0].name
    try:
        outputs = session.run(wanted, {name: batch})
    except (*UNUSABLE, ValueError):
        outputs = []
    if [(out.shape, out.dtype) for out in outputs] != [((BATCH, card.dim), np.float32)]:
        raise ModelError(
            f"The network of the model {card.name} does not turn patches of 96 by 64 numbers "
            f"into {card.dim}, as its card says.",
            "Fetch or convert the model again.",
        )
    return str(name)
