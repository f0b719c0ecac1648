"""Channels and their messages, as the bot itself reads and writes them."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tests.discord_server import errors, payloads
from tests.discord_server.answers import answer, nothing
from tests.discord_server.content import Message, MessageKind
from tests.discord_server.people import Channel, Permission
from tests.discord_server.posting import Poster
from tests.discord_server.privacy import message_for
from tests.discord_server.rest import body
from tests.discord_server.rest.account import number
from tests.discord_server.world import World

CHANNEL = "/channels/{channel_id}"
MESSAGES = CHANNEL + "/messages"
MESSAGE = MESSAGES + "/{message_id}"
REACTION = MESSAGE + "/reactions/{emoji}/@me"


class Messages:
    """Routes of channels and messages."""

    def __init__(self, world: World, poster: Poster) -> None:
        self._world = world
        self._poster = poster

    def routes(self) -> list[web.RouteDef]:
        """List the routes of this area."""
        return [
            web.get(CHANNEL, self._channel_info),
            web.post(CHANNEL + "/typing", self._typing),
            web.get(MESSAGES, self._history),
            web.post(MESSAGES, self._create),
            web.get(MESSAGE, self._get),
            web.patch(MESSAGE, self._edit),
            web.delete(MESSAGE, self._delete),
            web.put(REACTION, self._react),
            web.delete(REACTION, self._unreact),
        ]

    async def _channel_info(self, request: web.Request) -> web.Response:
        return answer(payloads.channel(self._world, self._channel(request)))

    async def _typing(self, request: web.Request) -> web.Response:
        channel = self._channel(request)
        _require(channel, Permission.SEND_MESSAGES)
        channel.typings += 1
        self._world.changes.ring()
        return nothing()

    async def _history(self, request: web.Request) -> web.Response:
        channel = self._channel(request)
        # Without the permission to read history there simply is none.
        readable = channel.messages if channel.bot_may(Permission.READ_MESSAGE_HISTORY) else []
        before = int(request.query.get("before", 2**63))
        after = int(request.query.get("after", 0))
        chosen = [each for each in readable if after < each.id < before]
        limit = int(request.query.get("limit", 50))
        return answer([self._told(each) for each in reversed(chosen[-limit:])])

    async def _get(self, request: web.Request) -> web.Response:
        channel = self._channel(request)
        if not channel.bot_may(Permission.READ_MESSAGE_HISTORY):
            raise errors.missing_access()
        return answer(self._told(self._message(request, channel)))

    async def _create(self, request: web.Request) -> web.Response:
        channel = self._channel(request)
        sent = await body.read(request)
        form = sent.form
        _require(channel, Permission.SEND_MESSAGES)
        if form.get("embeds"):
            _require(channel, Permission.EMBED_LINKS)
        if sent.files:
            _require(channel, Permission.ATTACH_FILES)
        if not all(person.open_to_dms for person in channel.people):
            raise errors.closed_dms()
        world = self._world
        draft = Message(world.ids.next(), channel, world.bot, world.clock.now())
        draft.replies_to = self._replied(channel, form.get("message_reference"))
        if draft.replies_to:
            draft.kind = MessageKind.REPLY
        message = await self._poster.post(draft, form, sent.files)
        return answer(payloads.message(world, message))

    async def _edit(self, request: web.Request) -> web.Response:
        message = self._message(request, self._channel(request))
        sent = await body.read(request)
        if message.author is not self._world.bot:
            raise errors.not_your_message()
        await self._poster.edit(message, sent.form, sent.files)
        return answer(payloads.message(self._world, message))

    async def _delete(self, request: web.Request) -> web.Response:
        channel = self._channel(request)
        message = self._message(request, channel)
        if message.author is not self._world.bot:
            if channel.guild is None:
                raise errors.not_in_a_dm()
            _require(channel, Permission.MANAGE_MESSAGES)
        await self._poster.delete(message)
        return nothing()

    async def _react(self, request: web.Request) -> web.Response:
        channel = self._channel(request)
        message = self._message(request, channel)
        _require(channel, Permission.ADD_REACTIONS)
        mark = (request.match_info["emoji"], self._world.bot)
        if mark not in message.reactions:
            message.reactions.append(mark)
        self._world.changes.ring()
        return nothing()

    async def _unreact(self, request: web.Request) -> web.Response:
        message = self._message(request, self._channel(request))
        mark = (request.match_info["emoji"], self._world.bot)
        if mark in message.reactions:
            message.reactions.remove(mark)
        return nothing()

    def _channel(self, request: web.Request) -> Channel:
        channel = self._world.channels.get(number(request, "channel_id"))
        if channel is None:
            raise errors.unknown_channel()
        if not channel.has_bot or not channel.bot_may(Permission.VIEW_CHANNEL):
            raise errors.missing_access()
        return channel

    def _message(self, request: web.Request, channel: Channel) -> Message:
        message = self._world.messages.get(number(request, "message_id"))
        if message is None or message.channel is not channel or message.ephemeral:
            raise errors.unknown_message()
        return message

    def _replied(self, channel: Channel, reference: dict[str, Any] | None) -> Message | None:
        if not reference or reference.get("type"):
            return None
        if not channel.bot_may(Permission.READ_MESSAGE_HISTORY):
            raise errors.cannot_reply()
        message = self._world.messages.get(int(reference.get("message_id") or 0))
        if message is None and reference.get("fail_if_not_exists", True):
            raise errors.unknown_reference()
        return message

    def _told(self, message: Message) -> dict[str, Any]:
        # Reading over REST is blanked by what the application was granted.
        return message_for(self._world, message, self._world.granted_intents)


def _require(channel: Channel, permission: Permission) -> None:
    if not channel.bot_may(permission):
        raise errors.missing_permissions()
