"""`soundalike index youtube8m`: video-level records, whichever release they are from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.generations import generations
from index.opened import open_index
from tests.tools.conftest import Cli, only_json
from tests.tools.tensorflow_files import entry, field, floats, framed, integers, strings
from tools.youtube8m import read_videos, read_vocabulary

RNG = np.random.default_rng(8)
SOUNDS = RNG.normal(size=(4, 128)).astype(np.float32)


def video(name: str, labels: tuple[int, ...], audio: np.ndarray, key: str = "id") -> bytes:
    return field(
        1,
        entry(key, strings(name.encode()))
        + entry("labels", integers(*labels))
        + entry("mean_rgb", floats(*RNG.normal(size=1024)))
        + entry("mean_audio", floats(*audio)),
    )


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Write a file of videos, and the vocabulary."""
    records = [
        video("nXSc", (0, 2), SOUNDS[0]),
        video("a_B-cdEfGh1", (1,), SOUNDS[1], key="video_id"),
        video("Zz09", (), SOUNDS[2]),
        video("none", (0,), SOUNDS[3][:0]),
        video("zero", (0,), SOUNDS[3] * 0),
        video("nan0", (0,), SOUNDS[3] * np.nan),
    ]
    path = tmp_path / "train00.tfrecord"
    path.write_bytes(b"".join(map(framed, records)))
    vocabulary = tmp_path / "vocabulary.csv"
    vocabulary.write_text(
        "Index,TrainVideoCount,KnowledgeGraphId,Name,WikiUrl,Vertical1,Vertical2,Vertical3\n"
        '0,9,/m/0342h,Guitar,https://x,Arts & Entertainment,,\n1,8,/m/1,"Dog, young",,,,\n'
        "2,7,/m/2,,,,,\n",
        encoding="utf-8-sig",
    )
    return path, vocabulary


def imported(cli: Cli, *arguments: object) -> tuple[int, dict]:
    status, out, _ = cli("index", "youtube8m", *arguments, "--json")
    return status, only_json(out)


def test_videos_become_tracks(
    files: tuple[Path, Path], tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, vocabulary = files
    index = tmp_path / "index"
    status, done = imported(cli, path, "--labels", vocabulary, "--out", index)
    assert (status, done["entries"], done["tracks"], done["windows"]) == (1, 6, 3, 3)
    assert done["space"] == "youtube8m-audio"
    assert [one["why"] for one in done["left_out"]] == [
        "Its mean_audio says nothing.",
        "It has no mean_audio of 128 numbers: only video-level records with sound are read.",
        "Its mean_audio says nothing.",
    ]
    with open_index(index) as opened:
        found = {track.id: (track, windows) for track, windows in opened.contents()}
    assert {name: (one.title, one.labels, one.url) for name, (one, _) in found.items()} == {
        "nXSc": ("Guitar · /m/2", ("Guitar", "/m/2"), ""),
        "a_B-cdEfGh1": (
            "Dog, young",
            ("Dog, young",),
            "https://www.youtube.com/watch?v=a_B-cdEfGh1",
        ),
        "Zz09": ("video Zz09", (), ""),
    }
    assert {track.source for track, _ in found.values()} == {"youtube8m"}
    for name, sound in zip(("nXSc", "a_B-cdEfGh1", "Zz09"), SOUNDS, strict=False):
        wanted = sound / np.linalg.norm(sound)
        np.testing.assert_allclose(found[name][1].vectors, [wanted], atol=1e-6)
    status, out, _ = cli("ask", "track:nXSc", "--index", index)
    assert status == 0
    assert out.startswith("Guitar · /m/2 · heard with youtube8m-audio\nThis is Guitar · /m/2 ")
    assert "youtube.com/watch?v=a_B-cdEfGh1" in out
    monkeypatch.setenv("SOUNDALIKE_INDEX", str(index))
    assert (
        "→ `soundalike index youtube8m` made it, and only its own tracks can ask it. For clips, "
        "set SOUNDALIKE_INDEX to an index of your own music.\n"
    ) in cli("doctor")[1]


def test_labels_choose_and_nothing_is_taken_twice(
    files: tuple[Path, Path], tmp_path: Path, cli: Cli
) -> None:
    path, vocabulary = files
    options = ("--labels", vocabulary, "--out", tmp_path / "index")
    status, done = imported(cli, path, path, *options, "--include", "guitar", "--include", "/m/1")
    assert (status, done["entries"], done["chosen"], done["added"]) == (1, 12, 5, 2)
    status, done = imported(cli, path, *options, "--exclude", "Guitar")
    assert (status, done["chosen"], done["added"], done["kept"], done["gone"]) == (0, 2, 1, 1, 1)
    assert done["left_out"] == []


def test_as_many_generations_are_kept_as_are_wished(
    files: tuple[Path, Path], tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, vocabulary = files
    index = tmp_path / "index"
    monkeypatch.setenv("SOUNDALIKE_KEEP", "1")
    wishes = [(), ("--exclude", "Guitar")] * 2
    for number, wished in enumerate(wishes):
        more = ("--keep", 3) if number == len(wishes) - 1 else ()
        imported(cli, path, "--labels", vocabulary, *wished, "--out", index, *more)
        expected = 3 if more else min(number + 1, 2)
        assert len(generations(index)) == expected


def test_damage_is_passed_over_and_wrong_files_are_sentences(
    files: tuple[Path, Path], tmp_path: Path, cli: Cli
) -> None:
    path, vocabulary = files
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    page = tmp_path / "page.tfrecord"
    page.write_text("<html>no such file</html>")
    out = ("--out", tmp_path / "index")
    status, done = imported(cli, path, page, *out)
    assert (status, done["damaged"], done["tracks"]) == (1, 2, 2)
    problems = {
        (page,): "not one track",
        (tmp_path / "absent",): "No such file",
        (tmp_path,): "Is a directory",
        (path, "--labels", page): "is not the vocabulary of YouTube-8M",
        (path, "--labels", tmp_path / "absent"): "is not the vocabulary of YouTube-8M",
        (path, "--labels", vocabulary, "--include", "Gitar"): "“Guitar” is meant",
        (path, "--include", "Guitar"): "no label “Guitar”",
    }
    for arguments, words in problems.items():
        status, _, err = cli("index", "youtube8m", *arguments, "--out", tmp_path / "other")
        assert status == 2
        assert words in err
    assert not any(label.name == "" for label in read_vocabulary(vocabulary).labels.values())


@given(junk=st.binary(max_size=30), at=st.integers(0, 60))
def test_a_damaged_record_is_read_or_told_of(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, at: int
) -> None:
    record = field(1, entry("id", strings(b"abcd")) + entry("mean_audio", floats(1.0, 2.0)))
    path = tmp_path_factory.mktemp("damaged") / "a.tfrecord"
    path.write_bytes(framed(record[:at] + junk + record[at:]))
    damaged: list[str] = []
    found = list(read_videos(path, lambda _at, why: damaged.append(why)))
    assert len(found) + len(damaged) == 1
