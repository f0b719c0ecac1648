"""`soundalike doctor`: is everything in place, and what mends it if not."""

from __future__ import annotations

import click
from rich.text import Text

from tools import options
from tools.checks import Check, State, all_checks
from tools.cli import DONE, NOT_DONE
from tools.screen import Screen, as_called, printable
from tools.settings import environment, read_settings

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

    Also prints the link that invites the bot to a server. Exit status 0: a clip can be asked
    about; 2: it cannot. What only the bot needs is a warning.
    """
    screen = Screen(as_json=as_json)
    checks = list(all_checks(read_settings(), environment()))
    screen.show(*map(_line, checks))
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


def _line(check: Check) -> Text:
    # Not a table, which would break what is there to be copied: links and commands.
    line = Text.assemble((check.state.value, _STYLES[check.state]), f" {check.what:9}")
    line.append(printable(as_called(check.found)))
    return line.append(f"\n  {'':9}→ {as_called(check.fix)}", "bold") if check.fix else line


if __name__ == "__main__":
    from tools.cli import main_of

    main_of(command)
