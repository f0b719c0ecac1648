"""The link that brings the bot into a server, with no more rights than it uses."""

from __future__ import annotations

import base64
import binascii

import discord

PERMISSIONS = {
    "view_channel": "see the channels in which it is called",
    "send_messages": "answer a mention",
    "send_messages_in_threads": "answer a mention in a thread",
    "read_message_history": "reply to the message that asked",
    "attach_files": "show the picture of the clip",
}
"""Every permission the bot asks a server for, and what it is for."""

SCOPES = ("bot", "applications.commands")


def invite_url(application_id: int) -> str:
    """Return the address where an admin adds the bot to a server."""
    rights = discord.Permissions(**dict.fromkeys(PERMISSIONS, True))
    return discord.utils.oauth_url(application_id, permissions=rights, scopes=SCOPES)


def application_id(token: str) -> int | None:
    """Read the application's id from a token's first part; None where the token has no such."""
    first = token.partition(".")[0]
    try:
        text = base64.b64decode(first + "=" * (-len(first) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return int(text) if text.isdigit() and 15 <= len(text) <= 20 else None
