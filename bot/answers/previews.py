"""Previews in turns of their own: whoever wants to hear one holds up nobody who asks."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Protocol

from bot.gate import Gate
from bot.turns import Turns
from models.preview import Preview
from models.types import Track

_AT_ONCE = 1  # as many as there are workers that cut
_MOST_BYTES = 8_000_000

_Moment = tuple[str, str, float]


class Cutter(Protocol):
    """Cuts previews out of files."""

    async def make(self, file: Path | bytes, at: float) -> Preview:
        """Cut one; ClipError where that cannot be done."""


class Previews:
    """Cuts previews in the order they are asked for, and remembers those of late.

    Parameters
    ----------
    cutter : Cutter
    gate : Gate
        Bounds the waiting, and ends it when the bot stops.
    most_bytes : int
        How much of them is remembered.
    """

    def __init__(self, cutter: Cutter, gate: Gate, most_bytes: int = _MOST_BYTES) -> None:
        self._cutter = cutter
        self._gate = gate
        self._turns = Turns(_AT_ONCE)
        self._most_bytes = most_bytes
        self._bytes = 0
        self._kept: OrderedDict[_Moment, Preview] = OrderedDict()

    async def make(self, track: Track, sound: Path | bytes, at: float) -> Preview:
        """Return a preview of a track from a moment on.

        Parameters
        ----------
        track : Track
        sound : Path or bytes
            Its file, or all of it.
        at : float
            In seconds.

        Raises
        ------
        ClipError
            The file cannot be decoded, or took too long.
        BusyError, TimeoutError
            As `Gate.turn` raises them.
        """
        moment = track.library, track.id, round(at, 1)
        async with self._gate.turn(turns=self._turns):
            # Looked for in here: somebody before may have wanted the same one.
            known = self._kept.get(moment)
            if known is None:
                known = await self._cutter.make(sound, at)
                self._keep(moment, known)
            self._kept.move_to_end(moment)
            return known

    def _keep(self, moment: _Moment, preview: Preview) -> None:
        self._kept[moment] = preview
        self._bytes += len(preview.data)
        while self._bytes > self._most_bytes and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= len(oldest.data)
