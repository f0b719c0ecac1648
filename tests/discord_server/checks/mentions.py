"""Allowed mentions: whether the form is right, and whom a text calls after it."""

from __future__ import annotations

import re
from typing import Any

from tests.discord_server.checks.form import Form, Path
from tests.discord_server.content import Message, Pings
from tests.discord_server.people import Permission
from tests.discord_server.world import World

_USER = re.compile(r"<@!?(\d+)>")
_ROLE = re.compile(r"<@&(\d+)>")
_EVERYONE = re.compile(r"@(everyone|here)\b")
KINDS = ("users", "roles", "everyone")


def check_allowed_mentions(form: Form, path: Path, allowed: Any) -> None:
    """Note everything that Discord would refuse in allowed_mentions."""
    if allowed is None:
        return
    parse = allowed.get("parse") or []
    for number, kind in enumerate(parse):
        form.choice((*path, "parse", number), kind, KINDS)
    for kind in ("users", "roles"):
        form.length((*path, kind), len(allowed.get(kind) or []), 100)
        if kind in parse and allowed.get(kind):
            said = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            form.fail(path, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", said)


def note_mentions(world: World, message: Message) -> None:
    """Set on a message whom its text names."""
    text = _calling_text(message)
    named = [world.users.get(int(number)) for number in _USER.findall(text)]
    message.mentions = [user for user in dict.fromkeys(named) if user]
    roles = message.channel.guild.roles if message.channel.guild else []
    ids = {int(number) for number in _ROLE.findall(text)}
    message.mention_roles = [role for role in roles if role.id in ids]
    may = message.channel.bot_may(Permission.MENTION_EVERYONE)
    message.mention_everyone = may and bool(_EVERYONE.search(text))


def pings_of(message: Message, allowed: dict[str, Any] | None) -> Pings:
    """Return whom the message calls; without allowed_mentions, everybody whom it names."""
    if allowed is None:
        allowed = {"parse": list(KINDS), "replied_user": True}
    parse = set(allowed.get("parse") or [])
    users = {int(number) for number in allowed.get("users") or []}
    roles = {int(number) for number in allowed.get("roles") or []}
    pings = Pings(
        everyone=message.mention_everyone and "everyone" in parse,
        users={user.id for user in message.mentions if "users" in parse or user.id in users},
        roles={
            role.id
            for role in message.mention_roles
            if "roles" in parse or (role.id in roles and role.mentionable)
        },
    )
    if message.replies_to and allowed.get("replied_user"):
        pings.users.add(message.replies_to.author.id)
    return pings


def _calling_text(message: Message) -> str:
    # Embeds never call anybody; text displays do, as content does.
    shown = [part.get("content", "") for part in message.parts() if part["type"] == 10]
    return "\n".join([message.content, *shown])
