"""People, places and messages as Discord writes them down; absent keys are absent, never null."""

from __future__ import annotations

from typing import Any

from tests.discord_server import cdn
from tests.discord_server.clock import iso
from tests.discord_server.content import Attachment, Message
from tests.discord_server.people import (
    Channel,
    ChannelKind,
    Guild,
    Member,
    Permission,
    Role,
    User,
)
from tests.discord_server.tls import MEDIA
from tests.discord_server.world import World

JOINED = "2024-01-01T00:00:00+00:00"


def user(person: User) -> dict[str, Any]:
    """Write a user."""
    return {
        "id": str(person.id),
        "username": person.name.lower().replace(" ", "_"),
        "global_name": person.name,
        "discriminator": "0000" if person.bot else "0",
        "avatar": None,
        "bot": person.bot,
        "public_flags": 0,
    }


def member(of: Member, *, with_user: bool = True) -> dict[str, Any]:
    """Write a member of a guild."""
    body: dict[str, Any] = {
        "roles": [str(each.id) for each in of.roles],
        "joined_at": JOINED,
        "deaf": False,
        "mute": False,
        "flags": 0,
        "nick": None,
        "avatar": None,
    }
    return body | {"user": user(of.user)} if with_user else body


def role(of: Role) -> dict[str, Any]:
    """Write a role."""
    return {
        "id": str(of.id),
        "name": of.name,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "position": 0,
        "permissions": str(int(of.permissions)),
        "managed": False,
        "mentionable": of.mentionable,
        "flags": 0,
    }


def channel(world: World, of: Channel) -> dict[str, Any]:
    """Write a channel."""
    body: dict[str, Any] = {"id": str(of.id), "type": int(of.kind), "flags": 0}
    last = of.messages[-1].id if of.messages else None
    body["last_message_id"] = str(last) if last else None
    if of.guild:
        denied = Permission(sum(Permission)) & ~of.bot_permissions
        return body | {
            "guild_id": str(of.guild.id),
            "name": of.name,
            "position": of.guild.channels.index(of),
            "parent_id": None,
            "topic": None,
            "nsfw": False,
            "rate_limit_per_user": 0,
            "permission_overwrites": [
                {
                    "id": str(world.bot.id),
                    "type": 1,
                    "allow": str(int(of.bot_permissions)),
                    "deny": str(int(denied)),
                }
            ],
        }
    body["recipients"] = [user(each) for each in of.people if each is not world.bot]
    if of.kind is ChannelKind.GROUP:
        body |= {"name": of.name or None, "icon": None, "owner_id": str(of.people[0].id)}
    return body


def guild(world: World, of: Guild) -> dict[str, Any]:
    """Write a guild as GUILD_CREATE brings it: of the members, only the bot."""
    return {
        "id": str(of.id),
        "name": of.name,
        "icon": None,
        "owner_id": str(of.owner.id),
        "preferred_locale": of.locale,
        "features": [],
        "roles": [role(each) for each in of.roles],
        "emojis": [],
        "stickers": [],
        "premium_tier": 0,
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "afk_timeout": 300,
        "joined_at": JOINED,
        "large": False,
        "unavailable": False,
        "member_count": len(of.members),
        "members": [member(of.members[world.bot.id])],
        "channels": [channel(world, each) for each in of.channels],
        "threads": [],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def attachment(world: World, of: Attachment) -> dict[str, Any]:
    """Write an attachment, its address freshly signed."""
    upload = of.upload
    body: dict[str, Any] = {
        "id": str(of.id),
        "filename": of.filename,
        "size": upload.size,
        "url": cdn.url(world, of),
        "proxy_url": cdn.url(world, of, host=MEDIA),
    }
    optional = {
        "content_type": upload.content_type,
        "duration_secs": upload.duration,
        "waveform": upload.waveform,
        "description": upload.description,
        "ephemeral": of.ephemeral or None,
    }
    return body | {key: value for key, value in optional.items() if value is not None}


def message(world: World, of: Message, *, nested: bool = False) -> dict[str, Any]:
    """Write a message with all it carries; a nested one brings no third one along."""
    body: dict[str, Any] = {
        "id": str(of.id),
        "channel_id": str(of.channel.id),
        "type": int(of.kind),
        "author": user(of.author),
        "content": of.content,
        "timestamp": iso(of.created),
        "edited_timestamp": iso(of.edited) if of.edited else None,
        "tts": False,
        "pinned": False,
        "flags": int(of.flags),
        "mention_everyone": of.mention_everyone,
        "mentions": [user(each) for each in of.mentions],
        "mention_roles": [str(each.id) for each in of.mention_roles],
        "attachments": [attachment(world, each) for each in of.attachments],
        "embeds": _with_addresses(world, of, of.embeds),
        "components": _with_addresses(world, of, of.components),
    }
    if of.reactions:
        body["reactions"] = _reactions(world, of)
    if of.interaction:
        body |= {"application_id": str(world.application_id)}
        body |= {"interaction_metadata": of.interaction, "webhook_id": str(world.application_id)}
    if of.replies_to:
        body["message_reference"] = _reference(of.replies_to, 0)
    if of.replies_to and not nested:
        # A reference that Discord looked for and no longer found is null.
        gone = of.replies_to.deleted
        body["referenced_message"] = None if gone else message(world, of.replies_to, nested=True)
    if of.forwards:
        body["message_reference"] = _reference(of.forwards, 1)
        body["message_snapshots"] = [{"message": _snapshot(world, of.forwards)}]
    return body


def _reference(of: Message, kind: int) -> dict[str, Any]:
    body = {"type": kind, "message_id": str(of.id), "channel_id": str(of.channel.id)}
    return body | {"guild_id": str(of.channel.guild.id)} if of.channel.guild else body


def _snapshot(world: World, of: Message) -> dict[str, Any]:
    kept = (
        "type",
        "content",
        "timestamp",
        "edited_timestamp",
        "flags",
        "mentions",
        "mention_roles",
        "attachments",
        "embeds",
        "components",
    )
    whole = message(world, of)
    return {key: whole[key] for key in kept}


def _reactions(world: World, of: Message) -> list[dict[str, Any]]:
    names = dict.fromkeys(emoji for emoji, _ in of.reactions)
    return [
        {
            "emoji": {"id": None, "name": name},
            "count": sum(emoji == name for emoji, _ in of.reactions),
            "me": (name, world.bot) in of.reactions,
            "count_details": {"burst": 0, "normal": 1},
            "me_burst": False,
            "burst_colors": [],
        }
        for name in names
    ]


def _with_addresses(world: World, of: Message, value: Any) -> Any:
    """Replace attachment:// names by the addresses of the files."""
    if isinstance(value, dict):
        return {key: _with_addresses(world, of, each) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_addresses(world, of, each) for each in value]
    if isinstance(value, str) and value.startswith("attachment://"):
        name = value.removeprefix("attachment://")
        for each in of.attachments:
            if each.filename == name:
                return cdn.url(world, each)
    return value
