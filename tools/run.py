"""`soundalike run`: the Discord bot."""

from __future__ import annotations

import asyncio
import logging

import click

from bot.run import log_to_terminal, run_bot
from bot.settings import Settings
from index.state_file import State
from models.decode import DecodeLimits
from tools import options
from tools.cli import DONE, NOT_DONE
from tools.compose import Service, open_service, open_state
from tools.screen import report
from tools.stores import settings_for

_LOG = logging.getLogger(__name__)


@click.command(
    "run",
    epilog="""\b
Example:
  echo DISCORD_TOKEN=your-token > .env
  soundalike run""",
)
@options.store
@click.option("--json", "as_json", is_flag=True, help="Print what is missing as JSON.")
def command(store: str | None, as_json: bool) -> int:
    """Start the Discord bot.

    It runs until it is stopped. The log goes to the standard error output.
    """
    settings = settings_for(None, store)
    lacks = settings.missing()
    if lacks:
        report(*lacks, as_json=as_json)
        return NOT_DONE
    log_to_terminal()
    limits = DecodeLimits(
        max_bytes=settings.clip_bytes,
        max_seconds=settings.clip_seconds,
        timeout=20 + settings.clip_seconds / 60,
    )
    with (
        open_state(settings) as state,
        open_service(settings, limits=limits, decoders=settings.jobs, note=_LOG.info) as service,
    ):
        asyncio.run(_run(settings, service, state))
    return DONE


async def _run(settings: Settings, service: Service, state: State) -> None:
    await service.listener.warm_up()
    await run_bot(settings, service.soundalike, state)


if __name__ == "__main__":
    from tools.cli import main_of

    main_of(command)
