"""Every language says everything, with the same gaps, and within Discord's lengths."""

from __future__ import annotations

import re
import tomllib
from importlib import resources

import pytest

from bot.plain import plain
from bot.words import LANGUAGES
from bot.words.catalogue import load_catalogue
from bot.words.templates import GAP
from tests.bot.words.sources import told, uses
from tests.test_house import PROJECT

ENGLISH = load_catalogue("en").texts
# discord.com/developers/docs/interactions/application-commands#application-command-naming;
# Python's \w is letters, digits and marks of any script, which is all of it and a little more.
COMMAND_NAME = re.compile(r"[-_'\w]{1,32}")
MOST_OF_A_SENTENCE = 600  # what `saying_card` shows
MOST_OF_A_NOTE = 160  # what `answer_card` shows
SHORT = {"button": 80, "select": 100, "placeholder": 100, "modal": 45, "label": 45}

CALLED = re.compile(r"(?<![\w/}.{])/(\w[-\w]{2,})")

every_language = pytest.mark.parametrize("locale", LANGUAGES)


def gaps(text: str) -> set[str]:
    return {gap[0] for gap in GAP.finditer(text)}


def unfilled(text: str) -> str:
    return GAP.sub("{}", text)


def test_every_catalogue_is_of_a_language_and_the_other_way_round() -> None:
    files = {file.name for file in resources.files("bot.words").iterdir()}
    assert {f"{locale}.toml" for locale in LANGUAGES} == {
        name for name in files if name.endswith(".toml")
    }


@every_language
def test_nothing_is_missing_and_nothing_is_left_over(locale: str) -> None:
    texts = load_catalogue(locale).texts
    missing = sorted(set(ENGLISH) - set(texts))
    # Some languages have a form of their own for whole millions.
    over = sorted(key for key in set(texts) - set(ENGLISH) if not key.endswith(".many"))
    assert (missing, over) == ([], []), f"{locale}.toml: missing {missing}, left over {over}"


@every_language
def test_the_gaps_are_those_of_english(locale: str) -> None:
    for key, text in load_catalogue(locale).texts.items():
        english = ENGLISH.get(key) or ENGLISH[key.removesuffix(".many") + ".other"]
        assert gaps(text) == gaps(english), f"{locale}.toml, {key}"
        assert "{" not in unfilled(text).replace("{}", ""), f"{locale}.toml, {key}: not a gap"


@every_language
def test_no_text_is_empty_or_has_space_around_it(locale: str) -> None:
    for key, text in load_catalogue(locale).texts.items():
        assert isinstance(text, str), key
        assert text, key
        assert text == " ".join(text.split(" ")).strip(), key
        assert all(line and line == line.strip() for line in text.split("\n")), key


@every_language
def test_texts_have_room_where_they_are_shown(locale: str) -> None:
    for key, text in load_catalogue(locale).texts.items():
        words = set(re.split(r"[._]", key))
        for what, most in SHORT.items():
            if what in words:
                assert len(text) <= most, f"{locale}.toml, {key}"
        if key.endswith((".sentence", ".fix")) or key.startswith("errors."):
            assert len(plain(text, 10_000)) <= MOST_OF_A_SENTENCE, key
        if key.startswith("notes."):
            assert len(plain(text, 10_000)) <= MOST_OF_A_NOTE, key


@every_language
def test_commands_are_named_as_discord_wants_them(locale: str) -> None:
    for key, text in load_catalogue(locale).texts.items():
        if not key.startswith("commands."):
            continue
        if key.endswith(".description") or ".choices." in key:
            assert len(text) <= 100, key
        elif key.endswith(".name"):
            # A menu's English name begins with a capital, and may say what it likes.
            in_english = ENGLISH[key]
            assert len(text) <= 32, key
            if in_english == in_english.lower():
                assert COMMAND_NAME.fullmatch(text), f"{locale}.toml, {key}"
                assert text == text.lower(), f"{locale}.toml, {key}"


@every_language
def test_commands_are_called_as_they_are_in_the_language(locale: str) -> None:
    texts = load_catalogue(locale).texts
    names = {text for key, text in texts.items() if re.fullmatch(r"commands\.[^._]+\.name", key)}
    called = [(key, name) for key, text in texts.items() for name in CALLED.findall(text)]
    assert len(called) > 10
    for key, name in called:
        assert name in names, f"{locale}.toml, {key}: write the key, {{/…}}, for /{name}"
    assert (
        f"/{texts['commands.library.name']} {texts['commands.library_add.name']}"
        in (texts["library.empty"])
    )


@every_language
def test_no_command_is_spelt_out(locale: str) -> None:
    text = resources.files("bot.words").joinpath(f"{locale}.toml").read_text("utf-8")
    written = [line for line in text.splitlines() if not line.startswith("#")]
    assert [line for line in written if CALLED.search(line)] == []


@every_language
def test_no_two_options_or_commands_have_one_name(locale: str) -> None:
    by_place: dict[str, list[str]] = {}
    for key, text in load_catalogue(locale).texts.items():
        if key.startswith("commands.") and key.endswith(".name"):
            place = key.rpartition(".options.")[0] or _above(key)
            by_place.setdefault(place, []).append(text)
    for place, names in by_place.items():
        assert len(names) == len(set(names)), f"{locale}.toml, {place}: {names}"


def _above(key: str) -> str:
    """Return where a command's name stands: among all commands, or in a group."""
    slug = key.split(".")[1]
    parents = [
        parent
        for parent in {each.split(".")[1] for each in ENGLISH if each.startswith("commands.")}
        if slug.startswith(f"{parent}_")
    ]
    return max(parents, key=len, default="")


def test_every_count_has_its_forms() -> None:
    counted = {key.rpartition(".")[0] for key in ENGLISH if key.endswith((".one", ".other"))}
    assert counted
    for key in counted:
        assert {f"{key}.one", f"{key}.other"} <= set(ENGLISH), key
        assert "{count}" in ENGLISH[f"{key}.other"], key


@every_language
def test_what_is_told_can_be_put_into_the_language(locale: str) -> None:
    known = {unfilled(text): key for key, text in ENGLISH.items()}
    sentences = told()
    assert len(sentences) > 60
    raised = {sentence.template for sentence in sentences if sentence.template}
    lacking = [
        f"{sentence.place}: {sentence.template}"
        for sentence in sentences
        if sentence.template and known.get(sentence.template) not in load_catalogue(locale).texts
    ]
    assert not lacking, f"put these into {locale}.toml, under [errors] or [notes]:\n" + "\n".join(
        lacking
    )
    stale = [
        key
        for key, text in ENGLISH.items()
        if key.startswith(("errors.", "notes.")) and unfilled(text) not in raised
    ]
    assert not stale, f"nothing says these any more: {stale}"


def test_every_key_that_is_used_is_there_and_gets_its_values() -> None:
    ending = {"text": ("",), "say": (".sentence", ".fix"), "count": (".one", ".other")}
    found = uses()
    assert len(found) > 20
    for use in found:
        texts = {
            key: text
            for key, text in ENGLISH.items()
            if any(
                key == use.key + end if use.whole else key.startswith(use.key)
                for end in ending[use.how]
            )
        }
        assert texts, f"{use.place}: there is no {use.key} in en.toml"
        if use.values is not None and use.whole:
            wanted = {gap[1] for text in texts.values() for gap in GAP.finditer(text)}
            given = use.values | ({"count"} if use.how == "count" else set())
            assert wanted <= given, f"{use.place}: {use.key} wants {sorted(wanted)}"


def test_every_text_is_used() -> None:
    found = uses()
    whole = {use.key for use in found if use.whole}
    begun = tuple(use.key for use in found if not use.whole)
    # Renderers may keep keys in tables of their own.
    written = "\n".join(path.read_text("utf-8") for path in (PROJECT / "bot").rglob("*.py"))
    for key in ENGLISH:
        if key.startswith(("errors.", "notes.", "commands.")):
            continue
        said = key.removesuffix(".sentence").removesuffix(".fix")
        said = said.removesuffix(".one").removesuffix(".other")
        assert said in whole or key.startswith(begun) or f'"{said}"' in written, (
            f"nothing says {key}"
        )


@every_language
def test_the_language_says_how_it_writes_numbers(locale: str) -> None:
    text = resources.files("bot.words").joinpath(f"{locale}.toml").read_text("utf-8")
    language = tomllib.loads(text)["language"]
    assert set(language) == {"name", "group", "grouped_from", "decimal", "percent", "singular"}
    assert "{number}" in language["percent"]
    assert language["group"] != language["decimal"]
