"""`soundalike demo` makes music, indexes it and asks; a second time it is all there already."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from models.types import ClipHeard, Recommendation, Recommendations, Track
from tests.tools.conftest import Cli, only_json
from tools import demo
from tools.screen import Screen
from tools.synth import kinds, strangers


@pytest.mark.timeout(300)
def test_the_demo_from_nothing_and_again(tiny_model: Path, home: Path, cli: Cli) -> None:
    status, out, err = cli("demo", "--pieces", "1", "--json")
    assert (status, "Traceback" in err) == (0, False)
    first = only_json(out)
    assert (first["tracks"], first["heard"], first["of"]) == (24, 24, 8)
    assert [asked["kind"] for asked in first["asked"]] == [kind.name for kind in kinds()]
    assert first["hits"] == sum(asked["hit"] for asked in first["asked"])
    # Even eight numbers that say where in the spectrum a sound lies tell most kinds apart.
    assert first["hits"] >= 4
    for asked in first["asked"]:
        best = asked["answer"]["results"][0]
        assert asked["hit"] == (best["labels"] == [asked["kind"]])
        assert Path(asked["clip"]).is_file()
    assert Path(first["picture"]).read_bytes().startswith(b"\x89PNG")
    assert Path(first["music"]) == home / "demo" / "music"
    assert len(list(Path(first["music"]).rglob("*.flac"))) == 24

    status, out, _ = cli("demo", "--pieces", "1")
    assert status == 0
    assert f"{first['hits']} of 8 find their own kind first, among 24 tracks of 8 kinds" in out
    for kind in kinds():
        assert f" by Demo {kind.name} D" in out
    assert f"--index '{first['index']}'" in out
    assert "24 files heard" not in out
    again = only_json(cli("demo", "--pieces", "1", "--json")[1])
    assert again["heard"] == 0
    assert again["asked"][0]["answer"]["results"] == first["asked"][0]["answer"]["results"]


def test_every_column_fits_a_terminal_of_80(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "80")
    track = Track("11" * 16, "Strings in E flat mixolydian, 118 bpm", "Demo Strings D")
    heard = ClipHeard("x", 20, 0, 20, "tiny", np.zeros((0, 0), np.float32))
    answer = Recommendations(heard, None, (Recommendation(1, track, 0.9, 15.0),), {})
    asked = [demo.Asked(strangers()[0], Path("x.flac"), answer)]
    built = SimpleNamespace(manifest=SimpleNamespace(tracks=24))
    places = demo.Places(*[Path("x")] * 4)
    demo._show(asked, built, places, 1.0, Screen(as_json=False))
    out = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out)
    (row,) = (line for line in out.splitlines() if re.match("1  Strings", line))
    assert row.endswith(" 0:15")
    assert max(map(len, out.splitlines())) <= 80
