"""`/about`: which Soundalike this is, what it listens with, what it knows, how quick it is."""

from __future__ import annotations

import importlib.metadata
import math
import time

import discord
from discord import app_commands
from discord.ext import commands

from bot.plain import plain
from bot.service import Soundalike
from bot.trust.panel import Panel
from bot.words import Words, words_for

_PACKAGES = ("discord.py", "onnxruntime", "usearch")
_LONGEST = 100


class AboutCommand(commands.Cog):
    """Holds the command."""

    def __init__(self, service: Soundalike) -> None:
        self._service = service
        self._began = time.time()

    @app_commands.command()
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def about(self, interaction: discord.Interaction) -> None:
        """Say what this is, to the asker alone."""
        words = words_for(interaction.locale)
        facts = about_text(self._service, words, interaction.client.latency, self._began)
        panel = Panel(words("about.head"), facts)
        await interaction.response.send_message(view=panel, ephemeral=True)


def about_text(service: Soundalike, words: Words, latency: float, began: float) -> str:
    """Word the facts.

    Parameters
    ----------
    latency : float
        Seconds to Discord and back; not finite before the first beat.
    began : float
        When it was started, in seconds since 1970.
    """
    stamp = service.index.stamp
    model = plain(f"{stamp.model} {stamp.version}", _LONGEST)
    known = {name: _installed(name) for name in _PACKAGES}
    versions = " · ".join(f"{name} {version}" for name, version in known.items() if version)
    release = _installed("soundalike")
    facts = [
        words("about.version", version=release) if release else words("about.uninstalled"),
        words("about.model", model=model, space=plain(stamp.space, _LONGEST)),
        words("about.catalogue", tracks=words.count("card.tracks", service.tracks)),
    ]
    if math.isfinite(latency):
        facts.append(words("about.latency", milliseconds=words.number(round(1000 * latency))))
    # Discord says how long ago that is, in the reader's language.
    facts.append(words("about.started", when=f"<t:{int(began)}:R>"))
    small = f"\n-# {versions}" if versions else ""
    return "\n".join(f"- {fact}" for fact in facts) + small


def _installed(package: str) -> str:
    """Return the version of a package; empty where it is run from its source."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
