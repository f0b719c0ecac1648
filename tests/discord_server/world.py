"""Everything one loopback Discord knows; each server has a world of its own."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.discord_server.changes import Changes
from tests.discord_server.clock import Clock, Snowflakes
from tests.discord_server.people import (
    EVERYTHING,
    UPLOAD_LIMIT,
    USUAL,
    Channel,
    ChannelKind,
    Guild,
    Member,
    Permission,
    Role,
    User,
)

if TYPE_CHECKING:
    from tests.discord_server.content import Attachment, Message
    from tests.discord_server.interactions import Interaction


@dataclass(frozen=True)
class Exchange:
    """One request of the client's, and how it was answered."""

    method: str
    path: str
    route: str
    status: int
    code: int | None = None
    body: Any = None

    def __str__(self) -> str:
        return f"{self.method} {self.path} -> {self.status} (code {self.code}): {self.body}"


@dataclass
class Commands:
    """The application commands, as the client registered them."""

    everywhere: list[dict[str, Any]] = field(default_factory=list)
    in_guild: dict[int, list[dict[str, Any]]] = field(default_factory=dict)


class World:
    """The state of one loopback Discord."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.ids = Snowflakes(self.clock)
        self.changes = Changes(self._story)
        self.secret = secrets.token_bytes(32)
        self.bot = User(self.ids.next(), "Test Bot", bot=True)
        self.token = f"{self.bot.id}.stand-in.{secrets.token_hex(12)}"
        # Privileged intents that the application was granted, as bits.
        self.granted_intents = 0
        self.users: dict[int, User] = {self.bot.id: self.bot}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.messages: dict[int, Message] = {}
        self.attachments: dict[str, Attachment] = {}
        self.interactions: dict[int, Interaction] = {}
        self.commands = Commands()
        self.exchanges: list[Exchange] = []
        self.downloads: list[tuple[str, int]] = []
        self.unexpected: list[str] = []

    @property
    def application_id(self) -> int:
        """The application's id; as for every new application, it is the bot's."""
        return self.bot.id

    def _story(self) -> str:
        last = "\n".join(map(str, self.exchanges[-5:]))
        return f"the last requests were:\n{last}"

    def add_user(self, name: str, **traits: Any) -> User:
        """Let somebody join Discord."""
        user = User(self.ids.next(), name, **traits)
        self.users[user.id] = user
        return user

    def add_guild(
        self,
        name: str,
        owner: User,
        *,
        has_bot: bool = True,
        locale: str = "en-US",
        upload_limit: int = UPLOAD_LIMIT,
    ) -> Guild:
        """Found a guild with its owner, and the bot where it was invited."""
        guild = Guild(self.ids.next(), name, owner, has_bot, locale, upload_limit)
        guild.roles.append(Role(guild.id, "@everyone"))
        guild.members[owner.id] = Member(owner, EVERYTHING)
        if has_bot:
            guild.members[self.bot.id] = Member(self.bot)
        self.guilds[guild.id] = guild
        return guild

    def add_member(
        self, guild: Guild, user: User, permissions: Permission = USUAL, *roles: Role
    ) -> Member:
        """Let a user join a guild."""
        member = Member(user, permissions, list(roles))
        guild.members[user.id] = member
        return member

    def add_role(self, guild: Guild, name: str, *, mentionable: bool = False) -> Role:
        """Give a guild one more role."""
        role = Role(self.ids.next(), name, mentionable=mentionable)
        guild.roles.append(role)
        return role

    def add_channel(self, guild: Guild, name: str, bot_permissions: Permission = USUAL) -> Channel:
        """Give a guild one more text channel."""
        channel = Channel(
            self.ids.next(), ChannelKind.TEXT, name, guild, bot_permissions=bot_permissions
        )
        guild.channels.append(channel)
        self.channels[channel.id] = channel
        return channel

    def direct(self, *people: User) -> Channel:
        """Return the private channel of these people; more than two make a group."""
        for channel in self.channels.values():
            if not channel.guild and set(channel.people) == set(people):
                return channel
        kind = ChannelKind.DM if len(people) == 2 else ChannelKind.GROUP
        channel = Channel(self.ids.next(), kind, people=list(people), bot_permissions=EVERYTHING)
        self.channels[channel.id] = channel
        return channel
