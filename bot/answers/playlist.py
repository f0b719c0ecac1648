"""Save: the results of an answer as a playlist file, in the format that is chosen."""

from __future__ import annotations

import io

import discord
from discord import ui

from bot.answers.actions import Press
from bot.card.controls import control_id
from bot.card.layout import Card, container, in_view
from bot.playlists.formats import FORMATS, file_name
from bot.playlists.playlist import playlist_of_results
from bot.reply import edit_card, edit_file
from bot.words import ENGLISH, Words
from models.types import RequestError

_ORDER = tuple(FORMATS)


async def choose_playlist(press: Press) -> None:
    """Offer the formats to who pressed."""
    _check_files(press)
    await press.interaction.response.defer(ephemeral=True, thinking=True)
    await edit_card(press.interaction, choice_card(press.kept.id, press.words))


async def save_playlist(press: Press) -> None:
    """Send all results of an answer, not only the page that was shown."""
    _check_files(press)
    if press.number >= len(_ORDER):
        raise RequestError(*ENGLISH.say("answer.no_result"))
    await press.interaction.response.defer(ephemeral=True, thinking=True)
    answer, words, form = press.kept.answer, press.words, _ORDER[press.number]
    title = words("playlist.title", clip=answer.clip.name or words("card.clip"))
    playlist = playlist_of_results(title, answer.results)
    file = discord.File(io.BytesIO(FORMATS[form](playlist)), file_name(playlist, form))
    await edit_file(press.interaction, words.count("playlist.saved", len(answer.results)), file)


def choice_card(answer_id: str, words: Words) -> Card:
    """Lay out the formats, each with a button."""
    buttons: list[ui.Button[ui.LayoutView]] = [
        ui.Button(label=form.upper(), custom_id=control_id("save", answer_id, number))
        for number, form in enumerate(_ORDER)
    ]
    text = ui.TextDisplay[ui.LayoutView](words("playlist.choose"))
    return Card(in_view(container().add_item(text).add_item(ui.ActionRow(*buttons))), [])


def _check_files(press: Press) -> None:
    if not press.may_attach:
        raise RequestError(*ENGLISH.say("answer.may_not_attach"))
