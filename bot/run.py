"""Starts the bot, stops it cleanly, and turns what Discord refuses into a sentence."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import aiohttp
import discord

from bot.app import SoundalikeBot
from bot.service import Soundalike
from bot.settings import Settings
from models.types import SettingsError, SoundalikeError


def log_to_terminal() -> None:
    """Send the log to standard error, without discord.py's word that it cannot speak."""
    discord.utils.setup_logging(level=logging.INFO)
    logging.getLogger("discord.client").addFilter(
        lambda record: "voice will NOT be supported" not in record.getMessage()
    )


async def run_bot(
    settings: Settings,
    service: Soundalike,
    connector: Callable[[], aiohttp.BaseConnector] | None = None,
) -> None:
    """Run the bot until SIGTERM or SIGINT asks it to stop.

    Parameters
    ----------
    settings : Settings
        Its token must be set.
    service : Soundalike
    connector : callable or None
        Makes the way to Discord; None for the usual one.

    Raises
    ------
    SoundalikeError
        Discord refuses the token or a setting, or cannot be reached.
    """
    bot = SoundalikeBot(service, settings, connector() if connector else None)
    running = asyncio.create_task(bot.start(settings.token))
    async with bot:
        with _stopping(running):
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
def _stopping(running: asyncio.Task[None]) -> Iterator[None]:
    """Let both signals end the task, and take that end for a good one."""
    loop = asyncio.get_running_loop()
    asked = False

    def stop() -> None:
        nonlocal asked
        asked = True
        running.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        yield
    except asyncio.CancelledError:
        if not asked:
            raise
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
