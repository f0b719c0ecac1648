"""Save: the results of an answer as a playlist file, for who pressed."""

from __future__ import annotations

import io

import discord

from bot.answers.actions import Press
from bot.playlists.formats import write_m3u8
from bot.playlists.playlist import playlist_of_results
from bot.reply import edit_file
from bot.words import ENGLISH
from models.types import RequestError


async def save_playlist(press: Press) -> None:
    """Send all results of an answer, not only the page that is shown."""
    if not press.may_attach:
        raise RequestError(*ENGLISH.say("answer.may_not_attach"))
    await press.interaction.response.defer(ephemeral=True, thinking=True)
    answer, words = press.kept.answer, press.words
    name = answer.clip.name or words("card.clip")
    title = words("playlist.title", clip=name)
    data = write_m3u8(playlist_of_results(title, answer.results))
    file = discord.File(io.BytesIO(data), "soundalike.m3u8")
    said = words.count("playlist.saved", len(answer.results))
    await edit_file(press.interaction, said, file)
