"""More like this: a result becomes the clip."""

from __future__ import annotations

from bot.answers.actions import Press
from bot.answers.cards import MOST
from bot.reply import edit_card
from models.types import SearchOptions


async def more_like_this(press: Press) -> None:
    """Find the likes of a result, for who pressed."""
    interaction = press.interaction
    track = press.result().track
    await interaction.response.defer(ephemeral=True, thinking=True)
    await press.track()  # says in a sentence that it is gone
    async with press.tools.gate.turn():
        answer = await press.tools.service.recommend_track(track.id, SearchOptions(MOST))
        card = await press.tools.cards.first(
            answer,
            press.words,
            person=interaction.user.id,
            guild=interaction.guild_id,
            attach=press.may_attach,
        )
    await edit_card(interaction, card)
