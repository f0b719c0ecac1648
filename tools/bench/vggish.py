"""VGGish by the patch, beside its peers, and what it takes of the machine's memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from models.pool import cores
from models.runtime import Runtime
from models.types import FloatArray
from tools.bench.effort import Effort
from tools.bench.made_up_vggish import FP32, INT8, made_up_vggish
from tools.bench.measure import Report, Row, Shown
from tools.bench.memory import measure_memory
from tools.bench.memory_report import MemoryReport, Taken
from tools.bench.networks import open_openvino, open_ours, open_tensorflow, open_torch
from tools.bench.turns import Contender, take_turns


def reports(runtime: Runtime, patches: FloatArray, effort: Effort) -> Iterator[Shown]:
    """Make a network like VGGish and measure it.

    Parameters
    ----------
    runtime : Runtime
        The model that is set, which is timed in the same turns.
    patches : np.ndarray [shape=(n, 96, 64), float32]
        At least as many as the largest batch.
    effort : Effort
    """
    with tempfile.TemporaryDirectory() as folder:
        made = made_up_vggish(Path(folder), effort.topology, patches)
        own = {
            f"{runtime.card.name} {file.precision}": replace(runtime, file=file)
            for file in runtime.card.files
            if file.path.is_file()
        }
        contenders = _contenders(made, effort)
        contenders += [Contender(name, open_ours, each, same=False) for name, each in own.items()]
        batches = [patches[:count] for count in effort.batches]
        for threads in effort.threads:
            tables = take_turns(contenders, batches, threads, effort.rounds)
            for count, rows in zip(effort.batches, tables, strict=True):
                workers = "1 thread" if threads == 1 else f"{threads} threads"
                title = f"VGGish (made-up weights), {count} patches at once, {workers}"
                yield Report(title, _beside_vggish(rows, own))
        yield _memory(made, own, effort)


def _contenders(made: Mapping[str, Runtime], effort: Effort) -> list[Contender]:
    return [
        Contender("VGGish int8", open_ours, made[INT8]),
        Contender("VGGish fp32", open_ours, made[FP32]),
        Contender("PyTorch fp32", open_torch, effort.topology),
        Contender("TensorFlow fp32", open_tensorflow, effort.topology),
        Contender("OpenVINO fp32", open_openvino, made[FP32].network.path),
        Contender("OpenVINO, the int8 file", open_openvino, made[INT8].network.path),
    ]


def _beside_vggish(rows: Sequence[Row], own: Mapping[str, Runtime]) -> list[Row]:
    """Note how many times as fast as VGGish in the same arithmetic the model's files are."""
    times = {row.what: row.milliseconds(0.5) for row in rows}

    def note(row: Row) -> str:
        if row.what not in own:
            return row.note
        precision = INT8 if own[row.what].network.precision == INT8 else FP32
        vggish, this = times[f"VGGish {precision}"], times[row.what]
        return f"{vggish / this:.1f}× as fast as VGGish {precision}" if vggish and this else ""

    return [replace(row, note=note(row)) for row in rows]


def _memory(
    made: Mapping[str, Runtime], own: Mapping[str, Runtime], effort: Effort
) -> MemoryReport:
    rows = []
    for precision, runtime in made.items():
        (alone,) = measure_memory(runtime, threads=cores(), calls=effort.calls)
        rows.append(Taken(f"VGGish {precision}, one worker", alone))
        one, _ = measure_memory(runtime, workers=2, threads=cores(), calls=0)
        rows.append(Taken(f"VGGish {precision}, one of two", one, "PSS counts shared pages once"))
    for name, runtime in own.items():
        (alone,) = measure_memory(runtime, threads=cores(), calls=effort.calls)
        rows.append(Taken(f"{name}, one worker", alone))
    title = f"Memory of worker processes; growth over {effort.calls:,} clips of 1 to 30 s"
    return MemoryReport(title, rows)
