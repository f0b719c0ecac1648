"""How long people wait: many ask the whole bot at once, over the loopback Discord.

`python -m tests.benchmarks.conversation` runs the real bot: discord.py over TLS, the gate, the
download, the model in its worker processes, an index of 20,000 windows, the card with its picture.
The loopback Discord takes its share of the same cores, so Discord's own are a little quicker.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from bot.app import SoundalikeBot
from bot.settings import Settings
from index.state import open_state
from models.decode import CLIP_LIMITS
from tests.discord_server.content import Message
from tests.discord_server.driver import Discord
from tests.discord_server.people import User
from tools.bench.made_up import build_made_up, encoded, music
from tools.compose import open_service, runtime_of

_WINDOWS = 20_000
_WITHIN = 300.0


@dataclass(frozen=True)
class Wait:
    """Seconds from one ask until it was acknowledged, and until the card stood there."""

    acknowledged: float
    answered: float


@click.command()
@click.option("--people", default=20, show_default=True, help="How many ask at once.")
@click.option("--rounds", default=3, show_default=True, help="How often they do.")
@click.option("--seconds", default=10.0, show_default=True, help="The length of their clips.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(people: int, rounds: int, seconds: float, as_json: bool) -> None:
    """Time acknowledgements and answers while many ask at once."""
    with tempfile.TemporaryDirectory() as folder:
        waits = asyncio.run(_play(Path(folder), people, rounds, seconds))
    # Workers are counted once they have ended.
    used = sum(
        each.ru_utime + each.ru_stime
        for each in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )
    if as_json:
        click.echo(json.dumps({"cores": os.cpu_count(), "waits": [asdict(one) for one in waits]}))
        return
    click.echo(f"{people} people ask at once, {rounds} times, with clips of {seconds:g} s;")
    click.echo(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {used:.1f} CPU s in all")
    click.echo("              median      p95      max")
    click.echo(_line("acknowledged", [one.acknowledged for one in waits]))
    click.echo(_line("answered", [one.answered for one in waits]))


async def _play(folder: Path, people: int, rounds: int, seconds: float) -> list[Wait]:
    settings = Settings.from_mapping(
        {
            "SOUNDALIKE_HOME": str(folder),
            "SOUNDALIKE_QUEUE": "1000",
            "SOUNDALIKE_PER_MINUTE": "600",
        }
    )
    build_made_up(settings.index, _WINDOWS, runtime_of(settings).stamp)
    clip = encoded(music(seconds), "OGG", "VORBIS")
    with (
        open_service(settings, limits=CLIP_LIMITS, decoders=settings.jobs) as (service, _),
        open_state(settings.home / "state.sqlite") as state,
    ):
        async with Discord() as discord:
            bot = SoundalikeBot(service, settings, state, discord.connector())
            async with discord.running(bot, within=60):
                members = [discord.add_user(f"Member {number}") for number in range(people)]
                for member in members:
                    discord.world.add_member(discord.guild, member)
                await _ask(discord, members[0], clip)  # the workers start
                waits: list[Wait] = []
                for _ in range(rounds):
                    asks = (_ask(discord, member, clip) for member in members)
                    waits += await asyncio.gather(*asks)
                return waits


async def _ask(discord: Discord, member: User, clip: bytes) -> Wait:
    file = discord.upload("clip.ogg", clip)
    began = time.perf_counter()
    result = await discord.slash("similar", {"file": file}, user=member)
    acknowledged = time.perf_counter() - began
    await result.message_where(_is_answer, _WITHIN)
    return Wait(acknowledged, time.perf_counter() - began)


def _is_answer(message: Message) -> bool:
    return "**1.**" in message.text


def _line(name: str, seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    late = ordered[min(round(0.95 * len(ordered)), len(ordered) - 1)]
    return f"{name:12}  {statistics.median(ordered):6.2f} s {late:6.2f} s {ordered[-1]:6.2f} s"


if __name__ == "__main__":
    command()
