"""`soundalike run` says what is missing, and reads .env below the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.types import SettingsError
from tests.tools.conftest import Cli, only_json
from tools import run as run_module
from tools.settings import environment


def test_a_sentence_for_each_missing_thing(home: Path, cli: Cli) -> None:
    status, out, err = cli("run")
    assert (status, out) == (2, "")
    assert "There is no Discord token yet.\nSet DISCORD_TOKEN" in err
    assert f"There is no index at {home / 'indexes' / 'main'}.\nMake one with" in err
    error = only_json(cli("run", "--json")[1])
    assert "no Discord token" in error["error"]
    assert "no index" in error["error"]


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
    (elsewhere / ".env").write_text("DISCORD_TOKEN=a.b.c\nSOUNDALIKE_CLIP_SECONDS=30\n")
    started = []

    async def bot(settings: object, service: object, state: object) -> None:
        started.append((settings.token, service.tracks, state.path.name))

    monkeypatch.setattr(run_module, "run_bot", bot)
    assert cli("run")[:2] == (0, "")
    assert started == [("a.b.c", 6, "state.sqlite")]


def test_a_setting_that_makes_no_sense(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDALIKE_JOBS", "many")
    status, _, err = cli("run")
    assert status == 2
    assert "SOUNDALIKE_JOBS is 'many'" in err
