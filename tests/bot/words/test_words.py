"""Words are found, filled, counted and put from English into a person's language."""

from __future__ import annotations

import discord
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.explain import explain
from bot.words import ENGLISH, LANGUAGES, Saying, words_for, words_in
from bot.words.catalogue import Catalogue, load_catalogue
from bot.words.numbers import Numbers
from bot.words.templates import GAP, Templates, fill
from models.types import ClipError

GERMAN = words_for("de")


@pytest.mark.parametrize(
    ("locale", "spoken"),
    [
        (discord.Locale.german, "de"),
        (discord.Locale.american_english, "en"),
        ("en-GB", "en"),
        (discord.Locale.latin_american_spanish, "es"),
        ("es-ES", "es"),
        ("fr", "fr"),
        ("pt-PT", "pt-BR"),
        (discord.Locale.brazil_portuguese, "pt-BR"),
        (discord.Locale.japanese, "en"),
        ("unknown_xx", "en"),
        ("", "en"),
        (None, "en"),
    ],
)  # fmt: skip
def test_a_locale_hears_the_nearest_language(
    locale: discord.Locale | str | None, spoken: str
) -> None:
    assert words_for(locale).locale == spoken


def test_every_language_is_spoken_to_its_own() -> None:
    for locale in LANGUAGES:
        assert words_for(locale).locale == locale


def test_in_a_dm_nobodys_language_is_known() -> None:
    assert words_in(None) is ENGLISH


def test_a_text_is_filled_once() -> None:
    assert ENGLISH("card.heard", start="{end}", end="0:05") == "heard {end} – 0:05"
    assert GERMAN("card.heard", start="0:01", end="0:05") == "gehört: 0:01 – 0:05"


def test_a_saying_has_a_sentence_and_a_fix() -> None:
    assert ENGLISH.say("clip.gone") == Saying(
        "Discord no longer has that file.", "Upload it again."
    )
    assert GERMAN.say("clip.too_large", size=1234, limit=2.5).sentence == (
        "Diese Datei hat 1.234 MB, und ich nehme höchstens 2,5 MB."
    )


@pytest.mark.parametrize(
    ("locale", "counted"),
    [
        ("en", ["0 tracks", "1 track", "1,234 tracks", "2,000,000 tracks"]),
        ("de", ["0 Titel", "1 Titel", "1.234 Titel", "2.000.000 Titel"]),
        ("es", ["0 pistas", "1 pista", "1234 pistas", "2.000.000 de pistas"]),
        ("fr", ["0 titre", "1 titre", "1\u202f234 titres", "2\u202f000\u202f000 de titres"]),
        ("pt-BR", ["0 faixa", "1 faixa", "1.234 faixas", "2.000.000 de faixas"]),
    ],
)
def test_every_language_counts_tracks(locale: str, counted: list[str]) -> None:
    words = words_for(locale)
    assert [words.count("card.tracks", n) for n in (0, 1, 1_234, 2_000_000)] == counted


def test_a_per_cent_is_written_as_the_language_writes_it() -> None:
    assert [words_for(locale).percent(0.87) for locale in LANGUAGES] == [
        "87 %", "87\u00a0%", "87\u00a0%", "87\u202f%", "87%",
    ]  # fmt: skip


def test_french_is_never_broken_before_a_mark() -> None:
    said = words_for("fr").say("time.unreadable", text="a : b").sentence
    assert said.startswith("«\u202fa : b\u202f» ")
    assert words_for("fr")("card.heard", start="0:01", end="0:02").startswith("écouté\u202f: 0:01")


def test_a_key_nobody_has_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        GERMAN("card.no_such_thing")


def test_what_a_language_lacks_is_said_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    full = load_catalogue("de")
    sparse = Catalogue({"clip.gone.sentence": "Weg."}, full.numbers)
    monkeypatch.setattr(
        "bot.words.speaking.load_catalogue",
        lambda locale: sparse if locale == "de" else load_catalogue(locale),
    )
    assert GERMAN.say("clip.gone") == Saying("Weg.", "Upload it again.")
    assert GERMAN.count("card.tracks", 1234) == "1.234 tracks"


@pytest.mark.parametrize(
    ("value", "places", "shown"),
    [
        (0, None, "0"),
        (999, None, "999"),
        (1_000, None, "1.000"),
        (-1_234_567, None, "-1.234.567"),
        (0.5, None, "0,5"),
        (12.0, None, "12"),
        (0.126, None, "0,13"),
        (0.1, 2, "0,10"),
        (1234.5, 1, "1.234,5"),
    ],
)
def test_numbers_are_written_as_the_language_writes_them(
    value: float, places: int | None, shown: str
) -> None:
    assert GERMAN.number(value, places) == shown


def test_small_numbers_may_go_without_groups() -> None:
    numbers = Numbers(".", 10_000, ",", "{number} %", (1,))
    assert [numbers.write(n) for n in (9_999, 10_000)] == ["9999", "10.000"]


def test_a_language_says_which_numbers_are_singular() -> None:
    numbers = Numbers(" ", 1_000, ",", "{number} %", (0, 1))
    asked = (0, 1, 2, 999_999, 1_000_000, 1_000_001, 3_000_000)
    assert [numbers.form(n) for n in asked] == [
        "one", "one", "other", "other", "many", "other", "many",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        ("The file is empty.", "Die Datei ist leer."),
        ("The file is larger than 2.5 MB.", "Die Datei ist größer als 2,5 MB."),
        ("The file is over after 1:02.5, before the part to listen to begins.",
         "Die Datei ist nach 1:02.5 zu Ende, bevor das Stück zum Hören beginnt."),
        ("1.5 is not audio.", "1.5 ist keine Audiodatei."),
        ("{name} is not audio. is not audio.", "{name} is not audio. ist keine Audiodatei."),
        ("Nobody ever said this.", "Nobody ever said this."),
        ("The file is larger than many MB.", "The file is larger than many MB."),
        ("", ""),
    ],
)  # fmt: skip
def test_english_is_put_into_the_language(raised: str, said: str) -> None:
    assert GERMAN.translate(raised) == said
    assert ENGLISH.translate(raised) == raised


def test_the_most_specific_template_is_found() -> None:
    templates = Templates([("wide", "{x}."), ("narrow", "It is {x}."), ("whole", "It is odd.")])
    found = [templates.find(text) for text in ("It is odd.", "It is red.", "Red.", "Red")]
    assert [match and match.key for match in found] == ["whole", "narrow", "wide", None]


def test_an_error_is_told_in_the_persons_language() -> None:
    error = ClipError(*ENGLISH.say("time.unreadable", text="soon"))
    assert explain(error, GERMAN) == GERMAN.say("time.unreadable", text="soon")
    assert explain(TimeoutError(), GERMAN) == GERMAN.say("trouble.too_slow")


TOLD = sorted(
    key
    for key in load_catalogue("en").texts
    if key.startswith(("errors.", "notes.")) or key.endswith((".sentence", ".fix"))
)
HOSTILE = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        ["{name}", "{size:number}", "\\1", "(.+)*" * 30, "a" * 5_000, ". is not audio", "", "1e9"]
    ),
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(LANGUAGES), st.sampled_from(TOLD), st.data())
def test_what_was_filled_in_comes_through(locale: str, key: str, data: st.DataObject) -> None:
    english, words = load_catalogue("en").texts, words_for(locale)
    values: dict[str, str | float] = {
        gap[1]: data.draw(
            st.integers(0, 10**9) if gap[2] else st.from_regex("[a-z]{1,9}", fullmatch=True)
        )
        for gap in GAP.finditer(english[key])
    }
    said = words.translate(ENGLISH(key, **values))
    same = [other for other in TOLD if english[other] == english[key]]
    assert said in [words(other, **values) for other in same]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(LANGUAGES), st.sampled_from(TOLD), st.data())
def test_hostile_values_are_translated_or_left_alone(
    locale: str, key: str, data: st.DataObject
) -> None:
    template = load_catalogue("en").texts[key]
    values = {gap[1]: data.draw(HOSTILE, gap[1]) for gap in GAP.finditer(template)}
    text = fill(template, values, str)
    assert words_for(locale).translate(text)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(LANGUAGES), st.text(max_size=1_200))
def test_any_text_is_translated_or_left_alone(locale: str, text: str) -> None:
    assert bool(words_for(locale).translate(text)) == bool(text)
