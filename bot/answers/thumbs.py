"""👍 and 👎: what a person likes is remembered; the same thumb again takes it back."""

from __future__ import annotations

from bot.answers.actions import Press
from bot.card import saying_card
from bot.card.layout import ROSE
from bot.reply import edit_card
from bot.words import Saying


async def like(press: Press) -> None:
    """Remember that a person likes a track."""
    await _give(press, 1, "thumbs.liked")


async def dislike(press: Press) -> None:
    """Remember that a person does not."""
    await _give(press, -1, "thumbs.disliked")


async def _give(press: Press, vote: int, key: str) -> None:
    person, tools = press.interaction.user.id, press.tools
    await press.interaction.response.defer(ephemeral=True, thinking=True)
    track, windows = await press.track()
    before = await tools.service.recall(tools.likes.vote, person, track.id)
    if before == vote:
        await tools.likes.take_back(person, track.id)
        key = "thumbs.taken_back"
    else:
        tools.gate.check_keeping()
        await tools.likes.give(person, track, vote, tools.service.space, windows.vectors)
    title = track.title or press.words("card.untitled")
    said = press.words.say(key, title=title)
    await edit_card(press.interaction, saying_card(Saying(*said), ROSE))
