"""Every error becomes a sentence, by the precedence that `explain` promises."""

from __future__ import annotations

import discord
import pytest
from discord import app_commands

from bot import words
from bot.explain import explain
from bot.gate import BusyError
from models.types import CatalogueError, ClipError, ModelError, SettingsError


async def similar(interaction: discord.Interaction) -> None:
    pass


COMMAND = app_commands.Command(name="similar", description="Any command", callback=similar)


@pytest.mark.parametrize(
    ("error", "saying"),
    [
        (ClipError("Too quiet.", "Turn it up."), words.Saying("Too quiet.", "Turn it up.")),
        (BusyError("Full.", "Wait."), words.Saying("Full.", "Wait.")),
        (CatalogueError("Torn.", "Mend it."), words.HOST_NEEDED),
        (ModelError("Gone.", "Fetch it."), words.HOST_NEEDED),
        (SettingsError("Odd.", "Set it."), words.HOST_NEEDED),
        (TimeoutError(), words.TOO_SLOW),
        (app_commands.CommandSignatureMismatch(COMMAND), words.COMMAND_CHANGED),
        (app_commands.CommandNotFound("old", []), words.COMMAND_CHANGED),
        (app_commands.CheckFailure(), words.UNEXPECTED),
        (ZeroDivisionError(), words.UNEXPECTED),
        (MemoryError(), words.UNEXPECTED),
    ],
)
def test_the_sentence_for_each_error(error: Exception, saying: words.Saying) -> None:
    assert explain(error) == saying
    assert explain(app_commands.CommandInvokeError(COMMAND, error)) == saying


def test_the_log_keeps_what_the_host_needs_and_nothing_a_person_wrote(
    caplog: pytest.LogCaptureFixture,
) -> None:
    explain(ClipError("“diary.mp3” is silent.", "Send another."))
    assert caplog.text == ""
    explain(CatalogueError("The index is damaged.", "Run verify."))
    assert "The index is damaged. Run verify." in caplog.text
    explain(ValueError("diary.mp3"))
    assert "ValueError" in caplog.text
    assert "diary" not in caplog.text
