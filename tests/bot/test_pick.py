"""What people type is a name: only a whole id is one."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bot.asking import Asking
from bot.pick import chosen_track
from bot.service import Soundalike
from index.choices import Choices
from index.libraries import Libraries
from index.likes import Likes
from index.opened import Index, open_index
from index.state_file import State
from models.fetch import GuardedFetcher
from models.types import CatalogueError, ClipError
from tests.bot.fakes import FakeListener
from tests.index.making import STAMP, build, random_track

BELLS, FACES = "facadefacadefacade01", "00112233445566778899"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    rng = np.random.default_rng(1)
    tracks = [
        random_track(BELLS, rng, title="Bells"),
        random_track(FACES, rng, title="Facade of a house"),
    ]
    build(tmp_path / "index", tracks)
    with open_index(tmp_path / "index") as opened:
        yield opened


@pytest.fixture
def asking(index: Index, state: State) -> Iterator[Asking]:
    with Soundalike(FakeListener(STAMP), index, GuardedFetcher()) as service:
        yield Asking(service, Likes(state), Choices(state), Libraries(state))


async def test_a_text_is_a_name_even_where_an_id_begins_so(asking: Asking) -> None:
    assert await chosen_track(asking, 5, "facade") == FACES
    with pytest.raises(ClipError, match="no track called facadefacade"):
        await chosen_track(asking, 5, "facadefacade")


async def test_a_whole_id_is_the_track_that_was_offered(asking: Asking) -> None:
    assert await chosen_track(asking, None, BELLS) == BELLS
    assert await chosen_track(asking, 5, f" {BELLS} ") == BELLS
    assert await chosen_track(asking, 5, "bells") == BELLS


async def test_an_index_out_of_order_is_not_taken_for_a_name_it_lacks(
    asking: Asking, index: Index
) -> None:
    index.close()
    with pytest.raises(CatalogueError, match="closed"):
        await chosen_track(asking, None, "bells")
