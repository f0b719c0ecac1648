"""So many asks a minute, for people and servers, in bounded memory; and a word on when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import cooldown
from bot.cooldown import GUILD_TIMES, Cooldown, Pause, SlidingWindow
from bot.gate import BusyError, Gate


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_the_window_slides() -> None:
    clock = Clock()
    window = SlidingWindow(2, clock)
    window.note(1)
    clock.now += 20
    window.note(1)
    assert window.wait(1) == 40
    assert window.wait(2) == 0
    clock.now += 40
    assert window.wait(1) == 0
    window.note(1)
    assert window.wait(1) == 20


@given(st.lists(st.tuples(st.floats(0, 50), st.integers(1, 3)), max_size=60), st.integers(1, 4))
def test_nobody_ever_does_more_in_a_minute(steps: list[tuple[float, int]], most: int) -> None:
    clock, done = Clock(), list[tuple[float, int]]()
    window = SlidingWindow(most, clock)
    for seconds, key in steps:
        clock.now += seconds
        if window.wait(key) == 0:
            window.note(key)
            done.append((clock.now, key))
    for moment, key in done:
        within = [at for at, other in done if other == key and moment <= at < moment + 59.999]
        assert len(within) <= most


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cooldown, "_MOST_KEYS", 50)
    clock = Clock()
    window = SlidingWindow(1, clock)
    for key in range(200):
        window.note(key)
    assert len(window) == 50
    assert window.wait(199) == 60
    clock.now += 60
    window.note(7)
    assert len(window) == 1


def test_a_server_may_ask_more_than_a_person_and_is_told_apart() -> None:
    clock = Clock()
    asks = Cooldown(2, clock=clock)
    assert [asks.take(1, 9) for _ in range(3)] == [None, None, Pause(60, of_guild=False)]
    clock.now += 37
    assert asks.take(1, None) == Pause(23, of_guild=False)
    others = [asks.take(person, 9) for person in range(2, 2 + 2 * GUILD_TIMES - 2)]
    assert others == [None] * len(others)
    assert asks.take(99, 9) == Pause(23, of_guild=True)
    assert asks.take(99, 8) is None
    assert asks.take(99, None) is None
    clock.now += 22.5
    assert asks.take(100, 9) == Pause(2, of_guild=True)


def test_who_is_exempt_counts_for_nobody() -> None:
    asks = Cooldown(1, exempt=lambda person: person == 7)
    assert [asks.take(7, 9) for _ in range(20)] == [None] * 20
    assert asks.take(1, 9) is None


async def test_the_gate_says_when_and_counts_only_what_came_in() -> None:
    gate = Gate(1, 0, 60, Cooldown(2, clock=Clock()))
    with gate.place(5):
        for _ in range(5):
            with pytest.raises(BusyError, match="too many people"), gate.ask(1, None):
                pass
    for _ in range(2):
        with gate.ask(1, None):
            pass
    with pytest.raises(BusyError, match="Ask again in 60 seconds"), gate.ask(1, None):
        pass
    with gate.place(1):  # a press on what was found is no ask
        pass
