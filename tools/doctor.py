"""`soundalike doctor`: is everything in place, and what mends it if not."""

from __future__ import annotations

from collections.abc import Mapping

import click
from rich.table import Table
from rich.text import Text

from bot.settings import Settings
from models.types import SettingsError
from tools import options
from tools.checks import Check, State, all_checks
from tools.cli import DONE, NOT_DONE
from tools.compose import ENV_FILE, environment_with
from tools.screen import Screen, printable

APPLICATION_ID = "SOUNDALIKE_APPLICATION_ID"
_STYLES = {State.GOOD: "green", State.MIND: "yellow", State.BAD: "bold red"}


@click.command(
    "doctor",
    epilog="""\b
Example:
  soundalike doctor
  SOUNDALIKE_APPLICATION_ID=1234567890123456789 soundalike doctor""",
)
@options.as_json
def command(as_json: bool) -> int:
    """Look whether everything is in place, and say what mends it.

    Reads the environment and .env as `run` does, and prints the link that invites the bot. Exit
    status 0: a clip can be asked about; 2: it cannot. What only the bot needs is a warning.
    """
    screen = Screen(as_json=as_json)
    given = environment_with(ENV_FILE)
    settings = Settings.from_mapping(given)
    checks = list(all_checks(settings, _application(given)))
    table = Table.grid(padding=(0, 1, 0, 0))
    for check in checks:
        table.add_row(Text(check.state.value, _STYLES[check.state]), check.what, _words(check))
    screen.show(table)
    fine = all(check.state is not State.BAD for check in checks)
    screen.answer(
        {
            "fine": fine,
            "checks": [
                {
                    "what": check.what,
                    "state": check.state.name.lower(),
                    "found": check.found,
                    "fix": check.fix,
                }
                for check in checks
            ],
        }
    )
    return DONE if fine else NOT_DONE


def _words(check: Check) -> Text:
    words = Text(printable(check.found))
    return words.append(f"\n→ {check.fix}", "bold") if check.fix else words


def _application(given: Mapping[str, str]) -> int | None:
    text = given.get(APPLICATION_ID, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 15 <= len(text) <= 20):
        raise SettingsError(
            f"{APPLICATION_ID} is {text!r}, which is not an application's id.",
            "Copy the Application ID from your application's page on discord.com/developers.",
        )
    return int(text)


if __name__ == "__main__":
    from tools.cli import main_of

    main_of(command)
