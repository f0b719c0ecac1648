"""Every error becomes a sentence, by the precedence that `explain` promises."""

from __future__ import annotations

import discord
import pytest
from discord import app_commands

from bot.explain import explain
from bot.gate import BusyError
from bot.words import ENGLISH, Saying
from models.types import CatalogueError, ClipError, ModelError, SettingsError


async def similar(interaction: discord.Interaction) -> None:
    pass


HOST_NEEDED = ENGLISH.say("trouble.host_needed")
CHANGED = ENGLISH.say("trouble.command_changed")
UNEXPECTED = ENGLISH.say("trouble.unexpected")

COMMAND = app_commands.Command(name="similar", description="Any command", callback=similar)


@pytest.mark.parametrize(
    ("error", "saying"),
    [
        (ClipError("Too quiet.", "Turn it up."), Saying("Too quiet.", "Turn it up.")),
        (BusyError("Full.", "Wait."), Saying("Full.", "Wait.")),
        (CatalogueError("Torn.", "Mend it."), HOST_NEEDED),
        (ModelError("Gone.", "Fetch it."), HOST_NEEDED),
        (SettingsError("Odd.", "Set it."), HOST_NEEDED),
        (TimeoutError(), ENGLISH.say("trouble.too_slow")),
        (app_commands.CommandSignatureMismatch(COMMAND), CHANGED),
        (app_commands.CommandNotFound("old", []), CHANGED),
        (app_commands.CheckFailure(), UNEXPECTED),
        (ZeroDivisionError(), UNEXPECTED),
        (MemoryError(), UNEXPECTED),
    ],
)
def test_the_sentence_for_each_error(error: Exception, saying: Saying) -> None:
    assert explain(error, ENGLISH) == saying
    assert explain(app_commands.CommandInvokeError(COMMAND, error), ENGLISH) == saying


def test_the_log_keeps_what_the_host_needs_and_nothing_a_person_wrote(
    caplog: pytest.LogCaptureFixture,
) -> None:
    explain(ClipError("“diary.mp3” is silent.", "Send another."), ENGLISH)
    assert caplog.text == ""
    explain(CatalogueError("The index is damaged.", "Run verify."), ENGLISH)
    assert "The index is damaged. Run verify." in caplog.text
    explain(ValueError("diary.mp3"), ENGLISH)
    assert "ValueError" in caplog.text
    assert "diary" not in caplog.text
