"""Writing, editing and deleting messages: the one place where the app's words become messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.discord_server import errors, payloads
from tests.discord_server.checks.form import Path
from tests.discord_server.checks.mentions import note_mentions, pings_of
from tests.discord_server.checks.message import check_files, check_message
from tests.discord_server.content import (
    Attachment,
    Flag,
    Message,
    Upload,
    clean_filename,
    walk,
)
from tests.discord_server.gateway import Gateway
from tests.discord_server.people import Channel
from tests.discord_server.privacy import Intent, message_for
from tests.discord_server.world import World

SETTABLE = (
    Flag.SUPPRESS_EMBEDS
    | Flag.EPHEMERAL
    | Flag.SUPPRESS_NOTIFICATIONS
    | Flag.VOICE_MESSAGE
    | Flag.COMPONENTS_V2
)

Files = Mapping[int, Upload]


class Poster:
    """Turns checked forms into messages and tells the gateway."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self._world = world
        self._gateway = gateway

    def check_new(
        self, channel: Channel, payload: dict[str, Any], files: Files, path: Path = ()
    ) -> None:
        """Refuse a new message that Discord would refuse."""
        check_files(files, 0, channel.upload_limit)
        check_message(payload, files, path=path)
        _require_something(None, payload, len(files))

    def check_edit(
        self, message: Message, payload: dict[str, Any], files: Files, path: Path = ()
    ) -> None:
        """Refuse an edit that Discord would refuse."""
        kept = len(_kept(message, payload))
        check_files(files, kept, message.channel.upload_limit)
        check_message(payload, files, before=message, path=path)
        _require_something(message, payload, kept + len(files))

    async def post(self, draft: Message, payload: dict[str, Any], files: Files) -> Message:
        """Check a form, write it into `draft` and publish that."""
        self.check_new(draft.channel, payload, files)
        self._fill(draft, payload, files)
        await self.publish(draft)
        return draft

    async def publish(self, message: Message) -> None:
        """Let a message stand in its channel, and tell those who see it."""
        self._world.messages[message.id] = message
        if not message.ephemeral:
            message.channel.messages.append(message)
            await self.tell("MESSAGE_CREATE", message)
        self._world.changes.ring()

    async def edit(self, message: Message, payload: dict[str, Any], files: Files) -> Message:
        """Check a form and change a message by it; a loading one becomes a real one."""
        self.check_edit(message, payload, files)
        message.revisions.append(message.text)
        message.attachments = _kept(message, payload)
        self._fill(message, payload, files)
        if not message.loading:
            message.edited = self._world.clock.now()
        message.flags &= ~Flag.LOADING
        if not message.ephemeral:
            await self.tell("MESSAGE_UPDATE", message)
        self._world.changes.ring()
        return message

    async def delete(self, message: Message) -> None:
        """Remove a message."""
        message.deleted = True
        del self._world.messages[message.id]
        if message in message.channel.messages:
            message.channel.messages.remove(message)
            body = {"id": str(message.id), "channel_id": str(message.channel.id)}
            if message.channel.guild:
                body["guild_id"] = str(message.channel.guild.id)
            needs = _intent(message.channel)
            await self._gateway.tell("MESSAGE_DELETE", lambda _: body, needs=needs)
        self._world.changes.ring()

    def attach(self, upload: Upload, folder: str, *, ephemeral: bool = False) -> Attachment:
        """Keep a file on the CDN."""
        name = clean_filename(upload.name)
        attachment = Attachment(self._world.ids.next(), folder, name, upload, ephemeral)
        self._world.attachments[attachment.path] = attachment
        return attachment

    async def tell(self, event: str, message: Message) -> None:
        """Send an event about a message to those who may hear of it."""
        if not message.channel.has_bot:
            return
        guild = message.channel.guild

        def write(intents: int) -> dict[str, Any]:
            body = message_for(self._world, message, intents)
            if guild:
                body["guild_id"] = str(guild.id)
                author = guild.members.get(message.author.id)
                if author and not message.interaction:
                    body["member"] = payloads.member(author, with_user=False)
            return body

        await self._gateway.tell(event, write, needs=_intent(message.channel))

    def _fill(self, message: Message, payload: dict[str, Any], files: Files) -> None:
        if "content" in payload:
            message.content = payload["content"] or ""
        if "embeds" in payload:
            message.embeds = payload["embeds"] or []
        if "components" in payload:
            message.components = payload["components"] or []
            _number(message.components)
        chosen = Flag(int(payload.get("flags") or 0)) & SETTABLE
        message.flags |= chosen & ~Flag.EPHEMERAL if self._is_out(message) else chosen
        described = {str(each.get("id")): each for each in payload.get("attachments") or []}
        for number, upload in sorted(files.items()):
            upload.description = described.get(str(number), {}).get("description")
            folder = f"attachments/{message.channel.id}"
            message.attachments.append(self.attach(upload, folder, ephemeral=message.ephemeral))
        note_mentions(self._world, message)
        # An edit calls nobody, except the one that turns "thinking" into an answer.
        if message.loading or not self._is_out(message):
            message.pings = pings_of(message, payload.get("allowed_mentions"))

    def _is_out(self, message: Message) -> bool:
        return message.id in self._world.messages


def _kept(message: Message, payload: dict[str, Any]) -> list[Attachment]:
    if "attachments" not in payload:
        return list(message.attachments)
    listed = {str(entry.get("id")) for entry in payload["attachments"] or []}
    return [each for each in message.attachments if str(each.id) in listed]


def _require_something(before: Message | None, payload: dict[str, Any], files: int) -> None:
    def left(key: str) -> Any:
        return payload[key] if key in payload else getattr(before, key, None)

    flags = Flag(int(payload.get("flags") or 0)) | (before.flags if before else Flag(0))
    laid_out = Flag.COMPONENTS_V2 in flags and left("components")
    if not ((left("content") or "").strip() or left("embeds") or files or laid_out):
        raise errors.empty_message()


def _number(components: list[dict[str, Any]]) -> None:
    for number, part in enumerate(walk(components), start=1):
        part.setdefault("id", number)


def _intent(channel: Channel) -> Intent:
    return Intent.GUILD_MESSAGES if channel.guild else Intent.DIRECT_MESSAGES
