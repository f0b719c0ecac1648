"""`soundalike doctor` finds what is missing, names what mends it, and never shows the token."""

from __future__ import annotations

import base64
import errno
import os
from pathlib import Path

import numpy as np
import pytest

from bot.invite import invite_url
from models import graphs
from models.crew import Crew
from tests.models.tiny import card_text, write_network
from tests.tools.conftest import Cli, only_json
from tools import checks

APPLICATION = "1234567890123456789"
TOKEN = base64.b64encode(APPLICATION.encode()).decode().rstrip("=") + ".secret.part"


def states(cli: Cli) -> tuple[int, dict[str, str], dict[str, str]]:
    status, out, _ = cli("doctor", "--json")
    answer = only_json(out)
    assert answer["fine"] == (status == 0)
    checks = answer["checks"]
    assert all(check["fix"] for check in checks if check["state"] != "good")
    found = {check["what"]: f"{check['found']} {check['fix']}" for check in checks}
    return status, {check["what"]: check["state"] for check in checks}, found


def test_a_home_with_everything(
    tiny_model: Path, music: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("index", "build", music)
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    status, state, found = states(cli)
    assert status == 0
    assert set(state) == {
        *("system", "packages", "ffmpeg", "disk", "model", "index", "token", "intents", "invite")
    }
    assert all(state == "good" for what, state in state.items() if what not in {"system", "disk"})
    assert "6 tracks" in found["index"]
    assert f"client_id={APPLICATION}" in found["invite"]
    status, out, err = cli("doctor")
    assert status == 0
    assert "secret" not in out + err
    assert "✗" not in out


def test_a_placeholder_is_no_token(
    tiny_model: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "your-token-here")
    _, state, found = states(cli)
    assert (state["token"], state["invite"]) == ("bad", "mind")
    assert "Reset Token" in found["token"]
    assert "example's words" in found["token"]
    assert "your-token-here" not in found["token"]
    monkeypatch.setenv("DISCORD_TOKEN", "a.b.c")
    assert "does not look like" in states(cli)[2]["token"]


def test_a_setting_that_is_none_is_named_with_what_was_meant(
    tiny_model: Path, elsewhere: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOUNDALIKE_QEUE", "3")
    monkeypatch.setenv("SOUNDALIKE_TEST_DATA", "somewhere")
    _, out, _ = cli("doctor")
    assert "! setting  SOUNDALIKE_QEUE is not a setting; did you mean SOUNDALIKE_QUEUE?" in out
    assert out.count("is not a setting") == 1
    monkeypatch.delenv("SOUNDALIKE_QEUE")
    (elsewhere / ".env").write_text("SOUNDALIKE_WEATHER=fine\n")
    _, state, found = states(cli)
    assert state["setting"] == "mind"
    assert "SOUNDALIKE_WEATHER is not a setting; it does nothing." in found["setting"]


def test_an_empty_home_is_told_what_to_do(tiny_model: Path, home: Path, cli: Cli) -> None:
    status, state, found = states(cli)
    assert status == 2
    assert (state["index"], state["model"]) == ("bad", "good")
    assert "soundalike index build FOLDER`" in found["index"]
    assert (state["token"], state["invite"]) == ("mind", "mind")
    status, out, _ = cli("doctor")
    assert status == 2
    assert "✗ index" in out
    assert "→ Build one with" in out


def test_a_broken_home(tiny_model: Path, music: Path, home: Path, cli: Cli) -> None:
    cli("index", "build", music)
    (tiny_model / "tiny.onnx").write_bytes(b"not the network")
    vectors = next((home / "indexes" / "main").glob("*/windows.f32"))
    vectors.write_bytes(b"short")
    status, state, found = states(cli)
    assert status == 2
    assert (state["model"], state["index"]) == ("bad", "bad")
    assert "not the one its card describes" in found["model"]
    assert "damaged" in found["index"]


def test_it_only_looks(
    tiny_model: Path, home: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, card = tiny_model / "tiny.onnx", tiny_model / "tiny.toml"
    mix = np.zeros((64, 8), np.float32)
    write_network(tiny_model / "int8.onnx", mix=mix)
    other = card_text(tiny_model / "int8.onnx").split("[[files]]")[1]
    card.write_text(f"{card.read_text()}\n[[files]]{other}\noverlap = 1.0")
    monkeypatch.setattr(graphs, "SMALLEST", 1)
    monkeypatch.setattr(Crew, "submit", lambda *_: pytest.fail("it had something done"))
    before = sorted(home.rglob("*"))
    _, state, found = states(cli)
    assert state["model"] == "good"
    assert f"{network.stat().st_size / 1e6:.1f} MB" in found["model"]
    assert sorted(home.rglob("*")) == before


def test_links_and_commands_are_whole_however_narrow_the_terminal(
    tiny_model: Path, home: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOUNDALIKE_APPLICATION_ID", APPLICATION)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    _, out, _ = cli("doctor")
    (line,) = (line for line in out.splitlines() if "https://discord.com" in line)
    assert line.endswith(invite_url(int(APPLICATION)))
    (line,) = (line for line in out.splitlines() if "→ Build one with" in line)
    assert "Build one with `soundalike index build FOLDER`." in line


def test_another_space_and_no_model(
    tiny_model: Path, music: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("index", "build", music)
    card = (tiny_model / "tiny.toml").read_text()
    (tiny_model / "other.toml").write_text(
        card.replace("tiny-1", "other-1").replace('"tiny"', '"other"')
    )
    monkeypatch.setenv("SOUNDALIKE_MODEL", "other")
    status, state, found = states(cli)
    assert (status, state["index"]) == (2, "bad")
    assert "cannot be compared" in found["index"]
    assert "`soundalike index build YOUR-MUSIC --model other`" in found["index"]
    assert "SOUNDALIKE_MODEL=tiny" in found["index"]
    monkeypatch.setenv("SOUNDALIKE_MODEL", "absent")
    status, state, found = states(cli)
    assert (status, state["model"], state["index"]) == (2, "bad", "good")


def test_the_env_file_counts_as_it_does_for_run(
    tiny_model: Path, elsewhere: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    (elsewhere / ".env").write_text(f"SOUNDALIKE_APPLICATION_ID={APPLICATION}\n")
    _, state, found = states(cli)
    assert state["token"] == "mind"
    assert f"client_id={APPLICATION}" in found["invite"]
    monkeypatch.setenv("SOUNDALIKE_APPLICATION_ID", "my bot")
    status, _, err = cli("doctor")
    assert status == 2
    assert "is 'my bot', which is not an application's id" in err


def test_what_a_machine_may_lack(
    tiny_model: Path, home: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "find_ffmpeg", lambda: None)
    monkeypatch.setattr(checks, "PACKAGES", ("numpy", "no-such-package"))
    monkeypatch.setattr(checks.sys, "platform", "win32")
    _, state, found = states(cli)
    assert (state["ffmpeg"], state["packages"], state["system"]) == ("mind", "bad", "mind")
    assert "missing: no-such-package" in found["packages"]
    monkeypatch.setattr(checks, "PACKAGES", ("numpy",))
    monkeypatch.setattr(checks, "MEASURED_AGAINST", ("no-such-package",))
    _, state, found = states(cli)
    assert state["packages"] == "mind"
    assert "only for `soundalike bench`" in found["packages"]
    assert "m4a" in found["ffmpeg"]
    assert "WSL" in found["system"]


def test_a_home_in_a_closed_folder(
    tiny_model: Path, home: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = home / "closed"
    stat = os.stat

    def refused(path: object, **options: object) -> os.stat_result:
        if isinstance(path, str | Path) and Path(path).is_relative_to(closed / "home"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return stat(path, **options)

    # Not closed for real: the tests may be run by root, for whom no folder is.
    monkeypatch.setattr(os, "stat", refused)
    monkeypatch.setenv("SOUNDALIKE_HOME", str(closed / "home"))
    status, state, found = states(cli)
    assert (status, state["disk"]) == (2, "bad")
    assert "Permission denied" in found["disk"]
    assert all("Mend its permissions" in found[what] for what in ("disk", "model"))
    assert state["index"] == "bad"


def test_a_home_that_is_a_file(home: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    home.write_text("not a folder")
    status, state, found = states(cli)
    assert (status, state["disk"]) == (2, "bad")
    assert "SOUNDALIKE_HOME" in found["disk"]
