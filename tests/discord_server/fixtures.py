"""Fixtures for every test that needs a Discord: list this module in `pytest_plugins`."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.discord_server.driver import Discord
from tests.discord_server.tls import Certificate


@pytest.fixture(scope="session")
def discord_certificate() -> Certificate:
    """Issue the certificate that all loopback Discords of this run share."""
    return Certificate.issue()


@pytest.fixture
async def discord_server(discord_certificate: Certificate) -> AsyncIterator[Discord]:
    """Run a loopback Discord; fail if a client asked for something that it does not know."""
    async with Discord(discord_certificate) as discord:
        yield discord
    assert discord.unexpected == []
