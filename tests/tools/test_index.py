"""`soundalike index`: building on real files, what is left out, interrupts, damage."""

from __future__ import annotations

import re
import shutil
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from models.tracks import embed_tracks
from models.types import PassingError
from tests.tools.conftest import Cli, only_json, start, write_piece
from tests.tools.halting import HALTED, HEARD
from tools import hearing


def built(cli: Cli, *arguments: object) -> tuple[int, dict]:
    status, out, _ = cli("index", "build", *arguments, "--json")
    return status, only_json(out)


def test_building_twice_hears_nothing_again(
    tiny_model: Path, music: Path, tmp_path: Path, cli: Cli
) -> None:
    status, first = built(cli, music, "--out", tmp_path / "index")
    assert status == 0
    assert (first["tracks"], first["heard"], first["kept"]) == (6, 6, 0)
    assert first["audio_seconds"] == pytest.approx(72, abs=1)
    status, second = built(cli, music, "--out", tmp_path / "index")
    assert status == 0
    assert (second["tracks"], second["heard"], second["kept"]) == (6, 0, 6)


def test_changes_are_followed(tiny_model: Path, music: Path, tmp_path: Path, cli: Cli) -> None:
    built(cli, music, "--out", tmp_path / "index")
    shutil.rmtree(music / "High")
    write_piece(music / "new.flac", 500, seed=77)
    shutil.copy(music / "new.flac", music / "new copy.flac")
    status, after = built(cli, music, "--out", tmp_path / "index")
    assert status == 0
    assert (after["tracks"], after["kept"], after["gone"]) == (5, 4, 2)
    # Whether both are heard depends on which is done when the other is looked at.
    assert (after["heard"], after["recognised"]) in {(1, 1), (2, 0)}
    assert [Path(file["path"]).name for file in after["duplicates"]] == ["new.flac"]


def test_tracks_of_other_folders_are_kept(
    tiny_model: Path, music: Path, tmp_path: Path, cli: Cli
) -> None:
    index = tmp_path / "index"
    (music / "High" / "broken.mp3").write_bytes(b"no sound at all" * 50)
    assert built(cli, music / "High", "--out", index)[1]["tracks"] == 2
    status, after = built(cli, music / "Low", "--out", index)
    assert (status, after["tracks"], after["heard"], after["kept"]) == (0, 4, 2, 0)
    assert (after["gone"], after["elsewhere"], after["left_out"]) == (0, 2, [])
    next((music / "Low").iterdir()).unlink()
    out = cli("index", "build", music / "Low", "--out", index)[1]
    assert "1 known before, 1 gone, 2 tracks of other folders kept" in out
    assert "3 tracks" in out


def test_a_disk_that_is_not_mounted_takes_nothing_with_it(
    tiny_model: Path, music: Path, tmp_path: Path, cli: Cli
) -> None:
    index, away = tmp_path / "index", tmp_path / "away"
    other = tmp_path / "other"
    (music / "High").rename(other)
    built(cli, music, other, "--out", index)
    music.rename(away)
    music.mkdir()
    for sources in ([music], [other, music]):
        status, _, err = cli("index", "build", *sources, "--out", index)
        assert status == 2
        assert f"{music} holds no audio any more, and the index has 4 tracks from there." in err
        assert "--drop-empty" in err
    # Even then an index is not emptied altogether.
    shutil.rmtree(other)
    other.mkdir()
    status, _, err = cli("index", "build", music, other, "--drop-empty", "--out", index)
    assert status == 2
    assert "not one track" in err
    # Once the disk is back, nothing is heard again.
    music.rmdir()
    away.rename(music)
    status, back = built(cli, music, "--out", index)
    assert (status, back["tracks"], back["heard"], back["kept"]) == (0, 6, 0, 4)
    status, after = built(cli, music, other, "--drop-empty", "--out", index)
    assert (status, after["tracks"], after["heard"], after["gone"]) == (0, 4, 0, 2)


def test_a_folder_named_in_another_way_is_not_heard_again(
    tiny_model: Path, music: Path, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(music / "Low")
    assert built(cli, ".", "--out", tmp_path / "index")[1]["heard"] == 2
    status, after = built(cli, "..", "../Low", "--out", tmp_path / "index")
    assert (status, after["heard"], after["kept"], after["gone"]) == (0, 4, 2, 0)
    assert after["duplicates"] == []


def test_what_fails_in_passing_at_another_try_is_listed_once(
    tiny_model: Path, music: Path, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    (music / "broken.mp3").write_bytes(b"no sound at all" * 50)
    built(cli, music, "--out", tmp_path / "index")
    monkeypatch.setattr(
        hearing,
        "embed_tracks",
        lambda files, *_, **__: ((path, PassingError("Too slow.")) for path in files),
    )
    status, again = built(cli, music, "--out", tmp_path / "index", "--retry")
    assert (status, again["kept"]) == (1, 6)
    assert [file["why"] for file in again["left_out"]] == ["Too slow."]


def test_broken_audio_is_listed_and_said_by_the_exit_status(
    tiny_model: Path, music: Path, tmp_path: Path, cli: Cli
) -> None:
    (music / "broken.mp3").write_bytes(b"no sound at all" * 50)
    (music / "empty.ogg").touch()
    (music / "notes.txt").write_text("not audio, does not count")
    (music / "gone.wav").symlink_to(music / "nothing")
    for _ in range(2):  # what was left out is still said when nothing is heard again
        status, out, _ = cli("index", "build", music, "--out", tmp_path / "index")
        assert status == 1
        listed = re.findall(r"^Left out: (.+\.)\n  (\S+)$", out, re.MULTILINE)
        assert {Path(path).name for _, path in listed} == {"broken.mp3", "empty.ogg", "gone.wav"}
        assert "3 left out" in out
    status, again = built(cli, music, "--out", tmp_path / "index")
    assert (status, len(again["left_out"]), again["heard"]) == (1, 3, 0)


def test_what_failed_in_passing_is_listed_and_tried_again(
    tiny_model: Path, music: Path, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(files: Iterable[Path], *args: object, **options: object) -> Iterator[object]:
        late, *rest = files
        yield late, PassingError("The file took too long to read.", "Try a shorter one.")
        yield from embed_tracks(rest, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(hearing, "embed_tracks", slow)
        status, first = built(cli, music, "--out", tmp_path / "index")
    assert (status, first["tracks"], first["heard"]) == (1, 5, 5)
    assert [file["why"] for file in first["left_out"]] == [
        "The file took too long to read. Try a shorter one."
    ]
    status, second = built(cli, music, "--out", tmp_path / "index")
    assert (status, second["tracks"], second["heard"], second["kept"]) == (0, 6, 1, 5)


def test_what_was_left_out_is_tried_again_if_wished(
    tiny_model: Path, music: Path, tmp_path: Path, cli: Cli
) -> None:
    (music / "broken.mp3").write_bytes(b"no sound at all" * 50)
    built(cli, music, "--out", tmp_path / "index")
    _, again = built(cli, music, "--out", tmp_path / "index", "--retry")
    assert (again["heard"], again["kept"], len(again["left_out"])) == (0, 6, 1)


def test_only_broken_audio_is_listed_too(tiny_model: Path, tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "broken.mp3").write_bytes(b"no sound at all" * 50)
    line = ("index", "build", tmp_path / "music", "--out", tmp_path / "index")
    status, out, err = cli(*line)
    assert status == 2
    assert re.fullmatch(r"Left out: There is no sound in .+\.\n  \S+/broken\.mp3\n", out)
    assert "not one track" in err
    status, out, _ = cli(*line, "--json")
    error = only_json(out)
    assert (status, error["fix"] != "") == (2, True)
    assert "not one track" in error["error"]
    (left_out,) = error["left_out"]
    assert left_out["path"].endswith("broken.mp3")
    assert left_out["why"] in cli(*line)[1]


def test_a_name_cannot_forge_a_line_of_the_list(
    tiny_model: Path, music: Path, tmp_path: Path, cli: Cli
) -> None:
    (music / "new\n  forged.wav").write_bytes(b"no sound at all" * 50)
    status, out, _ = cli("index", "build", music, "--out", tmp_path / "index")
    assert status == 1
    assert "new�  forged.wav\n" in out
    _, again = built(cli, music, "--out", tmp_path / "index")
    assert Path(again["left_out"][0]["path"]).name == "new\n  forged.wav"


def test_the_env_file_says_where_for_every_command(
    tiny_model: Path, music: Path, tmp_path: Path, elsewhere: Path, cli: Cli
) -> None:
    (elsewhere / ".env").write_text(f"SOUNDALIKE_INDEX={tmp_path / 'mine'}\n")
    assert built(cli, music)[1]["index"] == str(tmp_path / "mine")
    assert cli("index", "verify")[0] == 0
    assert cli("ask", music / "Low" / "Low Band - Take 1.flac")[0] == 0


def test_nothing_to_index_is_not_done(tiny_model: Path, tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "empty").mkdir()
    status, _, err = cli("index", "build", tmp_path / "empty", "--out", tmp_path / "index")
    assert status == 2
    assert "not one track" in err
    status, _, err = cli("index", "build", tmp_path / "absent", "--out", tmp_path / "index")
    assert status == 2
    assert "nothing at" in err
    status, _, err = cli("index", "build", "~nobody-here/music", "--out", tmp_path / "index")
    assert (status, "nothing at" in err, "~nobody-here/music" in err) == (2, True, True)
    status, _, err = cli("index", "build", tmp_path, "--out", tmp_path)
    assert status == 2


def test_the_settings_say_where(tiny_model: Path, music: Path, home: Path, cli: Cli) -> None:
    assert built(cli, music)[1]["index"] == str(home / "indexes" / "main")
    status, out, _ = cli("index", "info")
    assert status == 0
    assert re.search(r"tracks\s+6, 1:1\d of audio", out)
    assert re.search(rf"index\s+{re.escape(str(home))}/indexes/main\n", out)


def test_info_and_verify(tiny_model: Path, music: Path, tmp_path: Path, cli: Cli) -> None:
    index = tmp_path / "index"
    built(cli, music, "--out", index)
    info = only_json(cli("index", "info", index, "--json")[1])
    assert (info["tracks"], info["left_out"], info["stamp"]["model"]) == (6, 0, "tiny")
    assert (info["stamp"]["precision"], info["others"]) == ("fp32", [])
    assert re.search(r"precision +fp32\n", cli("index", "info", index)[1])
    assert cli("index", "verify", index) == (0, f"✓ The index in {index} is sound.\n", "")

    vectors = index / info["generation"] / "windows.f32"
    vectors.write_bytes(vectors.read_bytes()[:-1] + b"\x01")
    status, out, _ = cli("index", "verify", index)
    assert status == 2
    assert "windows.f32" in out
    assert len(only_json(cli("index", "verify", index, "--json")[1])["problems"]) == 1
    assert cli("index", "info", tmp_path / "nowhere")[0] == 2


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_carries_on(
    sent: signal.Signals, tiny_model: Path, music: Path, tmp_path: Path, cli: Cli
) -> None:
    index = tmp_path / "index"
    line = ["index", "build", music, "--out", index, "--jobs", 1]
    with start(line, module="tests.tools.halting") as process:
        assert process.stdout is not None
        assert HALTED in (text.strip() for text in process.stdout)
        process.send_signal(sent)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.strip().endswith("Stopped.\nRun the same command again: what was done is kept.")
    assert not re.search("Traceback|leaked", err)
    status, after = built(cli, music, "--out", index)
    assert status == 0
    assert (after["tracks"], after["kept"], after["heard"]) == (6, HEARD, 6 - HEARD)


def test_another_model_does_not_forget_folders_in_silence(
    tiny_model: Path, music: Path, cli: Cli
) -> None:
    assert cli("index", "build", music, "--out", "here")[0] == 0
    again = ("index", "build", music / "Low", "--out", "here", "--model", "vggish-small")
    status, _, err = cli(*again)
    assert status == 2
    assert "4 files of other folders" in err
    assert cli("index", "info", "here", "--json")[1].count('"tiny"') >= 1
    assert cli(*again, "--drop-empty")[0] == 0


def test_another_version_of_the_model_does_not_either(
    tiny_model: Path, music: Path, cli: Cli
) -> None:
    assert cli("index", "build", music, "--out", "here")[0] == 0
    card = tiny_model / "tiny.toml"
    card.write_text(card.read_text().replace('version = "1"', 'version = "2"'))
    status, _, err = cli("index", "build", music / "Low", "--out", "here")
    assert status == 2
    assert "was made with tiny 1 and holds 4 files of other folders" in err
    assert "tiny 2 would forget them" in err
    assert '"tracks": 6' in cli("index", "info", "here", "--json")[1]
    assert cli("index", "build", music, "--out", "here")[0] == 0
