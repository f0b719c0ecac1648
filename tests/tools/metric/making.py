"""A release of two genres that sound a little different, in both of its parts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tests.tools.audioset.making import records, write_files
from tools.audioset.labels import GENRE
from tools.audioset.records import Segment

Release = tuple[Path, Path, Path]


def write_release(folder: Path, *, learnt: int = 90, held_out: int = 60) -> Release:
    """Write the archive, the labels and the ontology of a release."""
    labels, ontology = folder / "labels.csv", folder / "ontology.json"
    names = ("jazz", "rock", "dog")
    rows = [f"{place},/m/{name},{name.title()}" for place, name in enumerate(names)]
    labels.write_text("\n".join(["index,mid,display_name", *rows]))
    tree = [{"id": f"/m/{name}", "name": name, "child_ids": []} for name in names]
    genre = {"id": GENRE, "name": "Music genre", "child_ids": ["/m/jazz", "/m/rock"]}
    ontology.write_text(json.dumps([genre, *tree]))
    parts = {"bal_train": segments(learnt, 1), "eval": segments(held_out, 2)}
    files = {f"release/{part}/00.tfrecord": records(given) for part, given in parts.items()}
    return write_files(folder / "features.tar.gz", files), labels, ontology


def segments(count: int, seed: int) -> list[Segment]:
    """Return as many segments of jazz, rock and dogs.

    A third of the numbers tells each from the others; what differs most is something else.
    """
    nuisance = np.random.default_rng(0).normal(0, 30, (4, 128))
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        told = np.where(np.arange(128) % 3 == number % 3, 12, 0)
        codes = rng.normal(128 + told, 20, (10, 128)) + rng.normal(size=4) @ nuisance
        labels = (number % 3,)
        made.append(Segment(f"{seed}-{number}", labels, codes.clip(0, 255).astype(np.uint8)))
    return made


def options(release: Release) -> list[str]:
    """Return the release as the arguments of a command."""
    archive, labels, ontology = map(str, release)
    return [archive, "--labels", labels, "--ontology", ontology]
