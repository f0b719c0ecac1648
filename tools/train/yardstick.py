"""The yardstick: what models score on the three test sets, and how they differ."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from tools.evaluate.bootstrap import Estimate, mean_estimates
from tools.evaluate.tasks import LABEL_MEASURES, Scores, measure_labels, score_labels
from tools.train.hearing import Heard
from tools.train.trials import Trial

ALL = "all together"

Pair = tuple[str, str]
"""Two models: the first one less the second."""


@dataclass(frozen=True, slots=True)
class Report:
    """What models scored.

    Attributes
    ----------
    trials : tuple of Trial
    scores : Mapping
        Model name, then test set name, to `Scores`.
    chance : Mapping
        Test set name, then measure, to what a random order scores on average.
    differences : Mapping
        Pair of models, then test set name, then measure, to how much more the first one scores;
        the interval is that of the difference, over the same queries.
    agreement : Mapping
        Model name, then test set name or `ALL`, to Spearman's rank correlation of all pairwise
        similarities with those of the model that was named as the reference; empty without one.
    """

    trials: tuple[Trial, ...]
    scores: Mapping[str, Mapping[str, Scores]]
    chance: Mapping[str, Mapping[str, float]]
    differences: Mapping[Pair, Mapping[str, Mapping[str, Estimate]]]
    agreement: Mapping[str, Mapping[str, float]]


def compare(
    trials: Sequence[Trial],
    heard: Mapping[str, Heard],
    *,
    pairs: Iterable[Pair] = (),
    reference: str | None = None,
) -> Report:
    """Score models on each test set by centred cosine, each piece asking all the others.

    Parameters
    ----------
    trials : Sequence of Trial
    heard : Mapping of str to Heard
        What each model made of them.
    pairs : iterable of (str, str)
        Models whose difference is wanted.
    reference : str or None
        The model that the others' similarities are ranked beside.

    Returns
    -------
    Report
        The intervals of all but the hub measures know which pieces are not independent: see
        `Trial.clusters`.
    """
    units = {
        name: {trial.name: each.unit_vectors(trial) for trial in trials}
        for name, each in heard.items()
    }
    return Report(
        trials=tuple(trials),
        scores={
            name: {
                trial.name: score_labels(
                    by_trial[trial.name], trial.judged(), clusters=trial.clusters()
                )
                for trial in trials
            }
            for name, by_trial in units.items()
        },
        chance={trial.name: trial.chance() for trial in trials},
        differences={
            (one, other): {
                trial.name: difference(trial, units[one][trial.name], units[other][trial.name])
                for trial in trials
            }
            for one, other in pairs
        },
        agreement={}
        if reference is None
        else {
            name: _agreement(by_trial, units[reference])
            for name, by_trial in units.items()
            if name != reference
        },
    )


def difference(
    trial: Trial, one: NDArray[np.float32], other: NDArray[np.float32]
) -> dict[str, Estimate]:
    """Estimate how much more one model scores than another on the same queries.

    Parameters
    ----------
    trial : Trial
    one, other : NDArray[np.float32]
        Their vectors of the pieces, [pieces, d] each, centred and of unit length.

    Returns
    -------
    dict of str to Estimate
        By measure, with the interval of a paired bootstrap: queries are drawn with both scores.
    """
    judged = trial.judged()
    first, second = measure_labels(one, judged), measure_labels(other, judged)
    values = (first.values - second.values)[first.asks]
    estimates = mean_estimates(values, trial.clusters()[first.asks])
    return dict(zip(LABEL_MEASURES, estimates, strict=True))


def rank_agreement(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return Spearman's rank correlation of two models' similarities of all pairs of pieces.

    Parameters
    ----------
    one, other : NDArray[np.float32]
        Shapes (n, d) and (n, e): unit vectors of the same n pieces, three at least.
    """
    pairs = np.triu_indices(len(one), 1)
    return float(spearmanr((one @ one.T)[pairs], (other @ other.T)[pairs]).statistic)


def _agreement(
    one: Mapping[str, NDArray[np.float32]], other: Mapping[str, NDArray[np.float32]]
) -> dict[str, float]:
    together = rank_agreement(*(np.concatenate(list(each.values())) for each in (one, other)))
    by_trial = {name: rank_agreement(one[name], other[name]) for name in one}
    return {**by_trial, ALL: together}
