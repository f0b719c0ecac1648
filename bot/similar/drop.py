"""A clip dropped in a DM, or in a message that mentions the bot."""

from __future__ import annotations

import discord
from discord.ext import commands

from bot import words
from bot.reply import reply, rights_in
from bot.similar.answer import Answerer
from bot.similar.clips import find_offer
from models.types import ClipError, Span


class ClipDrop(commands.Cog):
    """Listens for messages with clips."""

    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Answer a clip; every problem is raised, and told by the bot's error handler."""
        if not _is_for_me(message):
            return
        offer = find_offer(message)
        if offer is None:
            saying = _without_clip(message)
            if saying:
                raise ClipError(*saying)
            return
        rights = rights_in(message)
        if not rights.send_messages:
            raise ClipError(*words.may_not_write(str(message.channel)))
        async with message.channel.typing():
            card = await self._answerer.answer(offer, Span(), picture=rights.attach_files)
        await reply(message, card)


def _is_for_me(message: discord.Message) -> bool:
    if message.author.bot or message.type not in (
        discord.MessageType.default,
        discord.MessageType.reply,
    ):
        return False
    return message.guild is None or message.guild.me in message.mentions


def _without_clip(message: discord.Message) -> words.Saying | None:
    if message.guild is None:
        return words.DROP_HERE
    if message.guild.me.id not in message.raw_mentions:
        # A reply calls the bot by itself; who only chats about an answer is left in peace.
        return None
    replied = message.reference.resolved if message.reference else None
    if message.type is discord.MessageType.reply and not (
        isinstance(replied, discord.Message) and replied.author.bot
    ):
        return words.REPLY_UNREADABLE
    return words.NO_CLIP_IN_MENTION
