"""Which recordings teach, and which ones only ever test."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.types import SettingsError

MUSIC_TEST_FOLDERS = ("FMA", "Jamendo")
"""Their licences (NC, ND) keep them out of a model that ships; so they test it."""

TEST_INSTRUMENTS = ("banjo", "clarinet", "flute", "guitar", "trombone")
TEST_FOLDS = ("4", "5")
AUDIO_ENDINGS = (".flac", ".mp3", ".ogg", ".wav")

_TAKE = 2
_MADE = {
    "synthetic": "pieces rendered by FluidSynth with the FluidR3 GM bank",
    "speech": "voices of espeak-ng",
}


@dataclass(frozen=True, slots=True)
class Recording:
    """One audio file of the data folder.

    Attributes
    ----------
    path : Path
    kind : str
        ``music``, ``esc10``, ``philharmonia``, ``synthetic`` or ``speech``.
    label : str
        The folder it lies in: a collection, a class of sound, an instrument.
    test : bool
        Whether it is kept for testing and never trained on.
    """

    path: Path
    kind: str
    label: str
    test: bool


def list_recordings(data: Path) -> tuple[Recording, ...]:
    """List the audio of a data folder, each file on one side of the split.

    Parameters
    ----------
    data : Path
        Holds ``music/``, ``esc10/`` and ``philharmonia/``, each with a folder for a label.

    Returns
    -------
    tuple of Recording
        In the order of their paths.
    """
    return tuple(
        Recording(path, kind, path.parent.name, is_test(kind, path))
        for kind in ("music", "esc10", "philharmonia")
        for path in sorted((data / kind).glob("*/*"))
        if path.suffix.lower() in AUDIO_ENDINGS
    )


def check_sides(recordings: Sequence[Recording]) -> None:
    """Raise `SettingsError` unless there is something to train on and something to test with."""
    for test, purpose in ((False, "train on"), (True, "test with")):
        if not any(each.test == test for each in recordings):
            raise SettingsError(
                f"There is nothing to {purpose}.",
                "Name a folder that holds music/, esc10/ and philharmonia/, each with a folder for "
                "each label.",
            )


def choice_key(recordings: Iterable[Recording]) -> str:
    """Return 12 hexadecimal digits that name a choice of recordings."""
    lines = [f"{each.kind}/{each.label}/{each.path.name}" for each in recordings]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def origin(recording: Recording) -> str:
    """Name the recording that a file is of: takes of one recording are several files.

    ESC-10's files are called ``FOLD-ID-TAKE``, with the number of the recording on Freesound.
    """
    parts = recording.path.stem.split("-")
    if recording.kind == "esc10" and len(parts) > _TAKE:
        return "-".join(parts[:_TAKE])
    return f"{recording.label}/{recording.path.name}"


def describe_training(taught: Sequence[Recording]) -> str:
    """Say in a line what a model has learnt from, by what was really there to hear."""
    counts = Counter(each.kind for each in taught)
    made = [f"{counts[kind]} {words}" for kind, words in _MADE.items() if counts[kind]]
    return "; ".join([describe_recordings(taught), *made])


def describe_recordings(recordings: Iterable[Recording]) -> str:
    """Say in a line which recordings are not kept for testing."""
    found: dict[str, dict[str, int]] = {}
    for each in recordings:
        if not each.test:
            labels = found.setdefault(each.kind, {})
            labels[each.label] = labels.get(each.label, 0) + 1
    music = ", ".join(f"{label} ({count})" for label, count in found.get("music", {}).items())
    return (
        f"music: {music}; ESC-10 folds 1-3 ({sum(found.get('esc10', {}).values())} clips); "
        f"Philharmonia Orchestra samples ({sum(found.get('philharmonia', {}).values())} of "
        f"{len(found.get('philharmonia', {}))} instruments)"
    )


def is_test(kind: str, path: Path) -> bool:
    """Tell whether a recording only tests: by collection, instrument or ESC-10 fold."""
    match kind:
        case "music":
            return path.parent.name in MUSIC_TEST_FOLDERS
        case "philharmonia":
            return path.parent.name in TEST_INSTRUMENTS
        case "esc10":
            return path.name.startswith(TEST_FOLDS)
        case _:
            return False
