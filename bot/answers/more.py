"""More like this: a result becomes the clip."""

from __future__ import annotations

from bot.answers.actions import Press
from bot.answers.cards import MOST
from bot.asking import Asker
from bot.place import in_turn
from bot.reply import edit_card
from models.types import SearchOptions


async def more_like_this(press: Press) -> None:
    """Find the likes of a result, for who pressed."""
    interaction = press.interaction
    track = press.result().track
    press.tools.gate.count(interaction.user.id, interaction.guild_id)
    await interaction.response.defer(ephemeral=True, thinking=True)
    await press.track()  # says in a sentence that it is gone
    async with in_turn(press.tools.gate, interaction, press.words):
        asker = Asker(interaction.user.id, interaction.guild_id, alone=True)
        asking = press.tools.asking
        clip = await (await asking.service_in(asker.guild)).hear_track(track.id)
        answer = await asking.ask(clip, SearchOptions(MOST), asker)
        card = await press.tools.cards.first(
            answer,
            press.words,
            person=asker.person,
            guild=asker.guild,
            attach=press.may_attach,
        )
    await edit_card(interaction, card)
