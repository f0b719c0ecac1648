"""The same answer as an embed, the older form: for where Discord refuses a layout."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from bot.card.layout import ROSE, Line, fitted

_LONGEST = 4_096


def answer_embed(top: str, lines: Sequence[Line], nothing: str, bottom: str) -> discord.Embed:
    """Put the texts of a card into one embed."""
    frame = [top, bottom, *filter(None, [nothing])]
    spare = _LONGEST - sum(map(len, frame)) - 2 * (len(lines) + len(frame))
    texts = [top, *fitted(lines, spare), *filter(None, [nothing]), bottom]
    return discord.Embed(colour=ROSE, description="\n\n".join(texts))
