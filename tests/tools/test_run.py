"""`soundalike run` says what is missing, and reads .env below the environment."""

from __future__ import annotations

import base64
import io
import logging
import sys
from pathlib import Path

import pytest

from bot.run import log_to_terminal
from models.types import SettingsError
from tests.tools.conftest import Cli, only_json
from tools import run as run_module
from tools.settings import environment

TOKEN = base64.b64encode(b"1234567890123456789").decode().rstrip("=") + ".secret.part"


def test_a_sentence_for_each_missing_thing(home: Path, cli: Cli) -> None:
    status, out, err = cli("run")
    assert (status, out) == (2, "")
    assert "There is no Discord token yet.\nSet DISCORD_TOKEN" in err
    assert f"There is no index at {home / 'indexes' / 'main'}.\nMake one with" in err
    error = only_json(cli("run", "--json")[1])
    assert "no Discord token" in error["error"]
    assert "no index" in error["error"]


@pytest.mark.parametrize(
    ("token", "sentence"),
    [("your-token-here", "holds the example's words"), ("a.b.c", "does not look like a bot's")],
)
def test_what_is_no_token_is_told_before_discord_is_asked(
    token: str, sentence: str, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", token)
    monkeypatch.setattr(run_module, "run_bot", lambda *_: pytest.fail("it went to Discord"))
    status, _, err = cli("run")
    assert status == 2
    assert sentence in err
    assert "discord.com/developers" in err
    assert token not in err


def test_the_log_has_no_colours_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    # A container is taken for a terminal by discord.py.
    monkeypatch.setattr("discord.utils.is_docker", lambda: True)
    text = io.StringIO()
    monkeypatch.setattr(sys, "stderr", text)
    try:
        log_to_terminal()
        logging.getLogger("soundalike").warning("A word.")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    assert text.getvalue().endswith("WARNING  soundalike A word.\n")
    assert "\x1b" not in text.getvalue()


def test_the_env_file_lies_below_the_environment(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = elsewhere / ".env"
    file.write_text("# a comment\nSOUNDALIKE_MODEL=other\nexport DISCORD_TOKEN='a.b.c'\nEMPTY\n")
    monkeypatch.setenv("SOUNDALIKE_MODEL", "mine")
    found = environment()
    assert (found["SOUNDALIKE_MODEL"], found["DISCORD_TOKEN"]) == ("mine", "a.b.c")
    assert "EMPTY" not in found
    file.write_bytes(b"\xff\xfe\x00bad")
    with pytest.raises(SettingsError, match=r"settings file .*\.env cannot be read"):
        environment()


def test_with_everything_there_the_bot_starts_warm_with_the_hosts_limits(
    tiny_model: Path,
    music: Path,
    elsewhere: Path,
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cli("index", "build", music)
    (elsewhere / ".env").write_text(f"DISCORD_TOKEN={TOKEN}\nSOUNDALIKE_CLIP_SECONDS=30\n")
    started = []

    async def bot(settings: object, service: object, state: object) -> None:
        started.append((settings.token, service.tracks, state.path.name))

    monkeypatch.setattr(run_module, "run_bot", bot)
    assert cli("run")[:2] == (0, "")
    assert started == [(TOKEN, 6, "state.sqlite")]


def test_a_setting_that_makes_no_sense(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDALIKE_JOBS", "many")
    status, _, err = cli("run")
    assert status == 2
    assert "SOUNDALIKE_JOBS is 'many'" in err
