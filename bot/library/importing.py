"""Hears an archive file by file, shows how far it is, and goes on whatever one of them is."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable

import aiohttp
import discord

from bot.explain import explain
from bot.gate import BusyError
from bot.library.archive import Archive, Entry
from bot.library.keeping import MOST_BYTES, Keeper
from bot.library.report import Report
from bot.words import ENGLISH, Saying
from index.libraries import Added
from models.types import ClipError, ClipSource, SoundalikeError

_log = logging.getLogger(__name__)

_EVERY = 4.0  # seconds from one word of progress to the next, at least

Show = Callable[[Report], Awaitable[object]]
"""Shows somebody how far it is."""


class Progress:
    """Shows a report now and then, for as long as Discord lets it.

    Parameters
    ----------
    show : callable
        May fail as Discord fails: then nothing is shown any more, and the work goes on.
    every : float
        Seconds between two words.
    """

    def __init__(self, show: Show, every: float = _EVERY) -> None:
        self._show = show
        self._every = every
        self._next = time.monotonic()
        self._lost = False

    async def tell(self, report: Report) -> None:
        """Show it, if it is time to."""
        if self._lost or time.monotonic() < self._next:
            return
        try:
            await self._show(report)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            # A token lasts 15 minutes, and a message may be deleted.
            _log.info("an import goes on without a word: %s", type(error).__name__)
            self._lost = True
        self._next = time.monotonic() + self._every


async def import_archive(
    keeper: Keeper, guild: int, archive: Archive, progress: Progress
) -> Report:
    """Put what an archive holds into a library, one file in memory at a time.

    What cannot be kept is left out and listed; a full library, a file that takes too long or a
    bot that stops ends it, and what was added by then stays: each track is on the disk before the
    next one is heard. The same archive again goes on from there, for what is known is passed over
    unheard; the report says to try that only where it may help.
    """
    report = Report(len(archive.entries), archive.others)
    for entry in archive.entries:
        await progress.tell(report)
        if entry.problem:
            report.left_out.append((entry.name, entry.problem))
            continue
        try:
            await _import_one(keeper, guild, archive, entry, report)
        except ClipError as error:
            report.left_out.append((entry.name, error.sentence))
        except (SoundalikeError, TimeoutError) as error:
            report.stopped = _why_stopped(error, entry)
            return report
    return report


async def _import_one(
    keeper: Keeper, guild: int, archive: Archive, entry: Entry, report: Report
) -> None:
    if keeper.gate.closed:
        raise BusyError(*ENGLISH.say("busy.restarting"))
    async with keeper.turn():
        data = await keeper.service.aside(archive.read, entry, MOST_BYTES)
        kept = await keeper.keep(guild, ClipSource(data, entry.name))
    if kept.added is Added.YES:
        report.added += 1
    else:
        report.known += 1


def _why_stopped(error: SoundalikeError | TimeoutError, entry: Entry) -> Saying:
    # Where the same zip again goes on from here, that is what to do.
    match error:
        case BusyError():
            return ENGLISH.say("library.restarting")
        case TimeoutError():
            return ENGLISH.say("library.too_slow", name=entry.name)
    return explain(error, ENGLISH)
