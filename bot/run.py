"""Starts the bot, stops it cleanly, and turns what Discord refuses into a sentence."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import aiohttp
import discord

from bot.app import SoundalikeBot
from bot.service import Soundalike
from bot.settings import Settings
from index.state_file import State
from models.types import SettingsError, SoundalikeError

_LINE = "%(asctime)s %(levelname)-8s %(name)s %(message)s"
_GRACE = 5.0  # containers are given ten seconds in all


def log_to_terminal() -> None:
    """Send the log to standard error, without discord.py's word that it cannot speak."""
    # By itself it takes every container for a terminal, and colours what goes into a file.
    plain = not sys.stderr.isatty()
    formatter = logging.Formatter(_LINE, "%Y-%m-%d %H:%M:%S") if plain else discord.utils.MISSING
    discord.utils.setup_logging(level=logging.INFO, formatter=formatter)
    logging.getLogger("discord.client").addFilter(
        lambda record: "voice will NOT be supported" not in record.getMessage()
    )


async def run_bot(
    settings: Settings,
    service: Soundalike,
    state: State,
    connector: Callable[[], aiohttp.BaseConnector] | None = None,
    grace: float = _GRACE,
) -> None:
    """Run the bot until SIGTERM or SIGINT asks it to stop.

    Parameters
    ----------
    settings : Settings
        Its token must be set.
    service : Soundalike
    state : State
        What is remembered; it stays open.
    connector : callable or None
        Makes the way to Discord; None for the usual one.
    grace : float
        Seconds that asks in hand are given once it is asked to stop.

    Raises
    ------
    SoundalikeError
        Discord refuses the token or a setting, or cannot be reached.
    """
    bot = SoundalikeBot(service, settings, state, connector() if connector else None)
    running = asyncio.create_task(bot.start(settings.token))
    async with bot:
        with _stopping(running, partial(bot.take_leave, grace)):
            try:
                await running
            except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
                raise _explained(error) from error


def _explained(error: Exception) -> SoundalikeError:
    match error:
        case discord.LoginFailure():
            return SettingsError(
                "Discord does not accept the token in DISCORD_TOKEN.",
                "Reset it on your application's Bot page at discord.com/developers "
                "and set the new one.",
            )
        case discord.ConnectionClosed():
            return SoundalikeError(
                f"Discord ended the connection for good (code {error.code}).",
                "Look at your application's Bot page at discord.com/developers.",
            )
        case _:
            return SoundalikeError(
                "Discord cannot be reached, or does not answer as it should.",
                "Check this machine's way to the internet, and discordstatus.com.",
            )


@contextmanager
def _stopping(
    running: asyncio.Task[None], take_leave: Callable[[], Coroutine[Any, Any, None]]
) -> Iterator[None]:
    """Let both signals end the task after a leave-taking, and take that end for a good one.

    A second signal does not wait for the leave-taking.
    """
    loop = asyncio.get_running_loop()
    leaving: asyncio.Task[None] | None = None

    def stop() -> None:
        nonlocal leaving
        if leaving:
            running.cancel()
            return
        leaving = asyncio.create_task(take_leave())
        leaving.add_done_callback(lambda _: running.cancel())

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        yield
    except asyncio.CancelledError:
        if not leaving:
            raise
    finally:
        if leaving:
            leaving.cancel()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
