"""What people say: messages with files, replies, forwards; and who they are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import aiohttp

from tests.discord_server import payloads
from tests.discord_server.checks.mentions import note_mentions
from tests.discord_server.content import Delivery, Flag, Message, MessageKind, Upload
from tests.discord_server.people import Channel, Guild, User
from tests.discord_server.privacy import Intent
from tests.discord_server.rest.body import guess_type
from tests.discord_server.server import Server


class Speaking:
    """People of a loopback Discord, their places, and what they write there."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.world = server.world
        self.gateway = server.gateway
        self.bot = server.world.bot
        self.member = self.world.add_user("Ada")
        self.stranger = self.world.add_user("Grace")
        self.guild = self.add_guild("Listening Club", self.member)
        self.channel = self.guild.channels[0]

    # People, places, files

    def connector(self) -> aiohttp.TCPConnector:
        """Make a connector for a client; call it inside the running loop."""
        return self.server.connector()

    def add_user(self, name: str, **traits: Any) -> User:
        """Let somebody join Discord: `locale`, `open_to_dms`, `installed_app`."""
        return self.world.add_user(name, **traits)

    def add_guild(self, name: str, owner: User, **traits: Any) -> Guild:
        """Found a guild with one channel: `has_bot`, `locale`, `upload_limit`."""
        guild = self.world.add_guild(name, owner, **traits)
        self.world.add_channel(guild, "music")
        return guild

    def dm(self, user: User | None = None) -> Channel:
        """Return the private channel of a user and the bot."""
        return self.world.direct(user or self.member, self.bot)

    def upload(
        self,
        name: str,
        data: bytes = b"",
        content_type: str | None = None,
        *,
        stream: Callable[[], AsyncIterator[bytes]] | None = None,
        size: int | None = None,
        delivery: Delivery | None = None,
        **traits: Any,
    ) -> Upload:
        """Pick a file; `stream` and `size` make one that is too large for memory."""
        told = len(data) if size is None else size
        kind = content_type or guess_type(name)
        way = delivery or Delivery()
        return Upload(name, told, kind, data, stream, delivery=way, **traits)

    # Messages

    async def message(
        self,
        channel: Channel | None = None,
        author: User | None = None,
        content: str = "",
        *,
        attachments: Sequence[Upload] = (),
        reply_to: Message | None = None,
        ping: bool = True,
        forward: Message | None = None,
        voice: bool = False,
    ) -> Message:
        """Write a message; a reply calls the author of what it answers unless `ping` is false."""
        world, place = self.world, channel or self.channel
        draft = Message(world.ids.next(), place, author or self.member, world.clock.now(), content)
        draft.replies_to, draft.forwards = reply_to, forward
        draft.kind = MessageKind.REPLY if reply_to else MessageKind.DEFAULT
        draft.flags = Flag.VOICE_MESSAGE if voice else Flag(0)
        if forward:
            draft.flags |= Flag.HAS_SNAPSHOT
        folder = f"attachments/{place.id}"
        draft.attachments = [self.server.poster.attach(each, folder) for each in attachments]
        note_mentions(world, draft)
        if reply_to and ping and reply_to.author not in draft.mentions:
            draft.mentions.append(reply_to.author)
        await self.server.poster.publish(draft)
        return draft

    async def voice_message(self, channel: Channel | None = None, data: bytes = b"") -> Message:
        """Send a voice message: one Ogg Opus attachment."""
        upload = self.upload(
            "voice-message.ogg", data, "audio/ogg", duration=3.2, waveform="AAAAAAAAAAAA"
        )
        return await self.message(channel, attachments=[upload], voice=True)

    async def edit(self, message: Message, content: str) -> None:
        """Let the author change what a message says."""
        message.revisions.append(message.text)
        message.content, message.edited = content, self.world.clock.now()
        note_mentions(self.world, message)
        await self.server.poster.tell("MESSAGE_UPDATE", message)

    async def delete(self, message: Message) -> None:
        """Remove a message."""
        await self.server.poster.delete(message)

    # The bot's memberships

    async def invite(self, guild: Guild) -> None:
        """Let the bot into a guild while it runs."""
        guild.has_bot = True
        self.world.add_member(guild, self.bot)
        body = payloads.guild(self.world, guild)
        await self.gateway.tell("GUILD_CREATE", lambda _: body, needs=Intent.GUILDS)

    async def remove_bot(self, guild: Guild) -> None:
        """Throw the bot out of a guild."""
        guild.has_bot = False
        del guild.members[self.bot.id]
        body = {"id": str(guild.id)}
        await self.gateway.tell("GUILD_DELETE", lambda _: body, needs=Intent.GUILDS)
