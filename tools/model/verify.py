"""`soundalike model verify`: does a model do what it should, check by check."""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich.table import Table
from rich.text import Text

from models.card import ModelCard
from models.cards import load_card
from tools import options
from tools.cli import DONE, NOT_DONE
from tools.compose import read_settings
from tools.install.findings import Finding, Outcome
from tools.install.naming import VGGISH_NAME
from tools.install.verify import verify_model
from tools.screen import Screen, as_called, counted, printable

_STYLES = {
    Outcome.PASSED: "green",
    Outcome.FAILED: "bold red",
    Outcome.NOT_APPLICABLE: "dim",
}


@click.command(
    "verify",
    epilog="""\b
Example:
  soundalike model verify vggish""",
)
@click.argument("name", required=False)
@options.as_json
def command(name: str | None, as_json: bool) -> int:
    """Check a model: its files, the front end, its network and what it answers.

    NAME is SOUNDALIKE_MODEL, the model that listens, where it is left out. Exit status 0: all
    checks passed; 2: one did not.
    """
    screen = Screen(as_json=as_json)
    settings = read_settings()
    card = load_card(name or settings.model, settings.home / "models")
    findings: list[Finding] = []
    with screen.progress(f"Verifying {card.name}", 1 + len(card.files)) as step:
        for each in verify_model(card):
            findings.append(each)
            step(len({found.part for found in findings}) - 1, f"{each.part}: {each.what}")
        step(1 + len(card.files))
    failed = sum(each.outcome is Outcome.FAILED for each in findings)
    screen.show(_table(findings), _sum(card, len(findings), failed))
    screen.answer(
        {
            "model": card.name,
            "verified": card.verified,
            "passed": not failed,
            "checks": [
                {
                    "part": each.part,
                    "what": each.what,
                    "outcome": each.outcome.name.lower(),
                    "expected": each.expected,
                    "found": each.found,
                }
                for each in findings
            ],
        }
    )
    return NOT_DONE if failed else DONE


def _table(findings: Sequence[Finding]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("", "", "check", "expected", "found"):
        table.add_column(heading, overflow="fold")
    part = ""
    for each in findings:
        style = _STYLES[each.outcome]
        table.add_row(
            Text(each.outcome.value, style),
            Text("" if each.part == part else each.part, "bold"),
            Text(each.what),
            Text(printable(each.expected), "dim"),
            Text(printable(each.found), "" if each.outcome is Outcome.PASSED else style),
        )
        part = each.part
    return table


def _sum(card: ModelCard, checks: int, failed: int) -> Text:
    if failed:
        mended = "Fetch it again with `soundalike model fetch vggish --again`"
        ours = card.name == VGGISH_NAME
        text = f"{counted(failed, 'check')} of {checks} failed."
        return Text(as_called(f"{text} {mended}." if ours else text), "bold red")
    known = "" if card.verified else " Its weights are unverified: not those Google published."
    return Text(f"{card.name} passes.{known}", "bold green" if card.verified else "bold yellow")
