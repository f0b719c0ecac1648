"""▶: ten seconds of a track from where it sounds like the clip."""

from __future__ import annotations

import io
import logging
from pathlib import Path

import discord
from discord import ui

from bot.answers.actions import Press, Tools
from bot.card.layout import Card, container, in_view
from bot.card.links import link_at
from bot.card.rows import track_name
from bot.plain import safe_link
from bot.reply import edit_card, edit_file
from bot.times import clock
from bot.words import ENGLISH, Words
from models.preview import Preview
from models.types import ClipError, Recommendation, RequestError, Track

_log = logging.getLogger(__name__)


async def play_preview(press: Press) -> None:
    """Send the preview to who pressed; where there is no sound to cut it from, say the link."""
    result = press.result()
    interaction, tools = press.interaction, press.tools
    await interaction.response.defer(ephemeral=True, thinking=True)
    sound = await tools.service.aside(_sound_of, tools, result.track)
    if not sound:
        await edit_card(interaction, link_card(result, press.words))
        return
    if not press.may_attach:
        raise RequestError(*ENGLISH.say("answer.may_not_attach"))
    preview = await _cut(tools, sound, result)
    if preview is None or len(preview.data) > interaction.filesize_limit:
        await edit_card(interaction, link_card(result, press.words))
        return
    file = discord.File(io.BytesIO(preview.data), f"preview.{preview.ending}")
    said = press.words(
        "preview.playing",
        who=track_name(result.track, press.words),
        start=clock(preview.start),
        end=clock(preview.start + preview.seconds),
    )
    if isinstance(sound, bytes) and result.at >= preview.start + preview.seconds:
        # A library keeps the beginning alone, and that is what was cut instead.
        said += f"\n-# {press.words('preview.beginning', at=clock(result.at))}"
    await edit_file(interaction, f"▶️ {said}", file)


def link_card(result: Recommendation, words: Words) -> Card:
    """Say that there is no sound of a track here, and where there is."""
    link = safe_link(link_at(result.track.url, result.at))
    key = "preview.only_link" if link else "preview.nothing"
    text = words(key, who=track_name(result.track, words), at=clock(result.at))
    box = container().add_item(ui.TextDisplay(text))
    if link:
        box.add_item(ui.ActionRow(ui.Button(label=words("preview.open"), url=link)))
    return Card(in_view(box), [])


async def _cut(tools: Tools, sound: Path | bytes, result: Recommendation) -> Preview | None:
    try:
        return await tools.previews.make(result.track, sound, result.at)
    except ClipError as error:
        _log.warning("no preview of the track %s: %s", result.track.id, error)
        return None


def _sound_of(tools: Tools, track: Track) -> Path | bytes:
    """Return the file of a track, or what a server's library keeps of it; empty for neither."""
    found = tools.service.paths([track.id]).get(track.id)
    if found and Path(found).is_file():
        return Path(found)
    return tools.libraries.preview(int(track.library), track.id) if track.library else b""
