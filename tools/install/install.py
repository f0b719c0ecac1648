"""From published files to an installed model, step by step; nothing is there until all of it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from models.audioset import LIMIT
from models.card import ModelCard, ModelFile
from models.choice import LEAST_OVERLAP
from models.session import BATCH, open_session
from models.types import FloatArray, ModelError
from tools.convert.conversion import convert
from tools.convert.graph import PCA
from tools.convert.network import VGGISH, Topology
from tools.install.cards import card_fields, describe, metadata_of, staged_card
from tools.install.check_front_end import check_front_end
from tools.install.check_numbers import SMOKE
from tools.install.findings import Finding, Outcome
from tools.install.folder import check_room, place
from tools.install.naming import check_identity, check_name
from tools.install.release import OFFICIAL, Identity, Release, identify
from tools.install.sources import Sources, reading
from tools.install.verify import FileVerification
from tools.onnx_chain import INPUT
from tools.quantize.telling import Tell, silently

STAGES: Final = ("converting", "verifying", "placing")
"""What an installation goes through."""

ROOM: Final = 3
"""What an installation needs of the disk, in sizes of its checkpoint.

It takes 2.5 while it is calibrated: the network in float16, and twice in float32.
"""

_DIGITS: Final = 6
_OVERLAP_DIGITS: Final = 4


class Quantiser(Protocol):
    """Makes the int8 file of a model."""

    def __call__(self, card: ModelCard, out: Path, tell: Tell) -> float:
        """Write the int8 form of a card's only file; return its overlap with that one."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be installed, and how.

    Attributes
    ----------
    name : str
    sounds : callable
        Yields log-mel patches [n, 96, 64] of ordinary music: the mean of weights that are not the
        published ones is taken over them.
    quantise : Quantiser or None
        None leaves the model in float16 alone.
    tell : Tell
        Told of each of the `STAGES` as it begins and ends, and what goes on in between.
    release : Release
        The published weights.
    topology : Topology
        The layers they have to have.
    """

    name: str
    sounds: Callable[[], Iterable[FloatArray]]
    quantise: Quantiser | None = None
    tell: Tell = silently
    release: Release = OFFICIAL
    topology: Topology = VGGISH


@dataclass(frozen=True, slots=True)
class Installed:
    """What an installation came to.

    Attributes
    ----------
    card : ModelCard
    notes : tuple of str
        Sentences: why it is not verified, or what was left out.
    """

    card: ModelCard
    notes: tuple[str, ...]


def install(plan: Plan, sources: Sources, models_dir: Path, staging: Path) -> Installed:
    """Make a model of published files and install it.

    Parameters
    ----------
    plan : Plan
    sources : Sources
    models_dir, staging : Path
        The models folder, and the folder to work in: see `tools.install.folder.holding`.

    Raises
    ------
    ModelError
        The files are not of VGGish, the network does not pass its checks, or it may not bear that
        name. The models folder is as it was.
    OSError
        The disk refuses; the models folder is as it was.
    """
    check_name(plan.name, models_dir)
    with reading(sources.checkpoint):
        size = sources.checkpoint.stat().st_size
    check_room(models_dir, ROOM * size)
    identity = identify(*sources, plan.release)
    check_identity(plan.name, identity)

    with _stage(plan, "converting"):
        table = card_fields(plan.name, sources, identity)
        network = staging / "network.onnx"
        convert(*sources, network, metadata_of(table), topology=plan.topology)

    with _stage(plan, "verifying"):
        files = [describe(network, "fp16")]
        first = FileVerification(staged_card(table, files, staging), files[0], None, plan.release)
        identity = _verified(first, identity)
        check_identity(plan.name, identity)
    notes = [identity.problem] if identity.problem else []
    if identity.problem:
        table = card_fields(plan.name, sources, identity, _mean(files[0], plan.sounds()))

    if plan.quantise is not None:
        # It tells of its own steps as it goes.
        try:
            files.append(_small_file(plan, table, files[0], first, staging))
        except ModelError as error:
            notes.append(f"The int8 file is left out: {error}")

    with _stage(plan, "placing"):
        card = place(models_dir, table, files)
    return Installed(card, tuple(notes))


def _small_file(
    plan: Plan,
    table: Mapping[str, Any],
    file: ModelFile,
    first: FileVerification,
    staging: Path,
) -> ModelFile:
    """Make the int8 file; ModelError where it cannot be made or will not do."""
    assert plan.quantise is not None
    made = staging / "small.onnx"
    overlap = plan.quantise(staged_card(table, [file], staging), made, plan.tell)
    small = replace(describe(made, "int8"), overlap=round(overlap, _OVERLAP_DIGITS))
    card = staged_card(table, [file, small], staging)
    if problem := _unfit(FileVerification(card, small, first.answers, None), overlap):
        raise ModelError(problem)
    return small


@contextmanager
def _stage(plan: Plan, stage: str) -> Iterator[None]:
    plan.tell(stage, 0, 1)
    yield
    plan.tell(stage, 1, 1)


def _unfit(verification: FileVerification, overlap: float) -> str:
    """Return why an int8 file will not do, as a sentence; empty where it will."""
    if failed := _failures(verification.findings()):
        return _as_sentence(failed[0])
    if overlap < LEAST_OVERLAP:
        return f"of what the first file finds nearest it finds {overlap:.0%} only."
    return ""


def _verified(verification: FileVerification, identity: Identity) -> Identity:
    """Return the identity with what the smoke test says of it; refuse what is unsound."""
    failed = [*_failures(check_front_end()), *_failures(verification.findings())]
    unsound = [each for each in failed if each.what not in SMOKE]
    if unsound:
        raise ModelError(
            f"The model is not sound: {_as_sentence(unsound[0])}",
            "Fetch the checkpoint again, or convert another.",
        )
    if failed:
        problem = f"The smoke test has not the published answer: {_as_sentence(failed[0])}"
        return replace(identity, problem=problem)
    return identity


def _failures(findings: Iterable[Finding]) -> list[Finding]:
    return [each for each in findings if each.outcome is Outcome.FAILED]


def _as_sentence(each: Finding) -> str:
    return f"{each.what} is {each.found} instead of {each.expected}."


def _mean(network: ModelFile, sounds: Iterable[FloatArray]) -> list[float]:
    """Return the mean whitened embedding over patches of ordinary music."""
    session = open_session(network, threads=1)
    total: NDArray[np.float64] = np.zeros(128)
    count = 0
    for patches in sounds:
        for start in range(0, len(patches), BATCH):
            (out,) = session.run([PCA], {INPUT: patches[start : start + BATCH]})
            total += np.clip(out, -LIMIT, LIMIT).sum(axis=0, dtype=np.float64)
            count += len(out)
    return [round(float(value), _DIGITS) for value in total / max(count, 1)]
