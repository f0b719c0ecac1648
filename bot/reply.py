"""Sends a card where a message or an interaction asked for it, whatever has become of that."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from typing import Any

import aiohttp
import discord

from bot.card import Card, saying_card, text_card
from bot.explain import explain
from bot.words import Saying, words_for

_log = logging.getLogger(__name__)

_UNKNOWN_MESSAGE, _EXPIRED, _REFUSED = 10008, 50027, 400  # Discord's codes, and a status

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
        await _send(message.author, card)
    elif rights.read_message_history:
        # The message may be gone by now: then the answer stands alone.
        await _send(message.channel, card, message.to_reference(fail_if_not_exists=False))
    else:
        await _send(message.channel, card)


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


async def edit_card(
    interaction: discord.Interaction,
    card: Card,
    keep: Sequence[discord.Attachment] = (),
    *,
    public: bool = False,
) -> None:
    """Put a card where an interaction was deferred, or as near to it as can be.

    Where Discord refuses the layout, its older form is shown, and a card that was there before
    stays; where the message is gone, a new one is sent that only the person sees.

    Parameters
    ----------
    keep : sequence of discord.Attachment
        What is attached already and stays.
    public : bool
        Whether all may see it: then it is sent to the channel, or to the person, where the
        interaction expired meanwhile.
    """
    try:
        await interaction.edit_original_response(view=card.view, attachments=[*keep, *card.files])
    except discord.HTTPException as error:
        for file in card.files:
            file.reset()
        if error.code == _UNKNOWN_MESSAGE:
            await interaction.followup.send(view=card.view, files=card.files, ephemeral=True)
        elif error.code == _EXPIRED and public:
            await _send_late(interaction, card)
        elif fallback := _older_form(card, error):
            await _show_older(interaction, fallback)
        else:
            raise


async def edit_file(interaction: discord.Interaction, text: str, file: discord.File) -> None:
    """Put a file with a line of text where an interaction was deferred, if that still stands."""
    try:
        await interaction.edit_original_response(content=text, attachments=[file])
    except discord.NotFound as error:
        if error.code != _UNKNOWN_MESSAGE:
            raise
        _log.info("a person put an answer away before it came")


async def answer_error(interaction: discord.Interaction, error: BaseException) -> None:
    """Answer an interaction that failed with a sentence; the one way for commands and buttons.

    What is said, and what comes before what, `bot.explain.explain` decides. Where it is said:

    1. in private, if the interaction was not acknowledged yet;
    2. in private and beside it, if it was to update a card: the card stays as it is;
    3. where "thinking" stands, otherwise.

    Who cannot be reached is noted in the log.
    """
    card = saying_card(explain(error, words_for(interaction.locale)))
    with noting_silence():
        if not interaction.response.is_done():
            await interaction.response.send_message(view=card.view, ephemeral=True)
        elif _updates_card(interaction):
            await interaction.followup.send(view=card.view, ephemeral=True)
        else:
            await interaction.edit_original_response(view=card.view, attachments=[])


async def _show_older(interaction: discord.Interaction, fallback: discord.Embed) -> None:
    if _updates_card(interaction):
        await interaction.followup.send(embed=fallback, ephemeral=True)
        return
    try:
        await interaction.edit_original_response(embed=fallback, attachments=[])
    except discord.HTTPException as error:
        if error.status != _REFUSED:
            raise
        # Their place in the queue was shown there: a layout never becomes an embed again.
        plainest = text_card(fallback.description or "")
        await interaction.edit_original_response(view=plainest.view, attachments=[])


def _updates_card(interaction: discord.Interaction) -> bool:
    return interaction.response.type is discord.InteractionResponseType.deferred_message_update


async def _send_late(interaction: discord.Interaction, card: Card) -> None:
    channel = interaction.channel
    if isinstance(channel, discord.abc.Messageable) and interaction.app_permissions.send_messages:
        await _send(channel, card)
    else:
        await _send(interaction.user, card)


async def _send(
    place: discord.abc.Messageable, card: Card, reference: discord.MessageReference | None = None
) -> None:
    more: dict[str, Any] = {"reference": reference} if reference else {}
    try:
        await place.send(view=card.view, files=card.files, **more)
    except discord.HTTPException as error:
        fallback = _older_form(card, error)
        if fallback is None:
            raise
        await place.send(embed=fallback, **more)


def _older_form(card: Card, error: discord.HTTPException) -> discord.Embed | None:
    """Return what to send instead of a layout that was refused; None if that was not why."""
    if error.status != _REFUSED or card.fallback is None:
        return None
    _log.warning("Discord refused a layout (%d): an embed was sent", error.code)
    return card.fallback
