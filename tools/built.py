"""What a build came to, on a screen and as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.text import Text

from bot.times import clock
from index.manifest import Manifest
from tools.build import Built
from tools.left_out import left_out_as_json, left_out_lines
from tools.screen import Screen, as_called, counted, printable


def show_built(built: Built, directory: Path, screen: Screen) -> None:
    """Print what was left out and why first, the sum last."""
    screen.show(*left_out_lines("Left out", built.left_out))
    screen.show(*left_out_lines("In the index once", built.duplicates))
    parts = [f"{counted(built.heard, 'file')} heard ({clock(built.audio_seconds)} of audio)"]
    parts += [f"{built.kept:,} known before"] if built.kept else []
    parts += [f"{built.recognised:,} recognised by their sound"] if built.recognised else []
    parts += [_removed(built.removed)] if built.removed else []
    parts += [f"{built.retold:,} described anew"] if built.retold else []
    parts += [f"{built.gone:,} gone"] if built.gone else []
    parts += [f"{len(built.left_out):,} left out"] if built.left_out else []
    parts += (
        [f"{counted(built.elsewhere, 'track')} of other folders kept"] if built.elsewhere else []
    )
    screen.show(
        Text(f"{', '.join(parts)}, in {clock(built.seconds)}."),
        holding(built.manifest, directory, published=built.published),
    )


def holding(manifest: Manifest, directory: Path, *, published: bool) -> Text:
    """Render what an index holds now, and whether that is as it was before."""
    held = f"{counted(manifest.tracks, 'track')}, {counted(manifest.windows, 'window')}"
    place = f"are in {printable(str(directory))}"
    if published:
        return Text(f"{held} {place}.", "bold")
    return Text(f"Nothing changed: {held} {place}, as before.", "bold")


def _removed(files: int) -> str:
    stays, them = ("stays", "it") if files == 1 else ("stay", "them")
    back = as_called(f"`soundalike index add` brings {them} back")
    return f"{files:,} removed before {stays} out ({back})"


def built_as_json(built: Built, directory: Path) -> dict[str, Any]:
    """Return a build as plain JSON values."""
    return {
        "index": str(directory),
        "published": built.published,
        "tracks": built.manifest.tracks,
        "windows": built.manifest.windows,
        "model": built.manifest.stamp.model,
        "heard": built.heard,
        "kept": built.kept,
        "recognised": built.recognised,
        "removed": built.removed,
        "retold": built.retold,
        "gone": built.gone,
        "elsewhere": built.elsewhere,
        "audio_seconds": round(built.audio_seconds, 1),
        "seconds": round(built.seconds, 2),
        "left_out": left_out_as_json(built.left_out),
        "duplicates": left_out_as_json(built.duplicates),
    }
