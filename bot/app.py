"""The Discord bot: what it asks of Discord, what it brings along and how it fails."""

from __future__ import annotations

import logging
import sys
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot import answers, library, similar, taste, trust
from bot.asking import Asking
from bot.cooldown import Cooldown
from bot.explain import explain
from bot.gate import Gate
from bot.playlists.command import PlaylistCommands
from bot.presence import following, presence_of
from bot.reply import answer_error, tell
from bot.service import Soundalike
from bot.settings import Settings
from bot.sweeping import sweeping
from bot.words import ENGLISH, words_in
from bot.words.commands import CommandTranslator, describe_commands
from index.answers import Answers
from index.choices import Choices
from index.libraries import Libraries
from index.likes import Likes
from index.shown import Shown
from index.state_file import State
from models.preview import Previewer
from models.types import SettingsError

_log = logging.getLogger(__name__)

# An ask holds its place while its clip is on the way: more places than most machines have
# listeners, so that a slow download keeps none of them idle.
_LEAST_AT_ONCE = 8

PATIENCE = 300.0
"""Seconds an ask may take, its waiting included; an interaction can be answered for 900."""


class SoundalikeBot(commands.Bot):
    """Soundalike on Discord; make it inside the running event loop.

    Parameters
    ----------
    service : Soundalike
        What answers the clips.
    settings : Settings
    state : State
        What is remembered from one start to the next; it stays open.
    connector : aiohttp.BaseConnector or None
        How Discord is reached; None for the usual way.
    patience : float
        Seconds that an ask may take.
    """

    def __init__(
        self,
        service: Soundalike,
        settings: Settings,
        state: State,
        connector: aiohttp.BaseConnector | None = None,
        *,
        patience: float = PATIENCE,
    ) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            intents=_intents(),
            allowed_mentions=discord.AllowedMentions.none(),
            activity=presence_of(service.tracks),
            connector=connector,
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
        )
        self._service = service
        self._state = state
        self._settings = settings
        self._answers = Answers(state)
        self._guild = discord.Object(settings.guild) if settings.guild else None
        self._max_bytes = settings.clip_bytes
        cooldown = Cooldown(settings.per_minute, self._is_owner)
        self.gate = Gate(max(settings.jobs, _LEAST_AT_ONCE), settings.queue, patience, cooldown)
        self._held = AsyncExitStack()
        self.tree.error(self.on_app_command_error)

    async def setup_hook(self) -> None:
        """Bring the features and tell Discord of their commands."""
        self._know_owners()
        await self._held.enter_async_context(sweeping(self._state))
        await self._held.enter_async_context(following(self, self._service))
        downloads = await self._held.enter_async_context(
            similar.Downloads(self.http.connector, self._max_bytes)
        )
        cards = answers.AnswerCards(self._service, self._answers, self.gate)
        likes, choices = Likes(self._state), Choices(self._state)
        libraries = Libraries(self._state, self._settings.library)
        asking = Asking(self._service, likes, choices, libraries)
        self.actions = self._set_up_actions(cards, asking, likes, libraries)
        ear = similar.Ear(downloads, self._max_bytes)
        answerer = similar.Answerer(asking, cards, self.gate, ear)
        await similar.setup(self, asking, answerer, self._guild.id if self._guild else None)
        kit = taste.Kit(
            service=self._service,
            asking=asking,
            cards=cards,
            gate=self.gate,
            ear=ear,
            downloads=downloads,
            importer=self._held.enter_context(taste.Importer(self.gate)),
            likes=likes,
            choices=choices,
            shown=Shown(self._state),
        )
        await taste.setup(self, kit)
        await self.add_cog(PlaylistCommands(asking, self.gate))
        await self._set_up_libraries(libraries)
        await trust.setup(self, self._service, self._state, self.gate, self._settings)
        describe_commands(self.tree)
        await self.tree.set_translator(CommandTranslator())
        if self._guild is None:
            await self.tree.sync()
            return
        self.tree.copy_global_to(guild=self._guild)
        self.tree.clear_commands(guild=None)
        try:
            await self.tree.sync(guild=self._guild)
        except discord.Forbidden as error:
            raise SettingsError(
                f"SOUNDALIKE_GUILD names the server {self._guild.id}, and I am not in it.",
                "Invite me there first (`soundalike doctor` prints the link), or leave it out.",
            ) from error
        await self.tree.sync()

    def _set_up_actions(
        self, cards: answers.AnswerCards, asking: Asking, likes: Likes, libraries: Libraries
    ) -> answers.Actions:
        tools = answers.Tools(
            service=self._service,
            asking=asking,
            answers=self._answers,
            likes=likes,
            libraries=libraries,
            cards=cards,
            previews=answers.Previews(self._held.enter_context(Previewer()), self.gate),
            gate=self.gate,
        )
        return answers.setup(self, tools)

    async def _set_up_libraries(self, libraries: Libraries) -> None:
        downloads = await self._held.enter_async_context(
            similar.Downloads(self.http.connector, library.MOST_BYTES, library.LONGEST_DOWNLOAD)
        )
        keeper = library.Keeper(self._service, libraries, self.gate)
        await library.setup(self, keeper, libraries, downloads)

    def _know_owners(self) -> None:
        # The login has asked for them: nobody has to ask again.
        application = self.application
        if application and application.team:
            self.owner_ids = {member.id for member in application.team.members}
        elif application:
            self.owner_id = application.owner.id

    def _is_owner(self, person: int) -> bool:
        return person == self.owner_id or person in (self.owner_ids or ())

    async def take_leave(self, grace: float) -> None:
        """Take no more asks; those in hand that are not done in `grace` seconds are told so."""
        await self.gate.close(grace)

    async def close(self) -> None:
        """Disconnect."""
        await self._held.aclose()
        await super().close()

    def dispatch(self, event_name: str, /, *args: Any, **kwargs: Any) -> None:
        """Tell of an event, but no more once the bot is closed: discord.py has no loop then."""
        if not self.is_closed():
            super().dispatch(event_name, *args, **kwargs)

    async def on_ready(self) -> None:
        """Tell the log that all is well."""
        catalogue = ENGLISH.count("card.tracks", self._service.tracks)
        _log.info("ready; servers: %d, catalogue: %s", len(self.guilds), catalogue)
        for note in filter(None, (self._service.note, self._state.note)):
            _log.warning("%s", note)

    async def on_message(self, message: discord.Message) -> None:
        """Leave messages to the features: there are no text commands."""

    async def on_app_command_error(
        self, interaction: discord.Interaction, error: app_commands.AppCommandError
    ) -> None:
        """Answer a command that failed with a sentence."""
        await answer_error(interaction, error)

    async def on_error(self, _event: str, /, *args: Any, **_more: Any) -> None:
        """Answer a message that could not be answered with a sentence."""
        error = sys.exception()
        message = args[0] if args and isinstance(args[0], discord.Message) else None
        if error is None:
            return
        saying = explain(error, words_in(message.guild if message else None))
        if message:
            await tell(message, saying)


def _intents() -> discord.Intents:
    # None of them is privileged: what is said elsewhere never reaches the bot.
    intents = discord.Intents.none()
    intents.guilds = True
    intents.guild_messages = True
    intents.dm_messages = True
    return intents
