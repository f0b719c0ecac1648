"""How a bot's token looks, so that what is none is told before Discord is asked."""

from __future__ import annotations

import base64
import binascii

from models.types import SettingsError

_COPY = (
    "Copy it again from your application's page on discord.com/developers: Bot, then Reset Token."
)


def application_id(token: str) -> int | None:
    """Read the application's id from a token's first part; None where the token has no such."""
    first = token.partition(".")[0]
    try:
        text = base64.b64decode(first + "=" * (-len(first) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return int(text) if text.isdigit() and 15 <= len(text) <= 20 else None


def token_problem(token: str) -> SettingsError | None:
    """Say why a text cannot be a bot's token, without repeating it; None where it looks like one.

    Parameters
    ----------
    token : str
        Not empty.
    """
    if application_id(token) is not None:
        return None
    if "token" in token.casefold():
        return SettingsError(
            "DISCORD_TOKEN still holds the example's words, where your bot's token belongs.",
            "Copy the token from your application's page on discord.com/developers: Bot, then "
            "Reset Token.",
        )
    return SettingsError("DISCORD_TOKEN is set, but it does not look like a bot's token.", _COPY)
