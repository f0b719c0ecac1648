"""Previews wait for one another and for nobody else, and one that was cut is not cut again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.answers import Previews
from bot.gate import Gate
from models.preview import Preview
from models.types import ClipError, Track

FILE = Path("a.ogg")


class Cutter:
    """Cuts previews of 100 bytes, once it may."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.go.set()
        self.cut: list[float] = []

    async def make(self, _file: Path | bytes, at: float) -> Preview:
        self.cut.append(at)
        await self.go.wait()
        if at < 0:
            raise ClipError("That is no audio.")
        return Preview(bytes(100), "ogg", at, 10.0)


async def test_who_waits_for_a_preview_takes_no_turn_to_listen() -> None:
    gate, cutter = Gate(1, 9, 10.0), Cutter()
    previews = Previews(cutter, gate)
    cutter.go.clear()
    waiting = [asyncio.create_task(previews.make(Track("a", "A"), FILE, at)) for at in (1.0, 2.0)]
    await asyncio.sleep(0)
    async with asyncio.timeout(5), gate.turn():
        assert cutter.cut == [1.0]  # one at a time
        cutter.go.set()
        assert [each.start for each in await asyncio.gather(*waiting)] == [1.0, 2.0]


async def test_one_that_was_cut_is_not_cut_again() -> None:
    cutter = Cutter()
    previews = Previews(cutter, Gate(1, 9, 10.0))
    for track in (Track("a", "A"), Track("b", "B"), Track("a", "A", library="5")):
        wanted = [previews.make(track, FILE, 1.0) for _ in range(3)]
        assert len({id(each) for each in await asyncio.gather(*wanted)}) == 1
    await previews.make(Track("a", "A"), FILE, 4.8)
    assert cutter.cut == [1.0, 1.0, 1.0, 4.8]


async def test_what_is_remembered_is_bounded_and_the_latest() -> None:
    cutter = Cutter()
    previews = Previews(cutter, Gate(1, 9, 10.0), most_bytes=250)
    for at in (1.0, 2.0, 1.0, 3.0):
        await previews.make(Track("a", "A"), FILE, at)
    assert cutter.cut == [1.0, 2.0, 3.0]
    await previews.make(Track("a", "A"), FILE, 1.0)
    assert cutter.cut == [1.0, 2.0, 3.0]
    await previews.make(Track("a", "A"), FILE, 2.0)
    assert cutter.cut == [1.0, 2.0, 3.0, 2.0]


async def test_one_that_failed_is_tried_again() -> None:
    cutter = Cutter()
    previews = Previews(cutter, Gate(1, 9, 10.0))
    for _ in range(2):
        with pytest.raises(ClipError):
            await previews.make(Track("a", "A"), FILE, -1.0)
    assert cutter.cut == [-1.0, -1.0]
