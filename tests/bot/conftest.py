"""What the tests of the conversation share: values, and a bot at work in a loopback Discord."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bot.app import SoundalikeBot
from bot.service import ClipFetcher, Soundalike
from bot.settings import Settings
from index.opened import Index, open_index
from index.state import open_state
from index.state_file import State
from models.fetch import GuardedFetcher
from models.types import ClipListener, Recommendation, Track, TrackIndex
from tests.bot.fakes import MakeBot
from tests.bot.sounds import MelEar, build_index
from tests.discord_server.driver import Discord


@pytest.fixture
def results() -> tuple[Recommendation, ...]:
    bells = Track(
        "a1b2c3", "Bells", "Ann", "Towers", True, 61.234, ("bells",), "https://example.org/bells"
    )
    return (
        Recommendation(1, bells, 0.91234567, 12.3456),
        Recommendation(2, Track("d4e5f6", "Untitled"), 0.5, 0.0),
    )


@pytest.fixture(scope="session")
def sound_index_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("sounds") / "index"
    build_index(place)
    return place


@pytest.fixture
def sound_index(sound_index_folder: Path) -> Iterator[Index]:
    """Open an index of three sounds of each of four kinds."""
    with open_index(sound_index_folder) as index:
        yield index


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with open_state(tmp_path / "state.sqlite") as state:
        yield state


@pytest.fixture
def make_bot(discord_server: Discord, sound_index: Index, state: State) -> Iterator[MakeBot]:
    """Make a bot that reaches the loopback Discord; settings are given by name."""
    services = ExitStack()

    def make(
        listener: ClipListener | None = None,
        index: TrackIndex | None = None,
        fetcher: ClipFetcher | None = None,
        patience: float = 60.0,
        remembered: State | None = None,
        **settings: str,
    ) -> SoundalikeBot:
        service = services.enter_context(
            Soundalike(listener or MelEar(), index or sound_index, fetcher or GuardedFetcher())
        )
        return SoundalikeBot(
            service,
            Settings.from_mapping(settings),
            remembered or state,
            connector=discord_server.connector(),
            patience=patience,
        )

    with services:
        yield make


@pytest.fixture
async def discord_with_bot(discord_server: Discord, make_bot: MakeBot) -> AsyncIterator[Discord]:
    """Run the bot in a loopback Discord; fail if Discord had to refuse anything it asked for."""
    async with discord_server.running(make_bot()):
        yield discord_server
    assert discord_server.rejections == []
