"""Makes the card of librosa-stats: ``python -m tools.train.librosa_stats DATA --out FILE.toml``.

It has no weights: what is learnt are the mean and the spread of each number over ordinary sound.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from models.card import LIBROSA_FEATURES, ModelCard
from models.embedders import open_embedder
from models.librosa_features import DIM, PATCH_SAMPLES, SAMPLE_RATE
from models.runtime import Runtime
from models.types import Embedder
from models.windows import MEAN_MAX_MIN, combine, sounding
from tools.cards import card_table, write_card
from tools.train.sound import read_sound
from tools.train.sources import describe_recordings, list_recordings

NAME = "librosa-stats"
VERSION = "1"

# A number that is always the same tells nothing, whatever it is divided by.
_LEAST_SPREAD = 1e-6


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
def main(data: Path, out: Path) -> None:
    """Write the card of librosa-stats, its mean and scale from the training side of DATA.

    Example: python -m tools.train.librosa_stats DATA --out models/cards/librosa-stats.toml
    """
    taught = [each for each in list_recordings(data) if not each.test]
    card = draft(describe_recordings(taught))
    paths = (each.path for each in track(taught, "listening"))
    mean, scale = spread(windows_of(paths, open_embedder(Runtime(card, None), threads=1)))
    table = card_table(card)
    table["made_by"] = f"python -m tools.train.librosa_stats DATA --out {out.name}"
    # Last, as they are long.
    table |= {"mean": _rounded(mean), "scale": _rounded(scale)}
    write_card(out, {key: table[key] for key in sorted(table, key=["mean", "scale"].count)})


def draft(training_data: str) -> ModelCard:
    """Return the card as it is before anything is learnt."""
    return ModelCard(
        name=NAME,
        version=VERSION,
        space=f"{NAME}-{VERSION}",
        front_end=LIBROSA_FEATURES,
        sample_rate=SAMPLE_RATE,
        dim=DIM,
        patch_seconds=PATCH_SAMPLES / SAMPLE_RATE,
        pooling=MEAN_MAX_MIN,
        files=(),
        licence="MIT",
        training_data=f"no weights; mean and scale from {training_data}",
        mean=(0.0,) * DIM,
    )


def windows_of(paths: Iterable[Path], embedder: Embedder) -> Iterator[NDArray[np.float64]]:
    """Yield the windows [w, dim] of each file, as an index makes them but not yet centred."""
    for path in paths:
        sound = read_sound(path)
        patches = embedder.embed(np.pad(sound, (0, max(PATCH_SAMPLES - len(sound), 0))))
        audible = sounding(
            sound,
            sample_rate=SAMPLE_RATE,
            patch_seconds=PATCH_SAMPLES / SAMPLE_RATE,
            count=len(patches.timestamps),
        )
        vectors, _ = combine(patches, audible, pooling=MEAN_MAX_MIN)
        yield vectors


def spread(
    recordings: Iterable[NDArray[np.float64]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation [dim] of windows, each recording counting as much.

    Parameters
    ----------
    recordings : iterable of np.ndarray [shape=(w, dim)]
        The windows of each; there may be none.
    """
    heard = [windows for windows in recordings if len(windows)]
    weights = np.concatenate([np.full(len(windows), 1 / len(windows)) for windows in heard])
    windows = np.concatenate(heard)
    mean = np.average(windows, axis=0, weights=weights)
    variance = np.average((windows - mean) ** 2, axis=0, weights=weights)
    return mean, np.maximum(np.sqrt(variance), _LEAST_SPREAD)


def _rounded(numbers: NDArray[np.float64]) -> list[float]:
    return [float(f"{number:.6g}") for number in numbers]


if __name__ == "__main__":
    main()
