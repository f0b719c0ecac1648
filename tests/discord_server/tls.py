"""A certificate for Discord's names, and a connector that finds them all on loopback."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass

import aiohttp
import trustme
from aiohttp.abc import AbstractResolver, ResolveResult

API = "discord.com"
GATEWAY = "gateway.discord.gg"
RESUME_GATEWAY = "gateway-us-east1-b.discord.gg"
CDN = "cdn.discordapp.com"
MEDIA = "media.discordapp.net"
HOSTS = (API, GATEWAY, RESUME_GATEWAY, CDN, MEDIA)


@dataclass(frozen=True)
class Certificate:
    """A test authority and what it signed; costly enough to share between servers."""

    server: ssl.SSLContext
    client: ssl.SSLContext

    @classmethod
    def issue(cls) -> Certificate:
        """Make an authority and let it sign for every host of Discord's that is played."""
        authority = trustme.CA()
        server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(*HOSTS).configure_cert(server)
        client = ssl.create_default_context()
        authority.configure_trust(client)
        return cls(server, client)


class LoopbackResolver(AbstractResolver):
    """Finds Discord's hosts at one loopback port, and nothing else anywhere."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the loopback address; other names do not exist."""
        if host not in HOSTS:
            raise OSError(f"{host} is not part of the loopback Discord")
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=self.port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Nothing to close."""


def connector(certificate: Certificate, port: int) -> aiohttp.TCPConnector:
    """Make a connector for a client; call it inside the running loop."""
    return aiohttp.TCPConnector(resolver=LoopbackResolver(port), ssl=certificate.client, limit=0)
