"""What is said: messages, their attachments, and whom they would have called."""

from __future__ import annotations

import enum
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.discord_server.people import Channel, Role, User


class Flag(enum.IntFlag):
    """Message flags, with Discord's bits."""

    SUPPRESS_EMBEDS = 1 << 2
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    VOICE_MESSAGE = 1 << 13
    HAS_SNAPSHOT = 1 << 14
    COMPONENTS_V2 = 1 << 15


class MessageKind(enum.IntEnum):
    """The kinds of message that exist here."""

    DEFAULT = 0
    REPLY = 19
    CHAT_INPUT_COMMAND = 20
    CONTEXT_MENU_COMMAND = 23


@dataclass
class Delivery:
    """How the CDN hands a file out; a test sets what should go wrong."""

    delay: float = 0.0  # seconds before the answer begins
    chunk_delay: float = 0.0  # seconds before each chunk
    truncate_at: int | None = None  # bytes after which the connection is cut
    status: int = 200
    location: str = ""  # where a status that sends on sends to
    endless: bool = False  # the length is not told, and all that `stream` makes is sent


@dataclass
class Upload:
    """A file as somebody picks it; `stream` makes bytes that should never lie in memory."""

    name: str
    size: int
    content_type: str | None
    data: bytes = b""
    stream: Callable[[], AsyncIterator[bytes]] | None = None
    duration: float | None = None
    waveform: str | None = None
    description: str | None = None
    delivery: Delivery = field(default_factory=Delivery)


@dataclass(eq=False)
class Attachment:
    """A file that Discord keeps; its address is signed anew each time it is told."""

    id: int
    folder: str
    filename: str
    upload: Upload
    ephemeral: bool = False

    @property
    def path(self) -> str:
        """The path of its address on the CDN."""
        return f"/{self.folder}/{self.id}/{self.filename}"

    @property
    def data(self) -> bytes:
        """The bytes."""
        return self.upload.data


@dataclass
class Pings:
    """Whom a message would have called, after its allowed_mentions."""

    everyone: bool = False
    users: set[int] = field(default_factory=set)
    roles: set[int] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.everyone or self.users or self.roles)


@dataclass(eq=False)
class Message:
    """A message as it stands now; `revisions` keeps what it said before each edit."""

    id: int
    channel: Channel
    author: User
    created: float
    content: str = ""
    embeds: list[dict[str, Any]] = field(default_factory=list)
    components: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    flags: Flag = field(default_factory=lambda: Flag(0))
    kind: MessageKind = MessageKind.DEFAULT
    replies_to: Message | None = None
    forwards: Message | None = None
    mentions: list[User] = field(default_factory=list)
    mention_roles: list[Role] = field(default_factory=list)
    mention_everyone: bool = False
    pings: Pings = field(default_factory=Pings)
    reactions: list[tuple[str, User]] = field(default_factory=list)
    # Of a response: the interaction it answers, as its payload tells it.
    interaction: dict[str, Any] | None = None
    edited: float | None = None
    deleted: bool = False
    revisions: list[str] = field(default_factory=list)

    @property
    def ephemeral(self) -> bool:
        """Whether only the asker sees it."""
        return Flag.EPHEMERAL in self.flags

    @property
    def loading(self) -> bool:
        """Whether it still says that the app is thinking."""
        return Flag.LOADING in self.flags

    @property
    def text(self) -> str:
        """Everything a reader reads: content, embeds, text displays and labels, line by line."""
        parts = [self.content]
        for embed in self.embeds:
            parts.append((embed.get("author") or {}).get("name", ""))
            parts += [embed.get("title", ""), embed.get("description", "")]
            for entry in embed.get("fields", []):
                parts += [entry["name"], entry["value"]]
            parts.append((embed.get("footer") or {}).get("text", ""))
        parts += [part.get("content") or part.get("label") or "" for part in self.parts()]
        return "\n".join(part for part in parts if part)

    @property
    def buttons(self) -> list[dict[str, Any]]:
        """Every button of the message, in reading order."""
        return [part for part in self.parts() if part["type"] == 2]

    def button(self, label: str) -> dict[str, Any]:
        """Return the button with this label, or whose label contains it."""
        for fits in (label.__eq__, lambda text: label in text):
            for part in self.buttons:
                if fits(part.get("label", "")):
                    return part
        labels = [part.get("label") for part in self.buttons]
        raise AssertionError(f"no button says {label!r}; there are {labels}")

    def file(self, name: str) -> bytes:
        """Return the bytes of an attachment."""
        for attachment in self.attachments:
            if attachment.filename == name:
                return attachment.data
        names = [attachment.filename for attachment in self.attachments]
        raise AssertionError(f"no attachment is called {name!r}; there are {names}")

    @property
    def unshown_files(self) -> list[str]:
        """Files that a layout carries and shows nowhere: without embeds, Discord hides them."""
        if Flag.COMPONENTS_V2 not in self.flags:
            return []
        shown = list(_addresses(self.components))
        return [
            each.filename
            for each in self.attachments
            if not any(_leads_to(address, each) for address in shown)
        ]

    @property
    def broken_pictures(self) -> list[str]:
        """Names that an embed shows as attachment:// without there being such a file."""
        names = {each.filename for each in self.attachments}
        wanted = [address.removeprefix("attachment://") for address in _addresses(self.embeds)]
        return [name for name in wanted if "://" not in name and name not in names]

    def parts(self) -> Iterator[dict[str, Any]]:
        """Yield every component, nested ones too, in reading order."""
        return walk(self.components)


def walk(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield components and those inside them, in reading order."""
    for part in components:
        yield part
        yield from walk(part.get("components") or [])
        for key in ("accessory", "component"):
            if part.get(key):
                yield from walk([part[key]])


def _addresses(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("url", "icon_url") and isinstance(inner, str):
                yield inner
            else:
                yield from _addresses(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _addresses(inner)


def _leads_to(address: str, attachment: Attachment) -> bool:
    return address == f"attachment://{attachment.filename}" or attachment.path in address


def clean_filename(name: str) -> str:
    """Name a file as Discord does: no spaces, no odd signs."""
    return re.sub(r"[^\w.-]", "", name.replace(" ", "_")) or "unnamed"
