"""Sessions of onnxruntime: a model file, or the graph that is kept of it, made ready to run."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from models.card import ModelFile, check_file
from models.cpu import describe_cpu
from models.graphs import GRAPH, WEIGHTS, KeptGraph
from models.types import ModelError

VERSION: Final[str] = onnxruntime.__version__
BATCH: Final = 16
"""Patches a session is run with, always: its memory is laid out for them once and stays flat."""

UNUSABLE: Final = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoSuchFile,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)
"""What onnxruntime raises for a file or an input it can do nothing with."""

_FATAL = 4
# The seed of a batch that stands for log-mel patches, and the range those lie in.
_SEED, _QUIETEST, _LOUDEST = 0, -4.6, 4.8


def open_session(
    file: ModelFile, threads: int, cache: Path | None = None
) -> onnxruntime.InferenceSession:
    """Open a model file, or the graph that is kept of it.

    Parameters
    ----------
    file : ModelFile
    threads : int
        Processor threads to use, at least 1.
    cache : Path or None
        The folder for what can be derived again; None to leave it aside.

    Raises
    ------
    ModelError
        The file is missing, not the one its card means, or no network.
    """
    if cache is not None:
        kept = kept_graph(file, cache)
        if graph := kept.find():
            try:
                return _open(graph, _options(threads, optimised=True))
            except UNUSABLE:
                kept.drop()
    path = check_file(file)
    try:
        return _open(path, _options(threads))
    except UNUSABLE:
        raise ModelError(
            f"The model file {path} is not a network that can be run here.",
            "Fetch or convert the model again.",
        ) from None


def check_model(file: ModelFile, cache: Path | None) -> None:
    """Check that a model file is the one its card means; it is read only where it must be.

    Raises
    ------
    ModelError
        It is missing, or another.
    """
    if cache is None or not kept_graph(file, cache).find():
        check_file(file)


def kept_graph(file: ModelFile, cache: Path) -> KeptGraph:
    """Return the place of a file's graph, as it is made here."""
    return KeptGraph(file, cache, version=VERSION, cpu=describe_cpu())


def keep_graph(file: ModelFile, cache: Path) -> None:
    """Make the graph of a model file and keep it; takes several times the file's size in memory.

    Raises
    ------
    ModelError
        The file is missing, or not the one its card means.
    OSError
        It cannot be written, or does not answer as the file does.
    """
    kept = kept_graph(file, cache)
    model = kept.model_stat()
    path = check_file(file)
    with kept.staging() as folder:
        options = _options(threads=1)
        options.optimized_model_filepath = str(folder / GRAPH)
        for name, value in {
            "optimized_model_external_initializers_file_name": WEIGHTS,
            "optimized_model_external_initializers_min_size_in_bytes": "1024",
            "save_external_prepacked_constant_initializers": "1",
        }.items():
            options.add_session_config_entry(f"session.{name}", value)
        try:
            expected = _answer(_open(path, options))
            answered = _answer(_open(folder / GRAPH, _options(threads=1, optimised=True)))
        except UNUSABLE as error:
            raise OSError(str(error)) from None
        for mine, theirs in zip(answered, expected, strict=True):
            if not np.allclose(mine, theirs, rtol=1e-3, atol=1e-4 * np.abs(theirs).max()):
                raise OSError("the graph that was kept does not answer as the model file does")
        kept.publish(folder, model)


def _open(path: Path, options: onnxruntime.SessionOptions) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _options(threads: int, *, optimised: bool = False) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Every batch has the same size, so an arena is full after the first one. Without it, pieces of
    # tens of megabytes go back and forth to the system, which keeps up to twice as much; with a
    # plan of the memory laid over it, first batch and later ones are held side by side.
    options.enable_cpu_mem_arena = True
    options.enable_mem_pattern = False
    # Idle threads sleep instead of spinning: faster where other work shares the cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _FATAL
    if optimised:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return options


def _answer(session: onnxruntime.InferenceSession) -> list[np.ndarray]:
    """Return all outputs for a batch that looks like log-mel patches."""
    (asked,) = session.get_inputs()
    shape = [size if isinstance(size, int) else BATCH for size in asked.shape]
    rng = np.random.default_rng(_SEED)
    batch = rng.uniform(_QUIETEST, _LOUDEST, shape).astype(np.float32)
    return list(session.run(None, {asked.name: batch}))
