"""`soundalike run`: the Discord bot."""

from __future__ import annotations

import asyncio
import logging

import click

from bot.run import run_bot
from bot.settings import Settings
from models.decode import DecodeLimits
from tools.cli import DONE, NOT_DONE
from tools.compose import ENV_FILE, Service, environment_with, open_service
from tools.screen import report


@click.command(
    "run",
    epilog="""\b
Example:
  echo DISCORD_TOKEN=your-token > .env
  soundalike run""",
)
@click.option("--json", "as_json", is_flag=True, help="Print what is missing as JSON.")
def command(as_json: bool) -> int:
    """Start the Discord bot.

    It runs until it is stopped. The settings are read from the environment and from the file .env
    in this folder; what the environment says counts more. The log goes to the standard error
    output.
    """
    settings = Settings.from_mapping(environment_with(ENV_FILE))
    lacks = settings.missing()
    if lacks:
        report(*lacks, as_json=as_json)
        return NOT_DONE
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    limits = DecodeLimits(max_bytes=settings.clip_bytes, max_seconds=settings.clip_seconds)
    with open_service(settings, limits=limits, decoders=settings.jobs) as service:
        asyncio.run(_run(settings, service))
    return DONE


async def _run(settings: Settings, service: Service) -> None:
    await service.listener.warm_up()
    await run_bot(settings, service.soundalike)


if __name__ == "__main__":
    from tools.cli import main_of

    main_of(command)
