"""The link that brings the bot into a server, with no more rights than it uses."""

from __future__ import annotations

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
