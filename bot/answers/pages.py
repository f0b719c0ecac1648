"""◀ and ▶: another page of an answer."""

from __future__ import annotations

import discord

from bot.answers.actions import Press
from bot.answers.alone import keep_menu
from bot.card.answer import CLIP_PICTURE
from bot.reply import edit_card


async def turn_page(press: Press) -> None:
    """Turn the card itself for who asked; anybody else gets a copy that only they see."""
    interaction, message = press.interaction, press.interaction.message
    assert message is not None
    own = message.flags.ephemeral or interaction.user.id == press.kept.person
    await interaction.response.defer(ephemeral=not own, thinking=not own)
    kept = [each for each in message.attachments if each.filename == CLIP_PICTURE]
    card = await press.tools.cards.page(
        press.kept,
        press.number,
        press.words,
        # In a layout a picture that stays is named by its address.
        picture=kept[0].url if kept else _address_in(message),
        attach=press.may_attach,
    )
    keep_menu(card, message)
    await edit_card(interaction, card, keep=kept if own else ())


def _address_in(message: discord.Message) -> str:
    """Return the address of the clip's picture in a copy, which names it without attaching it."""
    for part in message.components:
        for inner in getattr(part, "children", ()):
            if isinstance(inner, discord.MediaGalleryComponent):
                return inner.items[0].media.url
    return ""
