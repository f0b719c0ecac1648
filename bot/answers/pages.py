"""◀ and ▶: another page of an answer."""

from __future__ import annotations

from bot.answers.actions import Press
from bot.answers.alone import keep_menu
from bot.clip_pictures import attached_pictures, pictures_in
from bot.reply import edit_card


async def turn_page(press: Press) -> None:
    """Turn the card itself for who asked; anybody else gets a copy that only they see."""
    interaction, message = press.interaction, press.interaction.message
    assert message is not None
    own = message.flags.ephemeral or interaction.user.id == press.kept.person
    await interaction.response.defer(ephemeral=not own, thinking=not own)
    card = await press.tools.cards.page(
        press.kept,
        press.number,
        press.words,
        pictures=pictures_in(message),
        attach=press.may_attach,
    )
    keep_menu(card, message)
    await edit_card(interaction, card, keep=attached_pictures(message) if own else ())
