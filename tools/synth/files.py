"""Synthesised pieces as tagged FLAC files that a person can listen to."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import mutagen
import soundfile
from mutagen.flac import FLAC

from tools.synth.pieces import Piece, synthesise
from tools.synth.sound import RATE

ALBUM = "Soundalike demo"
# Part of every file's tags: raise it when the sound changes, and old files are made anew.
VERSION = 1


def piece_path(piece: Piece, folder: Path) -> Path:
    """Return where a piece lies below a folder: "Demo Bells A/1 Bells in D minor, 96 bpm.flac"."""
    return folder / piece.by / f"{piece.number} {piece.title}.flac"


def write_piece(piece: Piece, folder: Path) -> Path:
    """Synthesise a piece into its file, unless that is there already."""
    path = piece_path(piece, folder)
    if _maker(path) == _signature(piece):
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    soundfile.write(unfinished, synthesise(piece), RATE, format="FLAC", subtype="PCM_16")
    flac = FLAC(unfinished)
    flac["title"], flac["artist"], flac["album"] = piece.title, piece.by, ALBUM
    flac["genre"], flac["tracknumber"] = piece.kind.name, str(piece.number)
    flac["encoder"] = _signature(piece)
    flac.save()
    unfinished.replace(path)
    return path


def write_pieces(pieces: Sequence[Piece], folder: Path, jobs: int) -> Iterator[tuple[Piece, Path]]:
    """Write many pieces on `jobs` processes and yield each when its file is there."""
    waiting = [piece for piece in pieces if _maker(piece_path(piece, folder)) != _signature(piece)]
    yield from ((piece, piece_path(piece, folder)) for piece in pieces if piece not in waiting)
    if jobs < 2 or len(waiting) < 2:
        yield from ((piece, write_piece(piece, folder)) for piece in waiting)
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=spawn, initializer=_leave_ctrl_c) as pool:
        running = {pool.submit(write_piece, piece, folder): piece for piece in waiting}
        try:
            yield from ((running[done], done.result()) for done in as_completed(running))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _signature(piece: Piece) -> str:
    return f"Soundalike synthesiser {VERSION}, seed {piece.seed}"


def _maker(path: Path) -> str:
    """Return what made a file; empty where there is none or it cannot be read."""
    try:
        return str(FLAC(path).get("encoder", [""])[0])
    except (mutagen.MutagenError, OSError):
        return ""


def _leave_ctrl_c() -> None:
    """Let the parent alone answer Ctrl-C: a worker finishes its piece and goes quietly."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
