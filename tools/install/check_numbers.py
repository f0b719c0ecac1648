"""Checks of what a network answers: against float64, against another file, against the release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.audioset import quantise
from models.card import ModelCard, ModelFile
from models.session import UNUSABLE, open_session
from models.types import FloatArray, ModelError
from tools.install.check_graph import CONVERTED
from tools.install.findings import Finding, finding
from tools.install.release import SmokeFigures, Spread
from tools.install.tone import noise_patches, tone_patches

Answers = Mapping[str, NDArray[np.floating]]
"""What a network makes of the patches it is tried on: each output, [5, dim], by its name."""

SMOKE: Final = ("tone: embedding", "tone: eight bits")
"""What the findings of the smoke test are called."""

_ERROR = 1e-4
_LEAST_COSINE = 0.95
# Storing weights as float16 moves each by up to half a step: what that may do to a mean near zero.
_HALF_STEP = 2.0**-11


class CannotRunError(Exception):
    """A network cannot be run; says why, to stand in a table."""


def trial_patches() -> FloatArray:
    """Return the patches [5, 96, 64] networks are tried on: three of the tone, two of noise."""
    return np.concatenate([tone_patches(), noise_patches()])


def run_network(card: ModelCard, file: ModelFile) -> Answers:
    """Run a file of a card on the patches it is tried on, as it is run when it listens.

    Only what the card names is looked at, and what belongs to it: a network may answer more.

    Raises
    ------
    CannotRunError
        It cannot be run, or does not answer as its card says.
    """
    patches = trial_patches()
    try:
        session = open_session(file, threads=1)
        given = session.get_inputs()[0].name
        names = _outputs_of(card, [output.name for output in session.get_outputs()])
        together = session.run(names, {given: patches})
        alone = session.run(names, {given: patches[:1]})
    except ModelError as error:
        raise CannotRunError(error.sentence) from None
    except (*UNUSABLE, ValueError, IndexError) as error:
        raise CannotRunError(str(error).partition("\n")[0][:120]) from None
    answers = {}
    for name, one, out in zip(names, alone, together, strict=True):
        problem = _problem(out, len(patches), card.dim) or _problem(one, 1, card.dim)
        if problem and name == (card.output or names[0]):
            raise CannotRunError(f"{name} is {problem}")
        if not problem:
            if _difference(one, out[:1]) > _ERROR:
                raise CannotRunError("a patch alone gives another embedding than among others")
            answers[name] = out
    return answers


def _outputs_of(card: ModelCard, there: Sequence[str]) -> list[str]:
    if not card.output and len(there) > 1:
        raise CannotRunError("several outputs, and the card does not say which")
    if card.output and card.output not in there:
        raise CannotRunError(f"no output {card.output}")
    wanted = CONVERTED if card.output in CONVERTED else (card.output,)
    return [name for name in there if not card.output or name in wanted]


def _problem(out: object, rows: int, dim: int) -> str:
    """Return what an output is instead of embeddings; empty where it is [rows, dim]."""
    wanted = f"instead of [{rows}, {dim}] float32"
    if not isinstance(out, np.ndarray):
        return f"no array {wanted}"
    if out.shape == (rows, dim) and out.dtype == np.float32:
        return ""
    return f"[{', '.join(map(str, out.shape))}] {out.dtype} {wanted}"


def check_answers(answers: Answers) -> Finding:
    """Check that a network answers with numbers."""
    finite = all(np.isfinite(out).all() for out in answers.values())
    return finding("answers", "finite numbers", "finite numbers" if finite else "others too")


def check_against_reference(answers: Answers, reference: Answers) -> Iterator[Finding]:
    """Check answers of onnxruntime against those of float64, and that the last layer has no ReLU.

    Parameters
    ----------
    answers, reference : Answers
    """
    compared = {name: wanted for name, wanted in reference.items() if name in answers}
    worst = max(_difference(answers[name], wanted) for name, wanted in compared.items())
    yield finding(
        "against float64", f"within {_ERROR:g}", f"within {worst:.1e}", passed=worst <= _ERROR
    )
    # Of the network itself: the whitening behind it has numbers below 0 in any case.
    least = float(next(iter(compared.values())).min())
    yield finding("lowest number", "below 0", f"{least:.3f}", passed=least < 0)


def check_against_first(answers: Answers, first: Answers, card: ModelCard) -> Iterator[Finding]:
    """Check a file of less precision against the first one of its card."""
    name = card.output or next(iter(first))
    if name not in answers:
        yield finding("against the first file", name, "no such output", passed=False)
        return
    mine, theirs = (_unit(each[name]) for each in (answers, first))
    worst = float((mine * theirs).sum(axis=1).min())
    yield finding(
        "against the first file",
        f"cosine ≥ {_LEAST_COSINE:g}",
        f"{worst:.4f}",
        passed=worst >= _LEAST_COSINE,
    )


def smoke_figures(embeddings: NDArray[np.floating], whitened: NDArray[np.floating]) -> SmokeFigures:
    """Return what the published smoke test looks at.

    Parameters
    ----------
    embeddings, whitened : NDArray[np.floating]
        What a network and its whitening make of the patches of the tone, [3, 128].
    """
    codes = quantise(whitened)
    return SmokeFigures(
        Spread(float(embeddings.mean()), float(embeddings.std())),
        Spread(float(codes.mean()), float(codes.std())),
    )


def check_smoke(
    found: SmokeFigures, published: SmokeFigures, *, stored_exactly: bool
) -> Iterator[Finding]:
    """Check the figures of the smoke test against the published ones, to a tenth as that does.

    The mean of an embedding is near zero: a tenth of it is a five-thousandth of the numbers' own
    spread, and less than what storing weights as float16 may move it. Where they are stored so, it
    has that much room more; a network that is wrong misses it by fifty times as much.
    """
    slack = 0.0 if stored_exactly else _HALF_STEP * published.embedding.std
    yield finding(
        SMOKE[0],
        published.embedding,
        found.embedding,
        passed=published.embedding.near(found.embedding, slack),
    )
    yield finding(
        SMOKE[1],
        published.codes,
        found.codes,
        passed=published.codes.near(found.codes),
    )


def _difference(found: NDArray[np.floating], wanted: NDArray[np.floating]) -> float:
    """Return the largest difference, relative to the largest number."""
    return float(np.abs(found - wanted).max() / max(float(np.abs(wanted).max()), 1e-12))


def _unit(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    wide = np.asarray(rows, np.float64)
    lengths = np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-12)
    return np.asarray(wide / lengths)
