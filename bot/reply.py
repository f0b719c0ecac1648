"""Sends a card where a message asked for it, with the rights the bot has there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress

import aiohttp
import discord

from bot.card import Card, saying_card
from bot.words import Saying

_log = logging.getLogger(__name__)

_TYPING = 1.0  # seconds that an answer waits until Discord shows that it is under way


def rights_in(message: discord.Message) -> discord.Permissions:
    """Return what the bot may do where a message stands."""
    channel = message.channel
    if message.guild is None or isinstance(channel, discord.PartialMessageable):
        return discord.Permissions.all()
    rights = channel.permissions_for(message.guild.me)
    if isinstance(channel, discord.Thread):
        rights.send_messages = rights.send_messages_in_threads
    return rights


async def reply(message: discord.Message, card: Card) -> None:
    """Reply to a message with a card; in private where the bot may not write in public."""
    rights = rights_in(message)
    if not rights.send_messages:
        await message.author.send(view=card.view, files=card.files)
    elif rights.read_message_history:
        # The message may be gone by now: then the answer stands alone.
        reference = message.to_reference(fail_if_not_exists=False)
        await message.channel.send(view=card.view, files=card.files, reference=reference)
    else:
        await message.channel.send(view=card.view, files=card.files)


async def tell(message: discord.Message, saying: Saying) -> None:
    """Reply to a message with a saying; one who cannot be reached is noted in the log."""
    card = saying_card(saying)
    with noting_silence():
        await reply(message, card)


@contextmanager
def noting_silence() -> Iterator[None]:
    """Note that a person was left without an answer: the token expired, or DMs are closed."""
    try:
        yield
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        _log.warning("could not tell a person what went wrong: %s", type(error).__name__)


@asynccontextmanager
async def typing(channel: discord.abc.Messageable) -> AsyncIterator[None]:
    """Show that an answer is under way; where Discord cannot show it, the answer comes anyway."""
    async with AsyncExitStack() as stack:
        with suppress(discord.HTTPException, aiohttp.ClientError, OSError):
            # discord.py tries for half a minute, and nobody is to wait for an ornament.
            async with asyncio.timeout(_TYPING):
                await stack.enter_async_context(channel.typing())
        yield
