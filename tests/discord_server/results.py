"""What became of an interaction, as the user who started it sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.discord_server.changes import WITHIN_S
from tests.discord_server.content import Message
from tests.discord_server.interactions import Callback, Interaction
from tests.discord_server.world import World


class InteractionResult:
    """A live view: it changes while the app works on the interaction."""

    def __init__(self, world: World, interaction: Interaction) -> None:
        self._world = world
        self.interaction = interaction

    @property
    def acknowledged_after(self) -> float | None:
        """Seconds from the dispatch to the acknowledgement; None while there is none."""
        if self.interaction.acknowledged is None:
            return None
        return self.interaction.acknowledged - self.interaction.dispatched

    @property
    def failed(self) -> bool:
        """Whether the user reads "The application did not respond"."""
        return self.interaction.late(self._world.clock.now())

    @property
    def deferred(self) -> bool:
        """Whether the acknowledgement only asked for time."""
        later = (Callback.DEFERRED_MESSAGE, Callback.DEFERRED_UPDATE)
        return self.interaction.callback in later

    @property
    def original(self) -> Message | None:
        """The original response; for a component, the message it sits on if that is updated."""
        return self.interaction.original

    @property
    def responses(self) -> list[Message]:
        """The original response and every follow-up that still stand, in order."""
        found = [self.interaction.original, *self.interaction.followups]
        return [message for message in found if message and not message.deleted]

    @property
    def modal(self) -> dict[str, Any]:
        """The modal that the app opened."""
        if self.interaction.modal is None:
            raise AssertionError("the app opened no modal")
        return self.interaction.modal

    @property
    def choices(self) -> list[dict[str, Any]]:
        """The choices that the app offered."""
        if self.interaction.choices is None:
            raise AssertionError("the app offered no choices")
        return self.interaction.choices

    async def acknowledgement(self) -> InteractionResult:
        """Wait until the app acknowledged or its three seconds are over."""
        await self._world.changes.until(
            lambda: self.interaction.acknowledged is not None or self.failed,
            WITHIN_S,
            "an acknowledgement",
        )
        return self

    async def final_message(self, within: float = WITHIN_S) -> Message:
        """Wait for the first answer that is more than "thinking"."""
        return await self.message_where(lambda message: True, within)

    async def message_where(
        self, fits: Callable[[Message], bool], within: float = WITHIN_S
    ) -> Message:
        """Wait until a response (new or edited) fits."""

        def look() -> Message | None:
            if self.failed:
                raise AssertionError("The application did not respond within three seconds")
            return next((each for each in self._filled() if fits(each)), None)

        return await self._world.changes.until(look, within, "a response that fits")

    def _filled(self) -> list[Message]:
        # A deferred update shows the old message until that is edited or a follow-up comes.
        untouched = self.interaction.callback is Callback.DEFERRED_UPDATE
        before = self.interaction.source_revisions
        return [
            message
            for message in self.responses
            if not message.loading
            and not (
                untouched
                and message is self.interaction.source
                and len(message.revisions) == before
            )
        ]
