"""Which events a client hears of, and what is blanked without the message content intent."""

from __future__ import annotations

import enum
from typing import Any

from tests.discord_server import payloads
from tests.discord_server.content import Message
from tests.discord_server.world import World


class Intent(enum.IntFlag):
    """The gateway intents that matter here, with Discord's bits."""

    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_REACTIONS = 1 << 10
    GUILD_TYPING = 1 << 11
    DIRECT_MESSAGES = 1 << 12
    DIRECT_REACTIONS = 1 << 13
    DIRECT_TYPING = 1 << 14
    MESSAGE_CONTENT = 1 << 15


PRIVILEGED = Intent.GUILD_MEMBERS | Intent.GUILD_PRESENCES | Intent.MESSAGE_CONTENT
KNOWN_BITS = (1 << 26) - 1

_BLANK = {"content": "", "embeds": [], "attachments": [], "components": []}


def message_for(world: World, message: Message, intents: int) -> dict[str, Any]:
    """Write a message as a client with these intents may read it."""
    body = payloads.message(world, message)
    if not _may_read(world, message, intents):
        _blank(body)
        for snapshot in body.get("message_snapshots", []):
            _blank(snapshot["message"])
    if message.replies_to and not _may_read(world, message.replies_to, intents):
        # That the bot may read a reply says nothing of the message replied to.
        _blank(body.get("referenced_message"))
    return body


def _may_read(world: World, message: Message, intents: int) -> bool:
    return (
        bool(intents & Intent.MESSAGE_CONTENT)
        or not message.channel.guild
        or message.author is world.bot
        or world.bot in message.mentions
    )


def _blank(body: dict[str, Any] | None) -> None:
    if body:
        body.update(_BLANK)
