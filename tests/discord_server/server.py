"""The listening side: one TLS port of loopback that plays all of Discord's hosts."""

from __future__ import annotations

from types import TracebackType

import aiohttp
from aiohttp import web

from tests.discord_server import cdn, tls
from tests.discord_server.gateway import Gateway
from tests.discord_server.people import MIB
from tests.discord_server.posting import Poster
from tests.discord_server.ratelimits import RateLimits
from tests.discord_server.rest import app
from tests.discord_server.world import World

LARGEST_REQUEST = 512 * MIB  # beyond every upload limit, so that those are what refuses


class Server:
    """A running loopback Discord; use it as an asynchronous context manager."""

    def __init__(self, certificate: tls.Certificate | None = None) -> None:
        self.certificate = certificate or tls.Certificate.issue()
        self.world = World()
        self.gateway = Gateway(self.world)
        self.poster = Poster(self.world, self.gateway)
        self.limits = RateLimits()
        self.port = 0
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Server:
        root = web.Application(client_max_size=LARGEST_REQUEST)
        root.add_domain(tls.API, app.application(self.world, self.poster, self.limits))
        for host in (tls.GATEWAY, tls.RESUME_GATEWAY):
            gateway = web.Application()
            gateway.router.add_get("/", self.gateway.serve)
            root.add_domain(host, gateway)
        for host in (tls.CDN, tls.MEDIA):
            root.add_domain(host, cdn.application(self.world))
        self._runner = web.AppRunner(root, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self.certificate.server)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.gateway.drop()
        if self._runner:
            await self._runner.cleanup()

    def connector(self) -> aiohttp.TCPConnector:
        """Make a connector that finds Discord's hosts here; call it inside the running loop."""
        return tls.connector(self.certificate, self.port)
