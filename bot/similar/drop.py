"""A clip dropped in a DM, or in a message that mentions the bot."""

from __future__ import annotations

import discord
from discord.ext import commands

from bot.asking import Asker
from bot.reply import reply, rights_in, tell, typing
from bot.similar.answer import Answerer, Ask
from bot.similar.clips import find_offers, find_sounds
from bot.words import Saying, Words, words_in


class ClipDrop(commands.Cog):
    """Listens for messages with clips.

    Parameters
    ----------
    answerer : Answerer
    only_guild : int or None
        The one server that knows the command; None where all do.
    """

    def __init__(self, answerer: Answerer, only_guild: int | None) -> None:
        self._answerer = answerer
        self._only_guild = only_guild

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Answer a clip; every problem is raised, and told by the bot's error handler."""
        if not _is_for_me(message):
            return
        if not _was_called(message):
            # A reply calls the bot by itself; who only chats about an answer is left in peace.
            offers = find_sounds(message)
            if not offers:
                return
        else:
            offers = find_offers(message)
        words = words_in(message.guild)
        if not offers:
            await tell(message, self._hint(message, words))
            return
        rights = rights_in(message)
        if not rights.send_messages:
            await tell(message, words.say("drop.may_not_write", channel=str(message.channel)))
            return
        asker, ask = _asker(message), Ask(offers)
        with self._answerer.place(asker, ask):
            async with typing(message.channel):
                card = await self._answerer.answer(ask, words, asker, attach=rights.attach_files)
        await reply(message, card)

    def _hint(self, message: discord.Message, words: Words) -> Saying:
        where = message.guild.id if message.guild else None
        kind = _hint_key(message)
        if self._only_guild not in (None, where):
            return words.say(f"drop.{kind}")
        if kind == "unreadable":
            menu = words("commands.find_similar_tracks.name")
            return words.say("drop.unreadable_with_menu", menu=menu)
        return words.say(f"drop.{kind}_with_command", command=words("commands.similar.name"))


def _asker(message: discord.Message) -> Asker:
    guild = message.guild.id if message.guild else None
    return Asker(message.author.id, guild, alone=guild is None)


def _hint_key(message: discord.Message) -> str:
    if message.guild is None:
        return "greeting"
    replied = message.reference.resolved if message.reference else None
    if message.type is discord.MessageType.reply and not (
        isinstance(replied, discord.Message) and replied.author.bot
    ):
        return "unreadable"
    return "no_clip"


def _is_for_me(message: discord.Message) -> bool:
    if message.author.bot or message.type not in (
        discord.MessageType.default,
        discord.MessageType.reply,
    ):
        return False
    return message.guild is None or message.guild.me in message.mentions


def _was_called(message: discord.Message) -> bool:
    return message.guild is None or message.guild.me.id in message.raw_mentions
