"""The models that take part in the yardstick, each as a function from sound to embeddings."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from models.card import ModelCard
from models.embedders import open_embedder
from models.frontend import PATCH_SECONDS, SAMPLE_RATE, log_mel, patches
from models.runtime import Runtime
from models.types import PatchEmbeddings
from models.windows import MEAN, WINDOW_PATCHES, combine
from tools.bench.weights import he_weights
from tools.convert.graph import EMBEDDING, build_vggish
from tools.convert.network import DIM, VGGISH
from tools.convert.pca import PcaParams

Embed = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Samples [n] to an embedding of each patch [patches, d]."""

Network = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Log-mel patches [n, 96, 64] to embeddings [n, d]."""

Pool = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Embeddings [n, d] of a piece's patches, one at least, to one vector [d]."""

TEACHER = "YAMNet (teacher)"
UNTRAINED = "untrained"
RANDOM = "random VGGish"

_BATCH = 16
_THREADS = 2


def mean_pool(embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean [d] of embeddings [n, d]."""
    return np.asarray(embeddings.mean(axis=0, dtype=np.float64), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Listener:
    """A model that takes part.

    Attributes
    ----------
    name : str
        How it is called in tables.
    key : str
        Changes with whatever may change its embeddings; part of a file name.
    load : callable
        Opens it: what is kept of a model is used without opening it again.
    sample_rate : int
        In Hz.
    patch_seconds : float
        Time from one of its embeddings to the next.
    pool : callable
    mean, scale : NDArray[np.float32] or None
        Shape (d,): what to centre its vectors on, None for its mean over the training side (which
        is always taken where silence takes part); and what to divide them by, None for nothing.
    every : int
        Of how many training recordings it hears one, for its mean; 0 for none, where it has one.
    student : bool
        Whether it is one of those that are measured, not one they are seen beside.
    """

    name: str
    key: str
    load: Callable[[], Embed] = field(repr=False)
    sample_rate: int = SAMPLE_RATE
    patch_seconds: float = PATCH_SECONDS
    pool: Pool = mean_pool
    mean: NDArray[np.float32] | None = None
    scale: NDArray[np.float32] | None = None
    every: int = 1
    student: bool = False


def file_listener(path: Path, mean: NDArray[np.float32] | None = None) -> Listener:
    """Let a student take part: an ONNX file that turns log-mel patches into embeddings."""
    key, name = f"onnx-{_digest(path)}", student_name(path)
    return Listener(name, key, lambda: hear_patches(open_onnx(path)), mean=mean, student=True)


def card_listener(card: ModelCard) -> Listener:
    """Let a model take part as the product runs it, such as one that has no network."""

    def load() -> Embed:
        embedder = open_embedder(Runtime(card, card.file), _THREADS)
        return lambda samples: embedder.embed(samples).embeddings

    return Listener(
        card.name,
        f"card-{card.stamp(card.file).sha512[:16]}",
        load,
        sample_rate=card.sample_rate,
        patch_seconds=card.patch_seconds,
        pool=mean_pool if card.pooling == MEAN else partial(combined, pooling=card.pooling),
        mean=np.array(card.mean, np.float32),
        scale=None if card.scale is None else np.array(card.scale, np.float32),
        every=0,
    )


def combined(embeddings: NDArray[np.float32], *, pooling: str) -> NDArray[np.float32]:
    """Combine embeddings [n, d] to one vector [d] as a window does, however many there are."""
    while len(embeddings) > 1:
        count = len(embeddings)
        heard = PatchEmbeddings(embeddings, np.zeros(count, np.float32))
        vectors, _ = combine(heard, np.ones(count, bool), pooling=pooling, hop=WINDOW_PATCHES)
        embeddings = vectors.astype(np.float32)
    return np.asarray(embeddings[0])


def student_name(path: Path) -> str:
    """Return how a student is called in tables, by its file's name."""
    return path.stem.replace("_", "-")


def teacher_listener(path: Path) -> Listener:
    """Let the teacher take part, from its TensorFlow Lite file; needs the `train` extra."""

    def load() -> Embed:
        from tools.train.teacher import load_teacher, teach  # noqa: PLC0415  (needs the extra)

        network = load_teacher(path)
        return hear_patches(lambda batch: teach(network, batch))

    return Listener(TEACHER, f"teacher-{_digest(path)}", load)


def untrained_listener(seed: int, *, half: bool = False) -> Listener:
    """Let the student's architecture take part with the weights it starts from."""
    import torch  # noqa: PLC0415  (needs the `train` extra)

    from tools.train.student import HALF_WIDTHS, WIDTHS, build_student  # noqa: PLC0415

    network = build_student(seed, HALF_WIDTHS if half else WIDTHS).eval()
    weights = b"".join(values.numpy().tobytes() for values in network.state_dict().values())

    def embed(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            return np.asarray(network(torch.from_numpy(batch).unsqueeze(1)).numpy())

    key = f"untrained-{sha256(weights).hexdigest()[:16]}"
    return Listener(UNTRAINED, key, lambda: hear_patches(embed))


def random_vggish_listener() -> Listener:
    """Let a network take part that is as large as VGGish and has learnt nothing.

    Its weights are drawn as He et al. 2015 propose, its biases are zero. It is slow, so its mean is
    that of an eighth of the training side.
    """

    def load() -> Embed:
        whitening = PcaParams(np.eye(DIM), np.zeros(DIM))
        model = build_vggish(he_weights(VGGISH), whitening, metadata={}, stored=np.float32)
        return hear_patches(_run(model, EMBEDDING))

    return Listener(RANDOM, "random-vggish-1", load, every=8)


def open_onnx(path: Path) -> Network:
    """Open an ONNX file as a function from patches to embeddings."""
    return _run(onnx.load(path), None)


def hear_patches(network: Network) -> Embed:
    """Return a network of log-mel patches as a function of samples at 16 kHz."""

    def embed(samples: NDArray[np.float32]) -> NDArray[np.float32]:
        return run_batches(network, patches(log_mel(samples)))

    return embed


def run_batches(network: Network, heard: NDArray[np.float32]) -> NDArray[np.float32]:
    """Run a network on patches [n, 96, 64], batch by batch."""
    return np.concatenate([network(batch) for batch in _batches(heard)])


def _run(model: onnx.ModelProto, output: str | None) -> Network:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _THREADS
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    (asked,) = session.get_inputs()
    outputs = [output or session.get_outputs()[0].name]

    def network(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(session.run(outputs, {asked.name: batch})[0])

    return network


def _batches(heard: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    for start in range(0, len(heard), _BATCH):
        yield heard[start : start + _BATCH]


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()[:16]
