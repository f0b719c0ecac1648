"""The hands and eyes of a test: people who do things in a loopback Discord, and what they see."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol, TypeVar

from tests.discord_server.changes import WITHIN_S
from tests.discord_server.content import Message
from tests.discord_server.people import Channel
from tests.discord_server.server import Server
from tests.discord_server.tls import Certificate
from tests.discord_server.using import Using
from tests.discord_server.world import Exchange

T = TypeVar("T")


class Client(Protocol):
    """A bot: it starts with a token, runs until it is closed."""

    async def start(self, token: str) -> None:
        """Run until closed."""

    async def close(self) -> None:
        """Stop."""


class Discord(Using):
    """A loopback Discord with a guild, a channel and two people: Ada in the guild, and Grace.

    `async with Discord() as discord:` listens; `async with discord.running(bot):` lets a bot in.
    """

    def __init__(self, certificate: Certificate | None = None) -> None:
        super().__init__(Server(certificate))

    async def __aenter__(self) -> Discord:
        await self.server.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self.server.__aexit__(*error)

    # The bot's way in

    @property
    def token(self) -> str:
        """The bot's token."""
        return self.world.token

    @contextlib.asynccontextmanager
    async def running(self, bot: Client, within: float = WITHIN_S) -> AsyncIterator[None]:
        """Run a bot that was made with `server.connector()`; enter once it is connected."""
        running = asyncio.ensure_future(bot.start(self.token))
        try:
            await self.until(lambda: self.gateway.session or running.done(), within, "a login")
            if running.done():
                await running
                raise AssertionError("the bot stopped before it was connected")
            yield
        finally:
            await bot.close()
            outcome = await asyncio.gather(running, return_exceptions=True)
            # The next bot's login must not be mistaken for this one's.
            await self.until(lambda: not self.gateway.connections, what="the goodbye")
        if isinstance(outcome[0], Exception):
            raise outcome[0]

    # Watching

    async def until(
        self, look: Callable[[], T | None], within: float = WITHIN_S, what: str = "a change"
    ) -> T:
        """Wait for something to become true; fail the test otherwise."""
        return await self.world.changes.until(look, within, what)

    def messages(self, channel: Channel | None = None) -> list[Message]:
        """Return what stands in a channel; what only one user sees is not among it."""
        return list((channel or self.channel).messages)

    async def next_message(self, after: Message, within: float = WITHIN_S) -> Message:
        """Wait for the bot's first message in the same channel after another one."""

        def look() -> Message | None:
            for message in after.channel.messages:
                if message.id > after.id and message.author is self.bot and not message.loading:
                    return message
            return None

        return await self.until(look, within, "the bot's next message")

    async def quiet(self, seconds: float = 0.3) -> None:
        """Wait until the bot has asked for nothing during this time."""
        while True:
            before = len(self.exchanges)
            await asyncio.sleep(seconds)
            if len(self.exchanges) == before:
                return

    @property
    def exchanges(self) -> list[Exchange]:
        """Every request to the API so far, and its answer."""
        return self.world.exchanges

    @property
    def downloads(self) -> list[tuple[str, int]]:
        """The paths that were asked of the CDN so far, with the status of each answer."""
        return self.world.downloads

    @property
    def rejections(self) -> list[Exchange]:
        """The requests that were refused; rate limits aside, a right bot has none."""
        return [each for each in self.exchanges if each.status >= 400 and each.status != 429]

    @property
    def unexpected(self) -> list[str]:
        """What the stand-in was asked for and does not know."""
        return self.world.unexpected

    # Mischief

    def advance(self, seconds: float) -> None:
        """Let time pass: tokens, links and the three seconds run out."""
        self.world.clock.advance(seconds)

    def rate_limit_next(
        self,
        route: str | None = None,
        retry_after: float = 0.05,
        *,
        times: int = 1,
        banned: bool = False,
    ) -> None:
        """Answer the next requests of a route (None: of any) with 429."""
        self.server.limits.refuse_next(route, retry_after, times=times, banned=banned)

    def fail_next(self, route: str, status: int = 500, *, times: int = 1) -> None:
        """Answer the next requests of a route with an error."""
        self.server.limits.fail_next(route, status, times=times)

    async def drop_gateway(self) -> None:
        """Cut the bot's connection without a word."""
        self.gateway.drop()

    async def ask_reconnect(self) -> None:
        """Ask the bot to reconnect (opcode 7)."""
        await self.gateway.ask_reconnect()

    async def invalidate_session(self, *, resumable: bool = False) -> None:
        """Declare the bot's session invalid (opcode 9)."""
        await self.gateway.invalidate(resumable=resumable)

    async def connected(self, within: float = WITHIN_S) -> None:
        """Wait until the bot is connected (again)."""
        await self.until(lambda: self.gateway.session, within, "the bot to connect")
