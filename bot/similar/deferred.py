"""Answers a command or a menu: told to wait at once, its place meanwhile, then the card."""

from __future__ import annotations

import discord

from bot.asking import Asker
from bot.place import place_in, telling_place
from bot.reply import edit_card
from bot.similar.answer import Answerer, Ask
from bot.words import words_for


async def answer_interaction(
    answerer: Answerer, interaction: discord.Interaction, ask: Ask
) -> None:
    """Answer an ask where an interaction made it, for all to see; raises as `Answerer` does."""
    words = words_for(interaction.locale)
    # In a server or a group others read it too.
    alone = interaction.context.dm_channel
    asker = Asker(interaction.user.id, interaction.guild_id, alone)
    with answerer.place(asker, ask):
        # Discord waits three seconds: this comes before anything that takes time.
        await interaction.response.defer(thinking=True)
        async with telling_place(place_in(interaction, words)) as waiting:
            card = await answerer.answer(
                ask,
                words,
                asker,
                attach=interaction.app_permissions.attach_files,
                waiting=waiting,
            )
    await edit_card(interaction, card, public=True)
