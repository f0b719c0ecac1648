"""Adds one file, for the command and the menu."""

from __future__ import annotations

import discord

from bot.card import text_card
from bot.card.rows import track_name
from bot.library.keeping import MOST_BYTES, Keeper, Kept, Naming, server_of
from bot.place import place_in, telling_place
from bot.reply import edit_card
from bot.similar.clips import check_attachment
from bot.similar.download import Downloads
from bot.words import Words, words_for
from index.libraries import Added
from models.types import ClipSource


async def add_file(
    keeper: Keeper,
    downloads: Downloads,
    interaction: discord.Interaction,
    file: discord.Attachment,
    naming: Naming,
) -> None:
    """Add an attachment to the library of the server, and say so to who asked for it alone.

    Raises
    ------
    SoundalikeError
        It is no audio, cannot be heard, or there is no room for it.
    """
    guild, words = server_of(interaction), words_for(interaction.locale)
    check_attachment(file, MOST_BYTES)
    with keeper.gate.ask(interaction.user.id, guild):
        await interaction.response.defer(ephemeral=True, thinking=True)
        async with (
            telling_place(place_in(interaction, words)) as waiting,
            keeper.turn(waiting),
        ):
            source = ClipSource(await downloads.read(file), file.filename)
            kept = await keeper.keep(guild, source, naming)
    await edit_card(interaction, text_card(_said(kept, words)))


def _said(kept: Kept, words: Words) -> str:
    who = track_name(kept.track, words)
    return words("library.added" if kept.added is Added.YES else "library.known", who=who)
