"""What a model is calibrated on: folders of audio, or indexes it has made."""

from __future__ import annotations

from pathlib import Path

from bot.stamps import compare_stamps
from models.runtime import Runtime
from tools.evaluate.sources import Material, is_index, read_folder, read_index
from tools.screen import Screen
from tools.walk import plain_path


def gather(place: Path, runtime: Runtime, kept: Path, *, screen: Screen) -> Material:
    """Return the tracks of a folder or an index as a model hears them.

    Parameters
    ----------
    place : Path
    runtime : Runtime
        The model.
    kept : Path
        Where to keep what it hears in a folder.
    screen : Screen

    Raises
    ------
    SoundalikeError
        There is nothing that can be heard, or the index is another model's.
    """
    if not is_index(place):
        return read_folder(place, [runtime], kept, screen=screen, jobs=None)
    material = read_index(place)
    compare_stamps(runtime.stamp, material.heard[0].stamp)
    return material


def name_of(place: Path) -> str:
    """Return what to call a folder or an index: its own name."""
    return plain_path(place).name or str(place)
