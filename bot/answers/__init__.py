"""What can be done with an answer: its pages, its previews, why, more like this, thumbs.

A press is known by the custom_id of what was pressed alone (`bot.card.controls`), so a card of
last week works, also after a restart. To add an action: write it beside the others, put it into
the table of `setup`, and put a button with its name on a card.
"""

from __future__ import annotations

from discord.ext import commands

from bot.answers.actions import Actions, Tools
from bot.answers.alone import ask_alone
from bot.answers.cards import AnswerCards
from bot.answers.more import more_like_this
from bot.answers.pages import turn_page
from bot.answers.panel import open_panel
from bot.answers.playlist import choose_playlist, save_playlist
from bot.answers.pressed import Pressed
from bot.answers.preview import play_preview
from bot.answers.previews import Previews
from bot.answers.thumbs import dislike, like
from bot.answers.why import show_why

__all__ = ["Actions", "AnswerCards", "Previews", "Tools", "setup"]


def setup(bot: commands.Bot, tools: Tools) -> Actions:
    """Let a bot answer the presses of every card it ever sent; it keeps what is returned."""
    bot.add_dynamic_items(Pressed)
    return Actions(
        tools,
        {
            "page": turn_page,
            "alone": ask_alone,
            "pick": open_panel,
            "play": play_preview,
            "more": more_like_this,
            "like": like,
            "dislike": dislike,
            "why": show_why,
            "playlist": choose_playlist,
            "save": save_playlist,
        },
    )
