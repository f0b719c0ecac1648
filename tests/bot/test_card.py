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

from bot.answers.alone import Single, add_menu
from bot.card import LONGEST_CARD, PAGE, Card, Page, answer_card, panel_card, saying_card
from bot.card.controls import TEMPLATE
from bot.card.links import link_at
from bot.similar.clips import MOST_CLIPS
from bot.words import ENGLISH, LANGUAGES, Saying, words_for
from models.types import ClipHeard, Recommendation, Recommendations, Track
from tests.discord_server.checks.components import check_components
from tests.discord_server.checks.form import Form

HEARD = ClipHeard(
    "my_clip.wav", 15.0, 30.0, 45.0, "vggish-small", np.zeros((9, 64), np.float32), ("Cut short.",)
)
X = Track("77", "X", "Y", url="https://example.org/x")
TEXT, THUMBNAIL, GALLERY, SECTION, BUTTON, SELECT = 10, 11, 12, 9, 2, 3


def parts(card: Card) -> list[dict[str, Any]]:
    """Flatten what goes over the wire."""
    found = []
    waiting = list(card.view.to_components())
    while waiting:
        part = waiting.pop(0)
        found.append(part)
        inside = [*part.get("components", []), part.get("accessory")]
        waiting[:0] = [each for each in inside if each]
    json.dumps(found).encode()
    return found


def texts(card: Card) -> list[str]:
    return [part["content"] for part in parts(card) if part["type"] == TEXT]


def of_type(card: Card, kind: int) -> list[dict[str, Any]]:
    return [part for part in parts(card) if part["type"] == kind]


def hits(count: int) -> tuple[Recommendation, ...]:
    return tuple(
        Recommendation(rank, Track(f"t{rank}", f"Title {rank}"), 0.5, 0.0)
        for rank in range(1, count + 1)
    )


def answer_of(*results: Recommendation, same: Track | None = None) -> Recommendations:
    return Recommendations(HEARD, same, results, {})


def laid_out(answer: Recommendations, tracks: int = 1, **page: Any) -> Card:
    return answer_card(Page(answer, tracks, **page), ENGLISH)


def pictures_of(clips: int) -> dict[str, bytes]:
    return {f"clip-{number}.png": b"PNG" for number in range(1, clips + 1)}


def mistakes(card: Card) -> object:
    """Return what a strict Discord would refuse of a card."""
    form = Form()
    files = frozenset(file.filename for file in card.files)
    check_components(form, (), card.view.to_components(), v2=True, files=files)
    return form.errors


def test_a_card_names_all_there_is_to_know(results: tuple[Recommendation, ...]) -> None:
    answer = Recommendations(HEARD, X, results, {"total": 0.1234})
    card = laid_out(answer, 1234, pictures={"clip.png": b"PNG"})
    assert texts(card) == [
        "### 🎧 my\\_clip.wav\n-# heard 0:30 – 0:45",
        "🎯 This is **X** · Y · [listen](https://example.org/x)",
        "**1.** **Bells** · Ann\n-# nearly the same sound (0.91) · "
        "[sounds like it at 0:12](https://example.org/bells) · bells",
        "**2.** **Untitled**\n-# somewhat similar (0.50) · *sounds like it at 0:00*",
        "-# Cut short.\n-# vggish-small · found in 0.12 s · 1,234 tracks",
    ]
    (gallery,) = of_type(card, GALLERY)
    assert gallery["items"][0]["media"]["url"] == "attachment://clip.png"
    assert card.files[0].filename == "clip.png"
    assert card.files[0].fp.read() == b"PNG"
    assert not of_type(card, BUTTON)  # nothing was kept, so nothing can be pressed


def test_a_match_is_shown_in_per_cent(results: tuple[Recommendation, ...]) -> None:
    card = laid_out(answer_of(replace(results[1], match=0.87)))
    assert "87 % · a very close match" in texts(card)[1]
    assert "0.50" not in texts(card)[1]


def test_without_a_picture_nothing_is_attached() -> None:
    card = laid_out(answer_of())
    assert card.files == []
    assert not of_type(card, GALLERY)
    assert texts(card)[-1].endswith("vggish-small · 1 track")


def test_a_picture_that_discord_has_is_shown_by_its_address() -> None:
    card = laid_out(answer_of(), pictures={"clip.png": "https://cdn.discordapp.com/clip.png?ex=1"})
    assert card.files == []
    assert of_type(card, GALLERY)[0]["items"][0]["media"]["url"].endswith("clip.png?ex=1")


@pytest.mark.parametrize(
    ("same", "sentence"),
    [(None, "Nothing in the catalogue sounds like it."),
     (X, "Nothing else in the catalogue sounds like it.")],
)  # fmt: skip
def test_no_results_are_said_in_words(same: Track | None, sentence: str) -> None:
    card = laid_out(answer_of(same=same), answer_id="abc")
    assert sentence in texts(card)
    assert not of_type(card, BUTTON)
    assert sentence in (card.fallback.description or "")


def test_a_saying_is_a_sentence_and_a_fix() -> None:
    card = saying_card(Saying("“a*b” is not audio.", "Give me a sound."))
    assert texts(card) == ["**“a\\*b” is not audio.**\nGive me a sound."]
    assert texts(saying_card(Saying("Odd.", ""))) == ["**Odd.**"]


@pytest.mark.parametrize(
    ("number", "ranks", "turns"),
    [(0, "12345", [False, True]), (1, "6789", [True, False]), (99, "6789", [True, False])],
)
def test_results_come_five_a_page(number: int, ranks: str, turns: list[bool]) -> None:
    card = laid_out(answer_of(*hits(9)), answer_id="abc", number=number)
    shown = [text for text in texts(card) if text.startswith("**")]
    assert [text[2] for text in shown] == list(ranks)
    ids = [part["custom_id"] for part in of_type(card, BUTTON)]
    assert [each for each in ids if ":play:" in each] == [f"answer:play:abc:{r}" for r in ranks]
    assert all(TEMPLATE.fullmatch(each) for each in ids)
    back, here, on, save = of_type(card, BUTTON)[-4:]
    assert [not back.get("disabled"), not on.get("disabled")] == turns
    assert (here["label"], here["disabled"]) == (f"{min(number, 1) + 1} / 2", True)
    assert save["custom_id"] == "answer:playlist:abc:0"
    (menu,) = of_type(card, SELECT)
    assert [option["value"] for option in menu["options"]] == list(ranks)
    assert mistakes(card) == {}


def test_one_page_has_no_way_to_others() -> None:
    card = laid_out(answer_of(*hits(PAGE)), answer_id="abc")
    assert not any(":page:" in part["custom_id"] for part in of_type(card, BUTTON))


def test_covers_stand_beside_the_tracks_that_have_one() -> None:
    card = laid_out(answer_of(*hits(5)), answer_id="abc", covers={"t2": b"JPG", "t4": b"JPEG"})
    assert [part["media"]["url"] for part in of_type(card, THUMBNAIL)] == [
        "attachment://cover-2.jpg",
        "attachment://cover-4.jpg",
    ]
    assert [file.fp.read() for file in card.files] == [b"JPG", b"JPEG"]
    plays = [part for part in of_type(card, BUTTON) if ":play:" in part["custom_id"]]
    assert [part["label"] for part in plays] == list("12345")
    assert mistakes(card) == {}


def test_the_panel_of_a_result_has_all_its_buttons(results: tuple[Recommendation, ...]) -> None:
    card = panel_card(results[0], "abc", ENGLISH, b"JPG")
    ids = [part["custom_id"] for part in of_type(card, BUTTON)]
    names = ("more", "play", "like", "dislike", "why")
    assert ids == [f"answer:{name}:abc:1" for name in names]
    assert mistakes(card) == {}
    assert not of_type(panel_card(results[0], "abc", ENGLISH), THUMBNAIL)


def test_remarks_stand_below_the_name() -> None:
    card = laid_out(answer_of(*hits(1)), remarks=("To your taste: more bells.",))
    assert texts(card)[0].endswith("\n-# To your taste: more bells.")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.youtube.com/watch?v=abc", "https://www.youtube.com/watch?v=abc&t=83s"),
        ("https://youtu.be/abc", "https://youtu.be/abc?t=83s"),
        ("https://youtu.be/abc?t=30", "https://youtu.be/abc?t=113s"),
        ("https://youtu.be/abc?t=1m30s", "https://youtu.be/abc?t=173s"),
        (
            "https://www.youtube.com/watch?v=abc&start=30",
            "https://www.youtube.com/watch?v=abc&t=113s",
        ),
        ("https://soundcloud.com/ann/bells", "https://soundcloud.com/ann/bells#t=1:23"),
        ("https://vimeo.com/12345", "https://vimeo.com/12345#t=83s"),
        ("https://example.org/a.mp3?x=1", "https://example.org/a.mp3?x=1#t=83"),
        ("https://notyoutube.com/watch?v=abc", "https://notyoutube.com/watch?v=abc"),
        ("https://open.spotify.com/track/abc", "https://open.spotify.com/track/abc"),
        ("http://[broken", "http://[broken"),
        ("", ""),
    ],
)
def test_links_open_where_it_sounds_like_it_if_the_site_knows_how(url: str, expected: str) -> None:
    assert link_at(url, 83.4) == expected


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
LABELS = st.lists(HOSTILE, max_size=4).map(tuple)
TRACKS = st.builds(Track, st.just("id"), HOSTILE, HOSTILE, url=LINKS, labels=LABELS)
RESULTS = st.lists(
    st.builds(
        Recommendation,
        st.just(1),
        TRACKS,
        st.floats(-1, 1),
        st.floats(0, 1e6),
        st.none() | st.floats(0, 1),
    ),
    max_size=12,
).map(lambda found: tuple(replace(hit, rank=rank) for rank, hit in enumerate(found, start=1)))
IDS = st.sampled_from(["", "Zm9v-_9912", "x" * 32])


@settings(max_examples=150, deadline=None)
@given(
    results=RESULTS,
    same=st.none() | TRACKS,
    name=HOSTILE,
    notes=st.lists(HOSTILE, max_size=5),
    answer_id=IDS,
    number=st.integers(-1, 9),
    covers=st.sampled_from([{}, {"id": b"JPG"}]),
    locale=st.sampled_from(LANGUAGES),
)
def test_any_answer_fits_discords_limits(
    *,
    results: tuple[Recommendation, ...],
    same: Track | None,
    name: str,
    notes: list[str],
    answer_id: str,
    number: int,
    covers: dict[str, bytes],
    locale: str,
) -> None:
    heard = replace(HEARD, name=name, notes=tuple(notes), model=name)
    answer = Recommendations(heard, same, results, {"total": 1.0})
    # Several clips together are taken for none of the catalogue.
    pictures = pictures_of(1 if same else MOST_CLIPS)
    page = Page(answer, 10**6, answer_id, number, pictures, covers, ("*" * 500,) * 5)
    card = answer_card(page, words_for(locale))
    assert mistakes(card) == {}
    assert len(parts(card)) <= 40
    assert sum(map(len, texts(card))) <= LONGEST_CARD
    assert all(text.strip() for text in texts(card))
    assert not any(map(calls_or_heads, texts(card)))
    assert card.fallback is not None
    assert len(card.fallback.description or "") <= 4_096
    for result in results[:3]:
        panel = panel_card(result, answer_id or "abc", words_for(locale), covers.get("id", b""))
        assert mistakes(panel) == {}
        assert not any(map(calls_or_heads, texts(panel)))


def calls_or_heads(text: str) -> bool:
    shown = re.sub(r"\]\([^)]*\)", "]", text)
    return "\n#" in shown or bool(re.search(r"(?<!\\)@", shown))


def test_a_link_to_everyone_calls_nobody() -> None:
    track = Track("1", "Bells", url="https://example.org/@everyone")
    row = texts(laid_out(answer_of(Recommendation(1, track, 0.5, 0.0))))[1]
    assert row.endswith("[sounds like it at 0:00](https://example.org/%40everyone)")
    assert "@" not in row


@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_longest_titles_leave_every_row_standing(locale: str) -> None:
    long = Track(
        "id",
        "*" * 10_000,
        "_" * 10_000,
        url="https://example.org/" + "a" * 300,
        labels=("|" * 99,) * 9,
    )
    found = tuple(Recommendation(rank, long, 0.5, 360_000.0, 1.0) for rank in range(1, 26))
    heard = replace(HEARD, name="|" * 10_000, notes=("`" * 10_000,) * 5)
    answer = Recommendations(heard, long, found, {"total": 99.0})
    for covers in ({}, {"id": b"JPG"}):
        page = Page(answer, 10**9, "x" * 32, 2, pictures_of(1), covers)
        card = answer_card(page, words_for(locale))
        assert len(texts(card)) == 3 + PAGE
        assert sum(map(len, texts(card))) <= LONGEST_CARD
        assert mistakes(card) == {}


@pytest.mark.parametrize("covers", [{}, {"id": b"JPG"}])
def test_the_pictures_of_several_clips_leave_room_for_all_the_rest(
    covers: dict[str, bytes],
) -> None:
    hit = Recommendation(1, Track("id", "Bells"), 0.5, 0.0)
    answer = answer_of(*(replace(hit, rank=rank) for rank in range(1, 26)))
    card = laid_out(answer, pictures=pictures_of(MOST_CLIPS), answer_id="x" * 32, covers=covers)
    add_menu(card, [Single(n + 1, f"{n}.wav", "y" * 32) for n in range(MOST_CLIPS)], ENGLISH)
    assert len(of_type(card, GALLERY)) == MOST_CLIPS
    assert mistakes(card) == {}
    assert len(parts(card)) <= 40
    assert len(card.files) <= 10


@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_menu_says_what_is_behind_it(locale: str) -> None:
    answer = answer_of(Recommendation(1, Track("id", "Bells"), 0.5, 0.0))
    card = answer_card(Page(answer, 1, "abc"), words_for(locale))
    (menu,) = [part for part in parts(card) if "placeholder" in part]
    assert "👍 👎" in menu["placeholder"]
    assert menu["placeholder"] == words_for(locale)("card.pick")  # not cut
