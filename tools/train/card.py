"""The card of the trained model: what it is, what made it, its mean, its files, its scores."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.card import ModelFile
from models.frontend import PATCH_SECONDS, SAMPLE_RATE
from tools.cards import file_table
from tools.train.yardstick import Report

NAME, HALF_NAME = "vggish-small", "vggish-small-half"
VERSION = "2"
"""To be raised for other weights: an index is built again for another version."""

LICENCE = "MIT"
TEACHER = "YAMNet by Google (Apache-2.0), its 1024-d embedding"

_METHOD = (
    "leave one out, other takes of the same recording too, on recordings that took no part in "
    "training; the mean over what can be heard of a clip; centred cosine; intervals in "
    "docs/BENCHMARKS.md"
)
_MEASURES = {"p1": "P@1", "p5": "P@5", "map": "MAP"}


def card_of_training(
    *, training_data: str, command: str, manifest: str | None, name: str = NAME
) -> dict[str, Any]:
    """Return what is known of a model once it is trained, as the fields of its card.

    Parameters
    ----------
    training_data, command : str
        What it learnt from, and how it was made.
    manifest : str or None
        The SHA-256 of its data manifest.
    name : str
        Of the model; each has an embedding space of its own.
    """
    return {
        "name": name,
        "version": VERSION,
        "embedding_space": f"{name}-{VERSION}",
        "front_end": "vggish-log-mel",
        "sample_rate": SAMPLE_RATE,
        "dim": 0,
        "patch_seconds": PATCH_SECONDS,
        "pooling": "mean",
        "licence": LICENCE,
        "teacher": TEACHER,
        "training_data": training_data,
        "made_by": command,
        **({} if manifest is None else {"data_manifest_sha256": manifest}),
    }


def finish_card(
    table: Mapping[str, Any],
    *,
    mean: NDArray[np.floating],
    files: Sequence[ModelFile],
    report: Report,
) -> dict[str, Any]:
    """Return a card with its mean, its files and its scores; whatever else it says is kept.

    Parameters
    ----------
    table : Mapping
        The card's fields so far.
    mean : NDArray[np.floating]
        Shape (dim,): the mean embedding over the training data.
    files : Sequence of ModelFile
        The best one first.
    report : Report
        Its scores and those it is to be seen beside.
    """
    return {
        **table,
        "dim": len(mean),
        "mean": [float(f"{value:.6g}") for value in mean],
        "files": [file_table(file) for file in files],
        "evaluation": evaluation_of(report),
    }


def evaluation_of(report: Report) -> dict[str, Any]:
    """Return what a card says of a report: how it was measured, and the scores by test set."""
    scores = {trial.name: _scores(report, trial.name) for trial in report.trials}
    return {"method": _METHOD, **scores}


def _scores(report: Report, trial: str) -> dict[str, dict[str, float]]:
    found = {
        name: {key: by_trial[trial].measures[measure].value for key, measure in _MEASURES.items()}
        for name, by_trial in report.scores.items()
    }
    for name, values in report.agreement.items():
        found[name]["rank_agreement"] = values[trial]
    found["chance"] = {"p1": report.chance[trial]["P@1"]}
    return {
        name: {key: round(value, 3) for key, value in values.items()}
        for name, values in found.items()
    }
