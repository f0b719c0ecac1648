"""An interaction: dispatched, acknowledged once within 3 s, then answered for 15 minutes."""

from __future__ import annotations

import enum
import secrets
from dataclasses import dataclass, field
from typing import Any

from tests.discord_server import errors
from tests.discord_server.content import Message
from tests.discord_server.people import Channel, User

ACKNOWLEDGE_WITHIN_S = 3.0
TOKEN_LASTS_S = 15 * 60.0
USER_INSTALL_FOLLOWUPS = 5


class Kind(enum.IntEnum):
    """What happened."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


class Callback(enum.IntEnum):
    """How the app may answer."""

    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


@dataclass(eq=False)
class Interaction:
    """One thing a user did, and what the app made of it."""

    id: int
    kind: Kind
    user: User
    channel: Channel
    dispatched: float
    owners: dict[str, str]
    data: dict[str, Any]
    source: Message | None = None
    token: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    acknowledged: float | None = None
    callback: Callback | None = None
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)
    choices: list[dict[str, Any]] | None = None
    modal: dict[str, Any] | None = None
    # How often the source message had been edited when the user pressed something on it.
    source_revisions: int = 0

    def __post_init__(self) -> None:
        if self.source:
            self.source_revisions = len(self.source.revisions)

    def allowed_callbacks(self) -> tuple[Callback, ...]:
        """Return the callbacks that fit what happened."""
        if self.kind is Kind.AUTOCOMPLETE:
            return (Callback.CHOICES,)
        allowed = [Callback.MESSAGE, Callback.DEFERRED_MESSAGE]
        if self.source:
            allowed += [Callback.DEFERRED_UPDATE, Callback.UPDATE]
        if self.kind is not Kind.MODAL:
            allowed.append(Callback.MODAL)
        return tuple(allowed)

    def late(self, now: float) -> bool:
        """Whether three seconds went by without an acknowledgement."""
        return self.acknowledged is None and now - self.dispatched > ACKNOWLEDGE_WITHIN_S

    def acknowledge(self, token: str, callback: Callback, now: float) -> None:
        """Take the one acknowledgement, or refuse it."""
        if token != self.token or self.late(now):
            raise errors.unknown_interaction()
        if self.acknowledged is not None:
            raise errors.already_acknowledged()
        self.acknowledged = now
        self.callback = callback

    def require_token(self, now: float) -> None:
        """Refuse the webhook before the acknowledgement and after 15 minutes."""
        if self.acknowledged is None:
            raise errors.unknown_webhook()
        if now - self.dispatched > TOKEN_LASTS_S:
            raise errors.invalid_webhook_token()

    def require_original(self) -> Message:
        """Return the original response, or refuse if there is none (any more)."""
        if self.original is None or self.original.deleted:
            raise errors.unknown_message()
        return self.original

    @property
    def followups_left(self) -> bool:
        """Whether one more follow-up is allowed; only user installs are limited."""
        return "0" in self.owners or len(self.followups) < USER_INSTALL_FOLLOWUPS
