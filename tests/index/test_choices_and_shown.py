"""What people chose and were shown, in a real state file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.choices import TASTE, Choices
from index.shown import MOST, Shown
from index.state import open_state
from index.state_file import State


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with open_state(tmp_path / "state.sqlite") as opened:
        yield opened


async def test_a_choice_is_kept_for_who_made_it(state: State) -> None:
    choices = Choices(state)
    await choices.choose(1, TASTE, "off")
    await choices.choose(2, TASTE, "off")
    await choices.choose(2, TASTE, "on")
    assert [choices.of(person, TASTE, "on") for person in (1, 2, 3)] == ["off", "on", "on"]


async def test_what_was_shown_is_remembered_for_whom_it_was(state: State) -> None:
    shown = Shown(state)
    await shown.add(1, ["a", "b"])
    await shown.add(1, ["b", "c"])
    assert shown.of(1) == {"a", "b", "c"}
    assert shown.of(2) == frozenset()
    await shown.forget(1)
    assert shown.of(1) == frozenset()


async def test_only_the_newest_count(state: State) -> None:
    now = iter(range(10))
    shown = Shown(state, lambda: float(next(now)))
    await shown.add(1, ["first"])
    await shown.add(1, [str(number) for number in range(MOST)])
    assert len(shown.of(1)) == MOST
    assert "first" not in shown.of(1)
