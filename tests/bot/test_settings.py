"""What a host may write into the environment, and what comes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import SETTINGS, Settings
from models.types import SettingsError

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4OQ.GaBcDe.fGhIjKlMnOpQrStUvWxYz"


def test_defaults(tmp_path: Path) -> None:
    settings = Settings.from_mapping({"SOUNDALIKE_HOME": str(tmp_path)})
    assert settings.home == tmp_path
    assert settings.index == tmp_path / "indexes" / "main"
    assert settings.model == "vggish-small"
    assert settings.token == ""
    assert settings.guild is None
    assert settings.clip_bytes == 25_000_000
    assert settings.clip_seconds == 600
    assert 1 <= settings.jobs <= 4
    assert settings.queue == 100
    assert settings.per_minute == 12
    assert settings.library == 500


def test_the_home_falls_back_to_the_platforms_folder() -> None:
    assert Settings.from_mapping({}).home.name == "soundalike"


def test_everything_can_be_set() -> None:
    settings = Settings.from_mapping(
        {
            "DISCORD_TOKEN": f"  {TOKEN}\n",
            "SOUNDALIKE_HOME": "~/music-bot",
            "SOUNDALIKE_INDEX": "/srv/index",
            "SOUNDALIKE_STORE": "postgresql://bot:sesame@db/music",
            "SOUNDALIKE_MODEL": "vggish",
            "SOUNDALIKE_APPLICATION_ID": "223456789012345678",
            "SOUNDALIKE_GUILD": "123456789012345678",
            "SOUNDALIKE_CLIP_MB": "8",
            "SOUNDALIKE_CLIP_SECONDS": "30",
            "SOUNDALIKE_JOBS": "2",
            "SOUNDALIKE_QUEUE": "7",
            "SOUNDALIKE_PER_MINUTE": "30",
            "SOUNDALIKE_LIBRARY": "0",
            "SOUNDALIKE_KEEP": "9",
            "SOUNDALIKE_SITES": "YouTube, soundcloud,youtube",
        }
    )
    assert settings == Settings(
        home=Path.home() / "music-bot",
        index=Path("/srv/index"),
        store="postgresql://bot:sesame@db/music",
        model="vggish",
        token=TOKEN,
        application=223456789012345678,
        guild=123456789012345678,
        clip_bytes=8_000_000,
        clip_seconds=30,
        jobs=2,
        queue=7,
        per_minute=30,
        library=0,
        keep=9,
        sites=("youtube", "soundcloud"),
    )


def test_every_setting_read_is_in_the_table() -> None:
    read: list[str] = []

    class Recorder(dict[str, str]):
        def get(self, key: str, default: object = None) -> object:
            read.append(key)
            return default

    Settings.from_mapping(Recorder())
    assert read == [setting.name for setting in SETTINGS]


def test_an_empty_text_is_not_set() -> None:
    names = dict.fromkeys((setting.name for setting in SETTINGS), " ")
    assert Settings.from_mapping(names) == Settings.from_mapping({})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SOUNDALIKE_GUILD", "my server"),
        ("SOUNDALIKE_SITES", "youtube, example.org"),
        ("SOUNDALIKE_GUILD", "12"),
        ("SOUNDALIKE_GUILD", "１２３４５６７８９０１２３４５６７８"),
        ("SOUNDALIKE_CLIP_MB", "0"),
        ("SOUNDALIKE_CLIP_MB", "201"),
        ("SOUNDALIKE_CLIP_MB", "many"),
        ("SOUNDALIKE_CLIP_SECONDS", "3601"),
        ("SOUNDALIKE_CLIP_SECONDS", "-5"),
        ("SOUNDALIKE_CLIP_SECONDS", "9" * 5000),
        ("SOUNDALIKE_JOBS", "1.5"),
        ("SOUNDALIKE_QUEUE", "²"),
        ("SOUNDALIKE_PER_MINUTE", "601"),
    ],
)
def test_a_bad_value_is_one_sentence_that_names_the_setting(name: str, text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_mapping({name: text})
    assert name in caught.value.sentence
    assert caught.value.fix


@pytest.mark.parametrize("text", ["two words", "line\r\nbreak", "tökén"])
def test_a_bad_token_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_mapping({"DISCORD_TOKEN": text})
    assert text not in str(caught.value)


def test_the_token_is_never_in_the_repr() -> None:
    settings = Settings.from_mapping({"DISCORD_TOKEN": TOKEN})
    assert TOKEN not in repr(settings)
    assert TOKEN not in str(settings)


def test_what_is_missing_is_named_with_its_fix(tmp_path: Path) -> None:
    settings = Settings.from_mapping({"SOUNDALIKE_HOME": str(tmp_path)})
    token, index = settings.missing()
    assert "DISCORD_TOKEN" in token.fix
    assert str(tmp_path / "indexes" / "main") in index.sentence
    assert "soundalike index build" in index.fix


def test_nothing_is_missing_once_token_and_index_are_there(tmp_path: Path) -> None:
    settings = Settings.from_mapping({"SOUNDALIKE_INDEX": str(tmp_path), "DISCORD_TOKEN": TOKEN})
    assert settings.missing() == ()


@pytest.mark.parametrize("name", ["SOUNDALIKE_HOME", "SOUNDALIKE_INDEX"])
def test_the_home_of_nobody_is_a_sentence(name: str) -> None:
    with pytest.raises(SettingsError, match="knows no home folder for ~nobody-here/x"):
        Settings.from_mapping({name: "~nobody-here/x"})
