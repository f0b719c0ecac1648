"""`/likes`: the tracks a person gave a thumb: to see, take back, bring along, and switch off."""

from __future__ import annotations

import io
from itertools import islice

import discord
from discord import app_commands
from discord.app_commands import Choice
from discord.ext import commands

from bot.asking import OFF, ON
from bot.card import text_card
from bot.pick import choice_name
from bot.plain import plain
from bot.playlists.formats import FORMATS, file_name
from bot.playlists.playlist import playlist_of_tracks
from bot.playlists.wishes import LARGEST_LIST
from bot.reply import edit_card, edit_file
from bot.taste.importing import Brought
from bot.taste.kit import Kit
from bot.words import ENGLISH, Words, words_for
from index.choices import TASTE
from index.likes import Thumb
from index.names import fold
from models.types import CatalogueError, ClipError, RequestError, Track

_PAGE = 20
_MOST_CHOICES = 25
_TITLE, _ARTIST = 80, 60
_MOST_MISSING = 5
_THUMBS = {1: "👍", -1: "👎"}


@app_commands.allowed_installs(guilds=True, users=True)
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
class LikesCommands(commands.GroupCog, name="likes"):
    """Holds the commands; each answers the asker alone."""

    def __init__(self, kit: Kit) -> None:
        super().__init__()
        self._kit = kit

    @app_commands.command(name="list")
    async def show(
        self, interaction: discord.Interaction, page: app_commands.Range[int, 1, 1000] = 1
    ) -> None:
        """Show the thumbs, newest first."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        words = words_for(interaction.locale)
        thumbs = await self._thumbs(interaction)
        counts = await self._kit.asking.counts(interaction.user.id)
        card = text_card(*likes_text(thumbs, page, words, counts=counts))
        await edit_card(interaction, card)

    @app_commands.command()
    async def remove(self, interaction: discord.Interaction, track: str) -> None:
        """Take a thumb back."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        words = words_for(interaction.locale)
        meant = await self._kit.service.aside(self._meant, interaction.user.id, track)
        if meant is None:
            raise RequestError(*ENGLISH.say("likes.none_such"))
        await self._kit.likes.take_back(interaction.user.id, meant.track)
        text = words("likes.removed", who=_name(meant, words))
        await edit_card(interaction, text_card(text))

    @remove.autocomplete("track")
    async def _complete(self, interaction: discord.Interaction, typed: str) -> list[Choice[str]]:
        fits = await self._kit.service.aside(self._fitting, interaction.user.id, typed)
        return [Choice(name=_choice(one), value=one.track) for one in fits]

    @app_commands.command(name="import")
    async def bring(self, interaction: discord.Interaction, file: discord.Attachment) -> None:
        """Like what a list of liked songs names, as far as the catalogue has it."""
        if file.size > LARGEST_LIST:
            raise ClipError(*ENGLISH.say("clip.too_large", size=file.size / 1e6, limit=5))
        kit, words = self._kit, words_for(interaction.locale)
        with kit.gate.ask(interaction.user.id, interaction.guild_id):
            await interaction.response.defer(ephemeral=True, thinking=True)
            async with kit.gate.turn():
                data = await kit.downloads.read(file)
            # Without a turn: nobody who sends a clip is to wait for a list.
            service = await kit.asking.service_in(interaction.guild_id)
            brought = await kit.importer.look_up(data, service.index)
            kit.gate.check_keeping()
            new = await kit.likes.like_all(interaction.user.id, brought.found, service.space)
        await edit_card(interaction, text_card(import_text(brought, new, words)))

    @app_commands.command()
    @app_commands.choices(
        count=[Choice(name="on", value=ON), Choice(name="off", value=OFF)],
    )
    async def taste(self, interaction: discord.Interaction, count: str) -> None:
        """Choose whether thumbs move what is found."""
        await self._kit.choices.choose(interaction.user.id, TASTE, count)
        words = words_for(interaction.locale)
        card = text_card(words("likes.count" if count == ON else "likes.do_not_count"))
        await interaction.response.send_message(view=card.view, ephemeral=True)

    @app_commands.command()
    @app_commands.choices(form=[Choice(name=form, value=form) for form in FORMATS])
    async def save(self, interaction: discord.Interaction, form: str = "m3u8") -> None:
        """Hand the liked tracks over as a playlist."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        words = words_for(interaction.locale)
        liked = [one for one in await self._thumbs(interaction) if one.vote > 0]
        if not liked:
            raise RequestError(*ENGLISH.say("foryou.no_likes"))
        if not interaction.app_permissions.attach_files:
            raise RequestError(*ENGLISH.say("answer.may_not_attach"))
        tracks = await self._kit.service.aside(self._known, liked)
        playlist = playlist_of_tracks(words("likes.title"), tracks)
        data = io.BytesIO(FORMATS[form](playlist))
        file = discord.File(data, file_name(playlist, form))
        await edit_file(interaction, words.count("playlist.saved", len(tracks)), file)

    async def _thumbs(self, interaction: discord.Interaction) -> tuple[Thumb, ...]:
        return await self._kit.service.aside(self._kit.likes.names_of, interaction.user.id)

    def _meant(self, person: int, track: str) -> Thumb | None:
        """Return the thumb of the track with this id, else of the newest of this title."""
        thumbs = self._kit.likes.names_of(person)
        by_id = (one for one in thumbs if one.track == track)
        by_title = (one for one in thumbs if fold(one.title) == fold(track))
        return next(by_id, None) or next(by_title, None)

    def _fitting(self, person: int, typed: str) -> list[Thumb]:
        """Return as many thumbs as Discord shows of tracks whose names hold what was typed."""
        asked = fold(typed)
        thumbs = self._kit.likes.names_of(person)
        fits = (one for one in thumbs if asked in fold(f"{one.title} {one.artist}"))
        return list(islice(fits, _MOST_CHOICES))

    def _known(self, liked: list[Thumb]) -> list[Track]:
        """Return the tracks as the catalogue knows them, or by their names where it has not."""
        return [self._of(one) for one in liked]

    def _of(self, one: Thumb) -> Track:
        try:
            return self._kit.service.index.find(one.track)
        except CatalogueError:
            return Track(one.track, one.title, one.artist)


def likes_text(
    thumbs: tuple[Thumb, ...], page: int, words: Words, *, counts: bool
) -> tuple[str, ...]:
    """Word a page of thumbs: what is shown, one text below the other."""
    head = f"### {words('likes.head')}"
    state = words("likes.count" if counts else "likes.do_not_count")
    if not thumbs:
        return head, words("likes.none"), f"-# {state}"
    pages = -(-len(thumbs) // _PAGE)
    place = min(page, pages)
    shown = thumbs[(place - 1) * _PAGE : place * _PAGE]
    lines = "\n".join(f"{_THUMBS[one.vote]} {_name(one, words)}" for one in shown)
    number = words("card.page", page=place, pages=pages)
    return head, lines, f"-# {number} · {state}"


def import_text(brought: Brought, new: int, words: Words) -> str:
    """Word what came of an import, `new` likes among it."""
    lines = [words.count("likes.imported", new)]
    if len(brought.found) > new:
        lines.append(words.count("likes.had", len(brought.found) - new))
    if brought.missing:
        lines.append(words.count("likes.missing", len(brought.missing)))
        lines += [
            f"-# {plain(' · '.join(filter(None, [wish.title, wish.artist])), _TITLE)}"
            for wish in brought.missing[:_MOST_MISSING]
        ]
    if brought.left:
        lines.append(words.count("likes.left", brought.left))
    return "\n".join(lines)


def _name(one: Thumb, words: Words) -> str:
    title = plain(one.title, _TITLE) or words("card.untitled")
    artist = plain(one.artist, _ARTIST)
    return f"**{title}** · {artist}" if artist else f"**{title}**"


def _choice(one: Thumb) -> str:
    return choice_name(Track(one.track, one.title, one.artist))
