"""A card says what the answer says, and fits Discord's limits whatever the titles are."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.card import Card, answer_card, saying_card
from bot.words import ENGLISH, LANGUAGES, Saying, words_for
from models.types import ClipHeard, Recommendation, Recommendations, Track

HEARD = ClipHeard(
    "my_clip.wav", 15.0, 30.0, 45.0, "vggish-small", np.zeros((9, 64), np.float32), ("Cut short.",)
)
X = Track("77", "X", "Y", url="https://example.org/x")


def parts(card: Card) -> list[dict[str, Any]]:
    """Flatten what goes over the wire."""
    found = []
    waiting = list(card.view.to_components())
    while waiting:
        part = waiting.pop(0)
        found.append(part)
        waiting[:0] = part.get("components", [])
    json.dumps(found).encode()
    return found


def texts(card: Card) -> list[str]:
    return [part["content"] for part in parts(card) if part["type"] == 10]


def test_a_card_names_all_there_is_to_know(results: tuple[Recommendation, ...]) -> None:
    answer = Recommendations(HEARD, X, results, {"total": 0.1234})
    card = answer_card(answer, b"PNG", 1234, ENGLISH)
    assert texts(card) == [
        "### 🎧 my\\_clip.wav\n-# heard 0:30 – 0:45",
        "🎯 This is **X** · Y. · [listen](https://example.org/x)",
        "**1.** **Bells** · Ann\n-# nearly the same sound (0.91) · *sounds like it at 0:12*"
        " · [listen](https://example.org/bells)",
        "**2.** **Untitled**\n-# somewhat similar (0.50) · *sounds like it at 0:00*",
        "-# Cut short.\n-# vggish-small · 0.12 s · 1,234 tracks",
    ]
    (gallery,) = [part for part in parts(card) if part["type"] == 12]
    assert gallery["items"][0]["media"]["url"] == "attachment://clip.png"
    assert card.files[0].filename == "clip.png"
    assert card.files[0].fp.read() == b"PNG"


def test_a_match_is_shown_in_per_cent(results: tuple[Recommendation, ...]) -> None:
    hit = replace(results[1], match=0.87)
    card = answer_card(Recommendations(HEARD, None, (hit,), {}), b"", 1, ENGLISH)
    assert "87 % · a very close match" in texts(card)[1]
    assert "0.50" not in texts(card)[1]


@pytest.mark.parametrize(
    ("match", "shown"),
    [(0.0, "1 %"), (0.004, "1 %"), (0.555, "56 %"), (0.999, "99 %"), (1.0, "99 %")],
)
def test_no_match_is_a_certainty(match: float, shown: str) -> None:
    assert ENGLISH.percent(match) == shown


def test_without_a_picture_nothing_is_attached() -> None:
    card = answer_card(Recommendations(HEARD, None, (), {}), b"", 1, ENGLISH)
    assert card.files == []
    assert all(part["type"] != 12 for part in parts(card))
    assert texts(card)[-1].endswith("vggish-small · 1 track")


@pytest.mark.parametrize(
    ("same", "sentence"),
    [(None, "Nothing in the catalogue sounds like it."),
     (X, "Nothing else in the catalogue sounds like it.")],
)  # fmt: skip
def test_no_results_are_said_in_words(same: Track | None, sentence: str) -> None:
    assert sentence in texts(answer_card(Recommendations(HEARD, same, (), {}), b"", 1, ENGLISH))


def test_a_saying_is_a_sentence_and_a_fix() -> None:
    card = saying_card(Saying("“a*b” is not audio.", "Give me a sound."))
    assert texts(card) == ["**“a\\*b” is not audio.**\nGive me a sound."]
    assert texts(saying_card(Saying("Odd.", ""))) == ["**Odd.**"]


HOSTILE = st.one_of(
    st.text(max_size=300),
    st.sampled_from(
        [
            "*" * 10_000,
            "@everyone " * 1_000,
            "\u202e\u3164" * 500,
            "\n# " * 3_000,
            "\u05e9\u05dc_" * 2_000,
        ]
    ),
)
LINKS = st.one_of(st.just(""), st.text(max_size=300).map("https://example.org/{}".format))
TRACKS = st.builds(Track, st.just("id"), HOSTILE, HOSTILE, url=LINKS)
RESULTS = st.lists(
    st.builds(
        Recommendation,
        st.integers(1, 10),
        TRACKS,
        st.floats(-1, 1),
        st.floats(0, 1e6),
        st.none() | st.floats(0, 1),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(
    RESULTS,
    st.none() | TRACKS,
    HOSTILE,
    st.lists(HOSTILE, max_size=5),
    HOSTILE,
    st.sampled_from(LANGUAGES),
)
def test_any_answer_fits_discords_limits(
    hits: list[Recommendation],
    same: Track | None,
    name: str,
    notes: list[str],
    model: str,
    locale: str,
) -> None:
    heard = replace(HEARD, name=name, notes=tuple(notes), model=model)
    card = answer_card(
        Recommendations(heard, same, tuple(hits), {"total": 1.0}), b"PNG", 10**6, words_for(locale)
    )
    assert len(parts(card)) <= 40
    assert sum(map(len, texts(card))) <= 4_000
    assert all(text.strip() for text in texts(card))
    assert not any(map(calls_or_heads, texts(card)))


def calls_or_heads(text: str) -> bool:
    shown = re.sub(r"\]\([^)]*\)", "]", text)
    return "\n#" in shown or bool(re.search(r"(?<!\\)@", shown))


def test_a_link_to_everyone_calls_nobody() -> None:
    track = Track("1", "Bells", url="https://example.org/@everyone")
    hit = Recommendation(1, track, 0.5, 0.0)
    row = texts(answer_card(Recommendations(HEARD, None, (hit,), {}), b"", 1, ENGLISH))[1]
    assert row.endswith("[listen](https://example.org/%40everyone)")
    assert "@" not in row


@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_longest_titles_leave_every_row_standing(locale: str) -> None:
    long = Track("id", "*" * 10_000, "_" * 10_000, url="https://example.org/" + "a" * 300)
    hits = tuple(Recommendation(rank, long, 0.5, 360_000.0, 1.0) for rank in range(1, 11))
    heard = replace(HEARD, name="|" * 10_000, notes=("`" * 10_000,) * 5)
    shown = texts(
        answer_card(
            Recommendations(heard, long, hits, {"total": 99.0}), b"", 10**9, words_for(locale)
        )
    )
    assert len(shown) == 13
    assert sum(map(len, shown)) <= 4_000
