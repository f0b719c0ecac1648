"""Sends a card where a message asked for it, with the rights the bot has there."""

from __future__ import annotations

import discord

from bot.card import Card


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
