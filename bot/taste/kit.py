"""What the commands of taste work with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import discord

from bot.answers.cards import AnswerCards
from bot.asking import Asker, Asking
from bot.gate import Gate
from bot.reply import edit_card
from bot.service import Soundalike
from bot.similar.clips import Chosen, Offer
from bot.similar.download import Downloads
from bot.similar.ear import Ear
from bot.taste.importing import Importer
from bot.words import Words
from index.choices import Choices
from index.likes import Likes
from index.shown import Shown
from models.types import EmbeddedClip, Recommendations, Span


@dataclass(frozen=True, slots=True)
class Kit:
    """The rooms and stores that the commands use."""

    service: Soundalike
    asking: Asking
    cards: AnswerCards
    gate: Gate
    ear: Ear
    downloads: Downloads
    importer: Importer
    likes: Likes
    choices: Choices
    shown: Shown

    async def hear(
        self, offers: Sequence[Offer], guild: int | None, words: Words
    ) -> list[EmbeddedClip]:
        """Listen to several offers, one after the other; raises as `Ear.hear` does."""
        service = await self.asking.service_in(guild)
        return [await self.ear.hear(service, offer, Span(), words) for offer in offers]

    async def show(
        self,
        interaction: discord.Interaction,
        answer: Recommendations,
        words: Words,
        *,
        public: bool,
        clips: Sequence[EmbeddedClip] = (),
    ) -> None:
        """Put an answer's card where an interaction was deferred, with the pictures of clips."""
        card = await self.cards.first(
            answer,
            words,
            person=interaction.user.id,
            guild=interaction.guild_id,
            attach=interaction.app_permissions.attach_files,
            clips=[clip.heard for clip in clips],
        )
        await edit_card(interaction, card, public=public)


def asker_of(interaction: discord.Interaction) -> Asker:
    """Return who asks, and where, of an answer that is put there for all to see."""
    return Asker(interaction.user.id, interaction.guild_id, interaction.context.dm_channel)


def offers_of(
    files: Sequence[discord.Attachment | None], tracks: Sequence[str | None]
) -> list[Offer]:
    """Gather what was handed in: files first, then tracks by their ids."""
    given: list[Offer] = [file for file in files if file is not None]
    return [*given, *(Chosen(track) for track in tracks if track)]
