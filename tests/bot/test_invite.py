"""The invitation asks for what the bot uses and nothing more."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from bot.invite import PERMISSIONS, invite_url
from bot.token import application_id


def test_the_link_names_scopes_and_permissions() -> None:
    link = urlsplit(invite_url(123456789012345678))
    asked = parse_qs(link.query)
    assert (link.scheme, link.netloc) == ("https", "discord.com")
    assert asked["client_id"] == ["123456789012345678"]
    assert asked["scope"] == ["bot applications.commands"]
    # Discord's bits: view channels, send, attach, read history, send in threads.
    assert int(asked["permissions"][0]) == 1 << 10 | 1 << 11 | 1 << 15 | 1 << 16 | 1 << 38
    assert len(PERMISSIONS) == 5


@pytest.mark.parametrize(
    ("token", "number"),
    [
        ("MTIzNDU2Nzg5MDEyMzQ1Njc4.GaBcDe.fGhIjKl", 123456789012345678),
        ("MTIz.GaBcDe.fGhIjKl", None),
        ("", None),
        ("not a token", None),
        ("ÄÖÜ.a.b", None),
        ("aGVsbG8gd29ybGQgaGVsbG8.a.b", None),
    ],
)
def test_the_application_is_read_from_the_token(token: str, number: int | None) -> None:
    assert application_id(token) == number
