"""`soundalike index audioset`: from the archive to neighbours with links, and what is left out."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from index.generations import generations, live_generation
from index.opened import open_index
from models.audioset import dequantise
from models.cards import known_card
from models.metric import project
from models.types import SearchOptions, Track, Windows
from tests.models.tiny import card_text, write_network
from tests.tools.audioset.making import (
    example,
    records,
    segments,
    write_archive,
    write_files,
    write_labels,
)
from tests.tools.conftest import Cli, only_json, write_piece
from tests.tools.tensorflow_files import framed
from tools.audioset.labels import music_of, read_vocabulary
from tools.audioset.records import Segment, read_segments
from tools.importers import job
from tools.install.cards import published_fields

MEAN = np.array(published_fields()["mean"])


class Release(NamedTuple):
    """The files of a release, as arguments."""

    archive: Path
    options: tuple[object, ...]


@pytest.fixture
def release(tmp_path: Path) -> Release:
    """Make a release of three segments that can be used and one that has no embeddings."""
    archive = write_archive(tmp_path / "features.tar.gz", segments())
    labels, ontology = write_labels(tmp_path)
    return Release(archive, ("--labels", labels, "--ontology", ontology, "--out", tmp_path / "as"))


def imported(cli: Cli, release: Release, *more: object) -> tuple[int, dict]:
    status, out, _ = cli("index", "audioset", release.archive, *release.options, *more, "--json")
    return status, only_json(out)


def contents(release: Release) -> dict[str, tuple[Track, Windows]]:
    with open_index(Path(str(release.options[-1]))) as index:
        return {track.id: (track, windows) for track, windows in index.contents()}


def test_a_segment_becomes_a_track(release: Release, cli: Cli) -> None:
    status, done = imported(cli, release)
    assert status == 1
    assert {name: done[name] for name in ("entries", "chosen", "added", "kept", "gone")} == {
        "entries": 4,
        "chosen": 4,
        "added": 3,
        "kept": 0,
        "gone": 0,
    }
    assert (done["tracks"], done["windows"], done["damaged"]) == (3, 3, 0)
    assert (done["model"], done["space"]) == ("vggish", "vggish-pca")
    assert done["left_out"] == [
        {"path": "https://www.youtube.com/watch?v=none&t=30s", "why": "It has no embeddings."}
    ]
    found = contents(release)
    assert set(found) == {"abc@30", "dEf@30", "-hi@30"}
    assert found["-hi@30"][0] == Track(
        id="-hi@30",
        title="Dog, barking · Rock",
        seconds=10,
        labels=("Dog, barking", "Rock"),
        url="https://www.youtube.com/watch?v=-hi&t=30s",
        source="audioset",
    )
    for segment in segments()[:3]:
        centred = dequantise(segment.codes).mean(axis=0, dtype=np.float64) - MEAN
        windows = found[f"{segment.video}@30"][1]
        assert windows.starts.tolist() == [0]
        np.testing.assert_allclose(windows.vectors, [centred / np.linalg.norm(centred)], atol=1e-6)


def test_a_row_of_ten_embeddings_is_a_space_of_its_own(release: Release, cli: Cli) -> None:
    status, done = imported(cli, release, "--pooling", "concat")
    assert (status, done["tracks"], done["space"]) == (1, 1, "vggish-pca-concat")
    why = "It is shorter than 10 embeddings, so they are not put in a row."
    assert sorted(one["why"] for one in done["left_out"]) == ["It has no embeddings.", why, why]
    (_, windows), segment = contents(release)["abc@30"], segments()[0]
    row = (dequantise(segment.codes) - MEAN).ravel()
    np.testing.assert_allclose(windows.vectors, [row / np.linalg.norm(row)], atol=1e-6)
    # What is left out is not looked at again, and still said.
    status, again = imported(cli, release, "--pooling", "concat")
    assert (status, again["kept"], again["added"], len(again["left_out"])) == (1, 1, 0, 3)
    # Vectors of one kind do not take the place of the other's.
    status, out, err = cli("index", "audioset", release.archive, *release.options)
    assert (status, out) == (2, "")
    assert "was made with vggish-concat 1 (vggish-pca-concat)" in err
    assert "--out" in err
    assert list(contents(release)) == ["abc@30"]


def test_labels_choose_and_choose_anew(release: Release, cli: Cli) -> None:
    chosen = {
        ("--music-only",): {"abc@30", "-hi@30"},
        ("--include", "Rock"): {"-hi@30"},
        ("--include", "/m/1", "--exclude", "Rock"): {"dEf@30"},
        ("--exclude", "Music genre"): {"dEf@30"},
        (): {"abc@30", "dEf@30", "-hi@30"},
    }
    known: set[str] = set()
    for options, wanted in chosen.items():
        done = imported(cli, release, *options)[1]
        assert set(contents(release)) == wanted
        assert done["added"] == len(wanted - known)
        assert done["kept"] == len(wanted & known)
        assert done["gone"] == len(known - wanted)
        known = wanted


def test_nothing_is_read_twice_and_changes_are_followed(
    release: Release, cli: Cli, tmp_path: Path
) -> None:
    imported(cli, release)
    status, again = imported(cli, release)
    assert (status, again["added"], again["kept"], again["gone"]) == (1, 0, 3, 0)
    # Another archive adds to it; what both hold counts once, as the first has it.
    later = [segments()[1], Segment("new", (1,), segments(4)[0].codes, 0, 10)]
    more = write_archive(tmp_path / "more.tar.gz", later)
    both = (release.archive, more)
    out = cli("index", "audioset", *both, *release.options, "--json")[1]
    assert {key: only_json(out)[key] for key in ("entries", "chosen", "added", "kept")} == {
        "entries": 6,
        "chosen": 5,
        "added": 1,
        "kept": 3,
    }
    assert imported(cli, Release(more, release.options))[1]["tracks"] == 4
    # Labels in other words are another title of the same track.
    labels = Path(str(release.options[1]))
    labels.write_text(labels.read_text().replace("Rock", "Loud music"))
    done = imported(cli, release)[1]
    assert (done["added"], done["kept"], done["tracks"]) == (1, 2, 4)
    assert contents(release)["-hi@30"][0].title == "Dog, barking · Loud music"


def test_damaged_records_are_passed_over_and_counted(
    release: Release, cli: Cli, tmp_path: Path
) -> None:
    wanted = segments()[:3]
    whole = records(wanted)
    flipped = bytearray(whole)
    flipped[len(whole) // 4] ^= 1
    no_times = framed(example(Segment("odd", (0,), wanted[0].codes, -1, 10)))
    files = {"eval/00.tfrecord": bytes(flipped), "eval/01.tfrecord": no_times + whole[:-2]}
    archive = write_files(tmp_path / "damaged.tar.gz", files)
    status, done = imported(cli, Release(archive, release.options))
    assert (status, done["damaged"], done["entries"], done["tracks"]) == (1, 3, 4, 3)
    last = len(no_times + whole) - len(records(wanted[2:]))
    assert [(one["path"].split(": ")[1], one["why"]) for one in done["left_out"]] == [
        ("eval/00.tfrecord, byte 0", "The checksum of a record in it is wrong."),
        ("eval/01.tfrecord, byte 0", "A time in it makes no sense."),
        (f"eval/01.tfrecord, byte {last:,}", "A record in it is cut off."),
    ]
    _, out, _ = cli("index", "audioset", archive, *release.options)
    assert re.search(r"^Left out: The checksum of a record in it is wrong\.$", out, re.MULTILINE)
    assert "4 of 4 segments chosen" not in out
    assert "3 of 4 segments chosen, 0 new, 3 known before, 3 left out" in out


def test_many_that_are_left_out_are_counted_on_the_screen(
    release: Release, cli: Cli, tmp_path: Path
) -> None:
    codes = segments()[0].codes
    many = [Segment(f"short{number}", (0,), codes[:0], number, 9) for number in range(25)]
    archive = write_archive(tmp_path / "short.tar.gz", [*segments(), *many])
    out = cli("index", "audioset", archive, *release.options)[1]
    assert len(re.findall(r"^  https://", out, re.MULTILINE)) == 10
    assert "\n  and 16 more\n" in out
    assert len(imported(cli, Release(archive, release.options))[1]["left_out"]) == 26


def test_an_archive_that_is_cut_off_keeps_what_was_read(
    release: Release, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "_BATCH", 1)
    noise = np.random.default_rng(1).bytes(1_000_000)
    files = {"eval/00.tfrecord": records(segments()), "eval/01.other": noise}
    whole = write_files(release.archive, files).read_bytes()
    release.archive.write_bytes(whole[:-200_000])
    status, out, err = cli("index", "audioset", release.archive, *release.options)
    assert (status, out) == (2, "")
    assert "features.tar.gz is no archive of AudioSet's embeddings, or is damaged: " in err
    release.archive.write_bytes(whole)
    status, done = imported(cli, release)
    assert (done["added"], done["kept"], done["tracks"]) == (0, 3, 3)


def test_an_import_that_is_stopped_goes_on(
    release: Release, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "_BATCH", 1)

    def stopped(*arguments: object, **options: object) -> object:
        for count, segment in enumerate(read_segments(release.archive)):
            if count == 2:
                raise KeyboardInterrupt
            yield segment

    with monkeypatch.context() as patch:
        patch.setattr("tools.importers.audioset.read_segments", stopped)
        status, _, err = cli("index", "audioset", release.archive, *release.options)
        assert status == 130
        assert "what was done is kept" in err
    # It was another choice then: what is not chosen now is not published.
    status, done = imported(cli, release, "--exclude", "Dog, barking")
    assert (done["added"], done["kept"], done["gone"], done["tracks"]) == (0, 1, 1, 1)


def test_what_cannot_be_done_is_a_sentence(release: Release, cli: Cli, tmp_path: Path) -> None:
    labels, out = release.options[:2], release.options[-2:]
    empty = write_archive(tmp_path / "empty.tar.gz", [segments()[3]])
    problems = {
        (release.archive, *labels, "--music-only", *out): "Add --ontology",
        (release.archive, *labels, "--include", "Jazz", *out): "no label “Jazz”",
        (release.archive, *labels, "--include", "Rock", "--exclude", "Rock", *out): (
            "None of the 4 entries has labels that were chosen"
        ),
        (tmp_path / "absent.tar.gz", *labels, *out): "No such file",
        (tmp_path, *labels, *out): "Is a directory",
        (empty, *labels, *out): "not one track",
    }
    for arguments, words in problems.items():
        status, shown, err = cli("index", "audioset", *arguments)
        assert status == 2
        assert words in err
        assert "Traceback" not in err + shown
        error = only_json(cli("index", "audioset", *arguments, "--json")[1])
        assert words in f"{error['error']} {error['fix']}"
    with pytest.raises(Exception, match="no index"):
        contents(release)


def test_a_track_asks_with_no_model_here(release: Release, home: Path, cli: Cli) -> None:
    imported(cli, release)
    index = release.options[-1]
    status, out, _ = cli("ask", "track:-hi@30", "--index", index, "--json")
    answer = only_json(out)
    assert (status, answer["is"]["track"], answer["clip"]["model"]) == (0, "-hi@30", "vggish")
    assert {result["track"] for result in answer["results"]} == {"abc@30", "dEf@30"}
    assert all(result["at"] == 0 and result["match"] is None for result in answer["results"])
    assert cli("ask", "track:dEf@", "--index", index)[0] == 0
    # A clip needs the model, and is told so.
    status, _, err = cli("ask", release.archive, "--index", index)
    assert status == 2
    assert (
        "Fetch it (`soundalike model fetch vggish`) and add `--model vggish`; "
        "or ask with a track of it: `track:ID`."
    ) in err
    install_vggish(home, MEAN)
    err = cli("ask", release.archive, "--index", index)[2]
    assert "\nAdd `--model vggish`; or ask with a track" in err


@pytest.mark.parametrize(
    ("more", "advice"),
    [
        (
            ("--metric", "genre"),
            "Fetch it (`soundalike model fetch vggish`) and add `--model vggish-genre`",
        ),
        (("--pooling", "concat"), "\nAsk with a track of it: `track:ID`."),
    ],
)
def test_a_clip_is_told_what_it_takes_to_ask(
    release: Release, cli: Cli, more: tuple[str, str], advice: str
) -> None:
    imported(cli, release, *more)
    assert advice in cli("ask", release.archive, "--index", release.options[-1])[2]


def test_the_doctor_names_the_command_that_made_it(
    release: Release, cli: Cli, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_index() -> str:
        checks = only_json(cli("doctor", "--json")[1])["checks"]
        (check,) = (check for check in checks if check["what"] == "index")
        assert check["state"] == "bad"
        return str(check["fix"])

    imported(cli, release)
    index = Path(str(release.options[-1]))
    monkeypatch.setenv("SOUNDALIKE_INDEX", str(index))
    assert of_index() == (
        "`soundalike index audioset` made it, so listen with the model that can ask it: "
        "`soundalike model fetch vggish`, then SOUNDALIKE_MODEL=vggish. "
        "Or set SOUNDALIKE_INDEX to an index of your own music."
    )
    install_vggish(home, MEAN)
    assert "can ask it: SOUNDALIKE_MODEL=vggish. Or" in of_index()
    (live_generation(index) / "windows.f32").write_bytes(b"short")
    assert of_index().startswith("Build the index again with `soundalike index audioset`, go")
    assert "again with `soundalike index audioset`, go" in cli("index", "verify", index)[1]
    # Of two kinds, it takes both commands.
    shutil.rmtree(index)
    write_piece(tmp_path / "music" / "piece.wav", 3_000, seed=2)
    cli("index", "build", tmp_path / "music", "--model", "vggish", "--out", index)
    imported(cli, release)
    (live_generation(index) / "windows.f32").write_bytes(b"short")
    assert "with `soundalike index build` and `soundalike index audioset`, go" in of_index()
    (index / "current").write_text("generation-000077")
    for folder in generations(index):
        (folder / "manifest.json").write_bytes(b"{")
    assert "again with `soundalike index build`, go" in of_index()


def install_vggish(home: Path, mean: np.ndarray) -> None:
    """Put something in the place of VGGish that makes 128 numbers."""
    folder = home / "models"
    folder.mkdir(parents=True)
    write_network(folder / "vggish.onnx", dim=128)
    text = card_text(
        folder / "vggish.onnx",
        name='"vggish"',
        embedding_space='"vggish-pca"',
        dim="128",
        mean=str(mean.tolist()),
    )
    (folder / "vggish.toml").write_text(text)


def test_clips_ask_where_vggish_is_installed(
    release: Release, cli: Cli, home: Path, tmp_path: Path
) -> None:
    imported(cli, release)
    install_vggish(home, MEAN)
    # Music that it hears joins the same index, and neither loses the other.
    index, music = release.options[-1], tmp_path / "music"
    write_piece(music / "piece.wav", 3_000, seed=2)
    built = cli("index", "build", music, "--model", "vggish", "--out", index, "--json")
    assert (built[0], only_json(built[1])["tracks"]) == (0, 4)
    assert imported(cli, release)[1]["tracks"] == 4
    write_piece(tmp_path / "clip.wav", 300, seed=1)
    status, out, err = cli(
        "ask", tmp_path / "clip.wav", "--model", "vggish", "--index", index, "--json"
    )
    assert status == 0
    titles = {result["title"] for result in only_json(out)["results"]}
    assert titles == {"Music", "Dog, barking", "Dog, barking · Rock", "piece"}
    assert "vggish in uint8 and fp32, and fp32 listens" not in err


def test_a_metric_makes_a_space_of_its_own_without_vggish_here(
    release: Release, cli: Cli, home: Path
) -> None:
    status, done = imported(cli, release, "--metric", "genre")
    assert (status, done["tracks"]) == (1, 3)
    assert (done["model"], done["space"]) == ("vggish-genre", "vggish-pca-genre-1")
    found = contents(release)
    metric = known_card("vggish-genre", home / "models").metric
    for segment in segments()[:3]:
        centred = dequantise(segment.codes).mean(axis=0, dtype=np.float64) - MEAN
        unit = (centred / np.linalg.norm(centred)).astype(np.float32)[np.newaxis]
        wanted = project(Windows(unit, np.zeros(1, np.float32)), metric).vectors
        np.testing.assert_allclose(found[f"{segment.video}@30"][1].vectors, wanted, atol=1e-5)
    status, out, _ = cli("ask", "track:-hi@30", "--index", release.options[-1], "--json")
    answer = only_json(out)
    assert (status, answer["clip"]["model"]) == (0, "vggish-genre")
    assert {result["track"] for result in answer["results"]} == {"abc@30", "dEf@30"}
    assert all(0 < result["match"] < 1 for result in answer["results"])
    # Vectors without the metric do not join it, and it is not put over rows.
    status, _, err = cli("index", "audioset", release.archive, *release.options)
    assert status == 2
    assert "was made with vggish-genre 1 (vggish-pca-genre-1)" in err
    rows = ("--metric", "genre", "--pooling", "concat")
    status, _, err = cli("index", "audioset", release.archive, *release.options, *rows)
    assert status == 2
    assert "leave out --pooling" in err


def test_clips_ask_through_the_metric_where_vggish_is_installed(
    release: Release, cli: Cli, home: Path, tmp_path: Path
) -> None:
    imported(cli, release, "--metric", "genre")
    index, clip = release.options[-1], tmp_path / "clip.wav"
    write_piece(clip, 300, seed=1)
    ask = ("ask", clip, "--index", index, "--json", "--model")
    status, out, _ = cli(*ask, "vggish-genre")
    assert status == 2
    error = only_json(out)
    assert "vggish-genre listens with vggish" in error["error"]
    assert "soundalike model fetch vggish" in error["fix"]
    assert "wants vggish" in cli("model", "list")[1]
    install_vggish(home, MEAN)
    status, out, _ = cli(*ask, "vggish-genre")
    answer = only_json(out)
    assert (status, answer["clip"]["model"], len(answer["results"])) == (0, "vggish-genre", 3)
    status, out, _ = cli(*ask, "vggish")
    assert status == 2
    assert "--model vggish-genre" in only_json(out)["fix"]
    # What lies below the metric is VGGish's, and is told as such.
    assert "wants vggish" not in cli("model", "list")[1]
    told = only_json(cli("embed", clip, "--model", "vggish-genre", "--json")[1])
    assert (told["model"], told["embedding_space"]) == ("vggish-genre", "vggish-pca")
    parts = only_json(cli("model", "verify", "vggish-genre", "--json")[1])["checks"]
    assert [one["outcome"] for one in parts if one["part"] == "metric"] == ["passed"]
    out = tmp_path / "int8.onnx"
    status, _, err = cli("model", "quantize", "vggish-genre", "--calibrate", clip, "--out", out)
    assert status == 2
    assert "listens with the network of vggish" in err


def test_vectors_centred_on_another_mean_are_refused(
    release: Release, cli: Cli, home: Path
) -> None:
    install_vggish(home, MEAN + 0.01)
    status, _, err = cli("index", "audioset", release.archive, *release.options)
    assert status == 2
    assert "centres its vectors on another mean" in err
    assert "model fetch vggish --again" in err
    shutil.rmtree(home / "models")
    assert imported(cli, release)[0] == 1


@pytest.mark.timeout(900)
def test_the_release_has_the_published_counts(test_data: Path, tmp_path: Path, cli: Cli) -> None:
    place = test_data / "audioset"
    files = (place / "class_labels_indices.csv", place / "ontology.json")
    out = tmp_path / "as"
    options = ("--labels", files[0], "--ontology", files[1], "--music-only", "--out", out)
    release = Release(place / "features.tar.gz", options)
    status, done = imported(cli, release)
    assert (status, done["left_out"]) == (0, [])
    assert (done["entries"], done["chosen"], done["tracks"]) == (42_531, 16_684, 16_684)
    found = contents(release)
    alone, tree = read_vocabulary(files[0]), read_vocabulary(*files)
    wanted = {
        "Music": alone.find("Music"),
        "any music": tree.find("Music"),
        "genre": tree.find("Music genre"),
        "instrument": tree.find("Musical instrument"),
    }
    names = {key: {alone.labels[index].name for index in ids} for key, ids in wanted.items()}
    counts = Counter(
        key
        for track, _ in found.values()
        for key, ones in names.items()
        if not ones.isdisjoint(track.labels)
    )
    assert counts == {"Music": 11_939, "any music": 16_684, "genre": 4_538, "instrument": 6_774}
    assert music_of(tree) == wanted["any music"]
    for track, windows in found.values():
        video, start = track.id.rsplit("@", 1)
        second = int(float(start))
        assert track.url == f"https://www.youtube.com/watch?v={video}&t={second}s"
        assert re.fullmatch(r"[\w-]{11}", video)
        assert len(windows) == 1
        assert track.title
        assert 0 < track.seconds <= 10
    # Most of what a banjo finds is plucked, too.
    with open_index(out) as index:
        query = index.query_of(index.find("BWvKAcOV_co"))
        answer = index.search(query, SearchOptions(10)).results
    plucked = {"Banjo", "Mandolin", "Guitar", "Acoustic guitar", "Bluegrass", "Folk music"}
    assert sum(not plucked.isdisjoint(one.track.labels) for one in answer) >= 5
