"""Who and where: users, servers ("guilds"), their members and channels."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.discord_server.content import Message

MIB = 1024 * 1024
UPLOAD_LIMIT = 10 * MIB


class Permission(enum.IntFlag):
    """The permissions that are checked here, with Discord's bits."""

    ADMINISTRATOR = 1 << 3
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    USE_APPLICATION_COMMANDS = 1 << 31


USUAL = (
    Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_EXTERNAL_EMOJIS
    | Permission.USE_APPLICATION_COMMANDS
)
EVERYTHING = Permission(sum(Permission))


class ChannelKind(enum.IntEnum):
    """The kinds of channel that exist here."""

    TEXT = 0
    DM = 1
    GROUP = 3


@dataclass(eq=False)
class User:
    """A person, or the bot."""

    id: int
    name: str
    bot: bool = False
    locale: str = "en-US"
    open_to_dms: bool = True
    # Whether this person added the app to their own account, to have it everywhere.
    installed_app: bool = False

    @property
    def mention(self) -> str:
        """What one types to call this user."""
        return f"<@{self.id}>"


@dataclass(eq=False)
class Role:
    """A role of a guild; the one with the guild's id is @everyone."""

    id: int
    name: str
    permissions: Permission = USUAL
    mentionable: bool = False

    @property
    def mention(self) -> str:
        """What one types to call everybody of this role."""
        return f"<@&{self.id}>"


@dataclass(eq=False)
class Member:
    """A user in a guild."""

    user: User
    permissions: Permission = USUAL
    roles: list[Role] = field(default_factory=list)


@dataclass(eq=False)
class Guild:
    """A Discord server; `has_bot` is false where only some members installed the app."""

    id: int
    name: str
    owner: User
    has_bot: bool = True
    locale: str = "en-US"
    upload_limit: int = UPLOAD_LIMIT
    members: dict[int, Member] = field(default_factory=dict)
    channels: list[Channel] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)


@dataclass(eq=False)
class Channel:
    """Where messages stand: a guild's text channel, a DM or a group."""

    id: int
    kind: ChannelKind
    name: str = ""
    guild: Guild | None = None
    people: list[User] = field(default_factory=list)
    bot_permissions: Permission = USUAL
    messages: list[Message] = field(default_factory=list)
    typings: int = 0

    @property
    def has_bot(self) -> bool:
        """Whether the bot is in here, so that it may read and write without being asked."""
        if self.guild:
            return self.guild.has_bot
        return any(user.bot for user in self.people)

    @property
    def upload_limit(self) -> int:
        """Bytes that one uploaded file may have."""
        return self.guild.upload_limit if self.guild else UPLOAD_LIMIT

    def bot_may(self, permission: Permission) -> bool:
        """Whether the bot has a permission here."""
        return permission in self.bot_permissions
