"""A model is installed whole and under the right name, or the models folder stays as it was."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from models.card import ModelCard, check_file
from models.cards import load_card
from models.types import ModelError
from tests.tools.convert.making import noise, random_variables, some_patches, write_checkpoint
from tests.tools.install.making import (
    NARROW,
    contents,
    copy_as_int8,
    installed,
    plan_of,
    release_of,
    torch_release,
    write_sources,
)
from tools.install.cards import describe
from tools.install.findings import Outcome
from tools.install.folder import add_file, holding
from tools.install.install import ROOM, STAGES
from tools.install.release import OFFICIAL, Release, Spread
from tools.install.sources import Sources
from tools.install.verify import verify_model
from tools.quantize.asking import Sounds
from tools.quantize.errand import quantise_new
from tools.quantize.sounds import Sound
from tools.quantize.telling import Tell

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    return write_sources(tmp_path_factory.mktemp("published"))


@pytest.fixture(scope="module")
def release(sources: Sources) -> Release:
    return release_of(sources)


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    return tmp_path / "home" / "models"


def test_the_published_files_become_vggish(
    models_dir: Path, sources: Sources, release: Release
) -> None:
    told: list[tuple[str, int, int]] = []
    plan = plan_of(release, quantise=copy_as_int8, tell=lambda *words: told.append(words))
    done = installed(models_dir, sources, plan)
    assert told == [(stage, end, 1) for stage in STAGES for end in (0, 1)]
    assert done.notes == ()
    card = done.card
    assert card == load_card("vggish", models_dir)
    assert card.verified
    assert (card.space, card.output, card.clip, card.dim) == ("vggish-pca", "pca", 2.0, 128)
    assert (card.licence, card.version) == ("Apache-2.0", "1")
    assert [(file.precision, file.overlap) for file in card.files] == [
        ("fp16", None),
        ("int8", 0.97),
    ]
    for file in card.files:
        assert re.fullmatch(rf"vggish-{file.precision}-{file.sha512[:8]}\.onnx", file.path.name)
    names = {file.path.name for file in card.files} | {"vggish.toml"}
    assert set(contents(models_dir)) == names
    assert all(finding.outcome is not Outcome.FAILED for finding in verify_model(card, release))


def test_the_card_centres_on_the_music_of_audioset(
    models_dir: Path, sources: Sources, release: Release
) -> None:
    card = installed(models_dir, sources, plan_of(release)).card
    template = tomllib.loads((PROJECT / "tools/install/vggish.toml").read_text())
    assert card.mean == tuple(template["mean"])
    written = tomllib.loads((models_dir / "vggish.toml").read_text())
    assert "CC BY 4.0" in written["mean_of"]
    assert written["checkpoint_sha512"] == release.checkpoint.sha512
    assert "genres of AudioSet" in written["calibration"]["reference"]
    assert card.match(0.8751) == pytest.approx(0.7588)


def test_other_weights_are_not_vggish(models_dir: Path, tmp_path: Path, release: Release) -> None:
    others = write_sources(tmp_path / "others", seed=2)
    with pytest.raises(ModelError, match="not the published checkpoint") as caught:
        installed(models_dir, others, plan_of(release))
    assert "--name" in caught.value.fix
    assert contents(models_dir) == {}


def test_another_whitening_is_not_vggish(
    models_dir: Path, tmp_path: Path, sources: Sources, release: Release
) -> None:
    with np.load(sources.pca) as arrays:
        np.savez(tmp_path / "other.npz", **{name: arrays[name] * 1.01 for name in arrays})
    others = Sources(sources.checkpoint, tmp_path / "other.npz")
    with pytest.raises(ModelError, match="not the published PCA"):
        installed(models_dir, others, plan_of(release))
    card = installed(models_dir, others, plan_of(release, "mine")).card
    assert not card.verified


def test_other_weights_have_a_name_a_space_and_a_mean_of_their_own(
    models_dir: Path, tmp_path: Path, release: Release
) -> None:
    others = write_sources(tmp_path / "others", seed=2)
    done = installed(models_dir, others, plan_of(release, "mine"))
    card = done.card
    assert (card.name, card.verified) == ("mine", False)
    assert re.fullmatch("mine-pca-[0-9a-f]{8}", card.space)
    assert card.licence == "unknown"
    assert card.calibration is None
    assert "not the published checkpoint" in done.notes[0]
    session = onnxruntime.InferenceSession(card.file.path)
    (out,) = session.run(["pca"], {"patches": some_patches()})
    np.testing.assert_allclose(card.mean, np.clip(out, -2, 2).mean(axis=0), atol=2e-6)


def test_other_weights_under_the_same_name_are_another_space(
    models_dir: Path, tmp_path: Path, release: Release
) -> None:
    spaces = [
        installed(models_dir, write_sources(tmp_path / f"{seed}", seed), plan_of(release, "mine"))
        for seed in (2, 3, 2)
    ]
    first, second, third = (done.card.space for done in spaces)
    assert first == third != second


def test_the_published_weights_may_bear_another_name(
    models_dir: Path, sources: Sources, release: Release
) -> None:
    card = installed(models_dir, sources, plan_of(release, "vggish-1")).card
    assert (card.name, card.space, card.verified) == ("vggish-1", "vggish-pca", True)


def test_the_torch_file_is_known_by_its_size_and_how_its_checksum_begins(
    models_dir: Path, sources: Sources, tmp_path: Path
) -> None:
    file = tmp_path / "vggish-10086976.pth"
    # The same network in other bytes; whether it is PyTorch's is nothing to the identity.
    write_checkpoint(file, random_variables(NARROW) | {"global_step": noise((1,), 1)})
    known = torch_release(sources, file)
    others = Sources(file, sources.pca)
    assert installed(models_dir, others, plan_of(known)).card.verified
    for wrong in (replace(known, torch_size=1), replace(known, torch_sha256="00000000")):
        with pytest.raises(ModelError, match="not the published checkpoint"):
            installed(models_dir, others, plan_of(wrong))


@pytest.mark.parametrize("which", ["embedding", "codes"])
@pytest.mark.parametrize("moved", ["mean", "std"])
def test_weights_with_another_answer_to_the_smoke_test_are_not_vggish(
    models_dir: Path, sources: Sources, release: Release, which: str, moved: str
) -> None:
    spread: Spread = getattr(release.figures, which)
    wrong = spread._replace(**{moved: getattr(spread, moved) * 1.2})
    other = replace(release, figures=release.figures._replace(**{which: wrong}))
    with pytest.raises(ModelError, match="smoke test has not the published answer"):
        installed(models_dir, sources, plan_of(other))
    assert contents(models_dir) == {}
    done = installed(models_dir, sources, plan_of(other, "mine"))
    assert not done.card.verified
    assert done.card.space.startswith("mine-pca-")
    near = spread._replace(**{moved: getattr(spread, moved) * 1.05})
    same = replace(release, figures=release.figures._replace(**{which: near}))
    assert installed(models_dir, sources, plan_of(same)).card.verified


def test_an_int8_file_that_finds_too_little_is_left_out(
    models_dir: Path, sources: Sources, release: Release
) -> None:
    def poor(card: ModelCard, out: Path, tell: Tell) -> float:
        copy_as_int8(card, out, tell)
        return 0.94

    done = installed(models_dir, sources, plan_of(release, quantise=poor))
    assert [file.precision for file in done.card.files] == ["fp16"]
    assert "it finds 94% only" in done.notes[0]


def test_a_real_int8_file_passes_its_checks(
    models_dir: Path, sources: Sources, release: Release
) -> None:
    rng = np.random.default_rng(4)
    # Noise of another colour each: the ten nearest of twenty-four.
    colours = [np.cumsum(rng.standard_normal(40_000)) * 0.01 for _ in range(24)]
    noises = [
        Sound(f"{number}", np.tanh(sound * (1 + number / 9)).astype(np.float32))
        for number, sound in enumerate(colours)
    ]
    reports = []

    def quantise(card: ModelCard, out: Path, tell: Tell) -> float:
        reports.append(quantise_new(card, out, Sounds(noises, "24 noises"), tell))
        return 0.99

    sizes: list[int] = []

    def weigh(*_: object) -> None:
        sizes.append(sum(path.stat().st_size for path in models_dir.rglob("*") if path.is_file()))

    done = installed(models_dir, sources, plan_of(release, quantise=quantise, tell=weigh))
    assert done.notes == ()
    # What is asked of the disk is what it takes, and not much more.
    assert ROOM - 1 < max(sizes) / sources.checkpoint.stat().st_size < ROOM
    first, second = done.card.files
    assert (second.precision, second.overlap) == ("int8", 0.99)
    assert second.size < 0.8 * first.size
    assert reports[0].cosine.median > 0.98
    assert all(
        finding.outcome is not Outcome.FAILED for finding in verify_model(done.card, release)
    )


def test_an_int8_file_that_answers_otherwise_is_left_out(
    models_dir: Path, tmp_path: Path, sources: Sources, release: Release
) -> None:
    other = installed(tmp_path / "other", write_sources(tmp_path, seed=2), plan_of(release, "mine"))

    def wrong(card: object, out: Path, tell: object) -> float:
        out.write_bytes(other.card.file.path.read_bytes())
        return 1.0

    done = installed(models_dir, sources, plan_of(release, quantise=wrong))
    assert [file.precision for file in done.card.files] == ["fp16"]
    assert "int8 file is left out" in done.notes[0]
    assert len(contents(models_dir)) == 2


def test_a_new_version_replaces_the_old_one_whole(models_dir: Path, tmp_path: Path) -> None:
    kept: list[str] = []
    for seed in (3, 4, 5):
        published = write_sources(tmp_path / str(seed), seed)
        card = installed(models_dir, published, plan_of(release_of(published))).card
        # The model before stays for a bot that runs; the one before that is gone.
        kept = [*kept[-1:], card.file.path.name]
        assert set(contents(models_dir)) == {*kept, "vggish.toml"}


def test_a_bot_that_runs_goes_on_with_the_model_it_began_with(
    models_dir: Path, tmp_path: Path
) -> None:
    first, second = (write_sources(tmp_path / str(seed), seed) for seed in (3, 4))
    plan = plan_of(release_of(first), quantise=copy_as_int8)
    begun_with = installed(models_dir, first, plan).card
    installed(models_dir, second, plan_of(release_of(second)))
    with pytest.raises(ModelError):
        installed(models_dir, first, plan_of(release_of(second)))  # removes nothing on its way
    for file in begun_with.files:
        check_file(file)
    # Once more the same: nothing takes its place, and what was kept has had its time.
    card = installed(models_dir, second, plan_of(release_of(second))).card
    assert set(contents(models_dir)) == {card.file.path.name, "vggish.toml"}
    # A file that is quantised anew is kept likewise.
    added = []
    for content in (b"one", b"two", b"three"):
        with holding(models_dir) as staging:
            (staging / "int8.onnx").write_bytes(content)
            added.append(add_file(models_dir, "vggish", describe(staging / "int8.onnx", "int8")))
    assert [file.path.exists() for file in added] == [False, True, True]
    assert load_card("vggish", models_dir).files == (*card.files, added[-1])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("vggish-small", "comes with Soundalike"),
        ("", "no name"),
        ("../vggish", "no name"),
        (".hidden", "no name"),
        ("Mine", "no name"),
        ("mine\n", "no name"),
        ("m" * 65, "no name"),
    ],
)
def test_names_that_cannot_be(
    models_dir: Path, sources: Sources, release: Release, name: str, words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        installed(models_dir, sources, plan_of(release, name))


def test_a_model_that_somebody_else_put_there_is_not_replaced(
    models_dir: Path, sources: Sources, release: Release
) -> None:
    models_dir.mkdir(parents=True)
    (models_dir / "mine.toml").write_text('name = "mine"\n')
    (models_dir / "mine-fp16-12345678.onnx").write_bytes(b"theirs")
    before = contents(models_dir)
    with pytest.raises(ModelError, match="not made by this command"):
        installed(models_dir, sources, plan_of(release, "mine"))
    assert contents(models_dir) == before


def test_a_damaged_file_is_mended(models_dir: Path, sources: Sources, release: Release) -> None:
    card = installed(models_dir, sources, plan_of(release)).card
    whole = card.file.path.read_bytes()
    card.file.path.write_bytes(whole[:-1] + b"!")
    assert installed(models_dir, sources, plan_of(release)).card == card
    assert card.file.path.read_bytes() == whole


def test_a_damaged_card_is_mended(models_dir: Path, sources: Sources, release: Release) -> None:
    card = installed(models_dir, sources, plan_of(release)).card
    (models_dir / "vggish.toml").write_text("no card any more")
    assert installed(models_dir, sources, plan_of(release)).card == card
    assert len(contents(models_dir)) == 2


@pytest.mark.parametrize("moment", [(stage, end) for stage in STAGES for end in (0, 1)])
@pytest.mark.parametrize("there", [False, True])
def test_an_interrupt_leaves_the_old_model_or_the_new_one(
    models_dir: Path,
    tmp_path: Path,
    sources: Sources,
    release: Release,
    moment: tuple[str, int],
    there: bool,
) -> None:
    if there:
        installed(models_dir, sources, plan_of(release))
    before = contents(models_dir)
    published = write_sources(tmp_path / "new", seed=5)

    def stop(stage: str, done: int, _of: int) -> None:
        if (stage, done) == moment:
            raise KeyboardInterrupt

    plan = plan_of(release_of(published), quantise=copy_as_int8, tell=stop)
    with pytest.raises(KeyboardInterrupt):
        installed(models_dir, published, plan)
    if moment == (STAGES[-1], 1):
        names = {file.path.name for file in load_card("vggish", models_dir).files}
        assert set(contents(models_dir)) == {*names, *before, "vggish.toml"}
        assert len(names) == 2
    else:
        assert contents(models_dir) == before


CRASHES = """
import os, signal, sys
from pathlib import Path
from models.card import check_file
from models.cards import load_card
from tests.tools.install.making import copy_as_int8, installed, plan_of, release_of, Sources

models, checkpoint, pca = map(Path, sys.argv[1:])
sources = Sources(checkpoint, pca)
plan = plan_of(release_of(sources), quantise=copy_as_int8)
replace = Path.replace

def crash_at(count):
    # Ends the process, with nothing cleared away, as the so-many-th file is put in its place.
    def counting(path, goal):
        nonlocal count
        count -= 1
        if count == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return replace(path, goal)
    Path.replace = counting

status = -1
count = 0
while status != 0:
    count += 1
    child = os.fork()
    if not child:
        crash_at(count)
        installed(models, sources, plan)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    card = load_card("vggish", models)
    for file in card.files:
        check_file(file)
    print(status, card.files[0].sha512)
"""


def test_a_crash_leaves_the_old_model_or_the_new_one(
    models_dir: Path, tmp_path: Path, sources: Sources, release: Release
) -> None:
    old = installed(models_dir, sources, plan_of(release, quantise=copy_as_int8)).card
    published = write_sources(tmp_path / "new", seed=5)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CRASHES, models_dir, *published],
        # One thread: a process that forks is better off without others.
        env={**os.environ, "PYTHONPATH": str(PROJECT), "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    *crashes, last = [line.split() for line in done.stdout.splitlines()]
    assert len(crashes) > 4
    assert all(crash == [str(int(signal.SIGKILL)), old.file.sha512] for crash in crashes)
    new = load_card("vggish", models_dir)
    assert last == ["0", new.file.sha512]
    assert new != old
    files = {file.path.name for file in (*new.files, *old.files)}
    assert set(contents(models_dir)) == {*files, "vggish.toml"}


def test_one_installer_at_a_time(models_dir: Path, sources: Sources, release: Release) -> None:
    with (
        holding(models_dir),
        pytest.raises(ModelError, match="Another command is at work"),
    ):
        installed(models_dir, sources, plan_of(release))


def damaged(change: Callable[[bytes], bytes]) -> Callable[[Sources, Path], Sources]:
    def make(sources: Sources, folder: Path) -> Sources:
        (folder / "damaged.ckpt").write_bytes(change(sources.checkpoint.read_bytes()))
        return sources._replace(checkpoint=folder / "damaged.ckpt")

    return make


def of_another_model(sources: Sources, folder: Path) -> Sources:
    write_checkpoint(folder / "yamnet.ckpt", {"yamnet/conv1/weights": noise((3, 3, 1, 64), 1)})
    return sources._replace(checkpoint=folder / "yamnet.ckpt")


def wide_pca(sources: Sources, folder: Path) -> Sources:
    path = folder / "wide.npz"
    np.savez(path, pca_eigen_vectors=np.eye(64), pca_means=np.zeros(64))
    return sources._replace(pca=path)


def huge_weights(sources: Sources, folder: Path) -> Sources:
    variables = random_variables(NARROW)
    variables["vggish/fc2/weights"] = variables["vggish/fc2/weights"] * np.float32(1e9)
    return sources._replace(checkpoint=write_checkpoint(folder / "huge.ckpt", variables))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (damaged(lambda data: data[: len(data) // 2]), "no checkpoint that can be read|damaged"),
        (damaged(lambda data: data[:900] + b"\0" * 9 + data[909:]), "damaged"),
        (damaged(lambda _: b""), "cannot be read|damaged|no checkpoint"),
        (of_another_model, "not one of VGGish"),
        (wide_pca, "64 × 64 numbers instead of 128 × 128"),
        (huge_weights, "too large to be stored"),
    ],
)
def test_what_is_not_vggish_is_a_sentence_and_nothing_is_installed(
    models_dir: Path,
    tmp_path: Path,
    sources: Sources,
    release: Release,
    spoil: Callable[[Sources, Path], Sources],
    words: str,
) -> None:
    installed(models_dir, sources, plan_of(release))
    before = contents(models_dir)
    with pytest.raises(ModelError, match=words) as caught:
        installed(models_dir, spoil(sources, tmp_path), plan_of(release, "mine"))
    assert caught.value.fix
    assert contents(models_dir) == before


def test_a_network_that_is_not_sound_is_not_installed(
    models_dir: Path, tmp_path: Path, release: Release
) -> None:
    # A last layer that gives no number below 0, as if it had a ReLU.
    variables = random_variables(NARROW)
    variables["vggish/fc2/weights"] = np.zeros_like(variables["vggish/fc2/weights"])
    variables["vggish/fc2/biases"] = np.ones_like(variables["vggish/fc2/biases"])
    others = write_sources(tmp_path)
    write_checkpoint(others.checkpoint, variables)
    with pytest.raises(ModelError, match="is not sound: lowest number is 1"):
        installed(models_dir, others, plan_of(release, "mine"))
    assert contents(models_dir) == {}


def test_a_disk_without_room_is_seen_beforehand(
    models_dir: Path, tmp_path: Path, sources: Sources, release: Release
) -> None:
    # A file of holes, larger than any disk it may stand on.
    huge = tmp_path / "huge.ckpt"
    with huge.open("wb") as file:
        file.truncate(1 << 43)
    with pytest.raises(ModelError, match="MB are needed"):
        installed(models_dir, sources._replace(checkpoint=huge), plan_of(release, "mine"))


FULL = """
import resource, sys
from pathlib import Path
from tests.tools.install.making import copy_as_int8, installed, plan_of, release_of, Sources
models, checkpoint, pca, limit = sys.argv[1:]
sources = Sources(Path(checkpoint), Path(pca))
plan = plan_of(release_of(sources), quantise=copy_as_int8)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
try:
    installed(Path(models), sources, plan)
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize("limit", [1_000, 100_000])
def test_a_disk_that_fills_up_is_a_sentence(
    models_dir: Path, sources: Sources, release: Release, limit: int
) -> None:
    installed(models_dir, sources, plan_of(release))
    before = contents(models_dir)
    done = subprocess.run(
        [sys.executable, "-c", FULL, models_dir, *sources, str(limit)],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith(f"ModelError The disk that holds {models_dir} is full."), (
        done.stdout + done.stderr
    )
    assert contents(models_dir) == before


def test_a_models_folder_that_cannot_be(tmp_path: Path, sources: Sources) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(ModelError, match="cannot be written to: Not a directory"):
        installed(tmp_path / "home" / "models", sources, plan_of(OFFICIAL))
