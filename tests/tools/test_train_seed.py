"""A seed makes one model: from sounds to weights, twice over and with a stop on the way."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

torch = pytest.importorskip("torch", reason="training needs the `train` extra")
pytest.importorskip("ai_edge_litert", reason="training needs the `train` extra")

from tools.train import fit, targets, teacher  # noqa: E402 (after the check for the extra)
from tools.train.components import Components, principal_components  # noqa: E402
from tools.train.sound import SoundStore  # noqa: E402
from tools.train.sources import Recording  # noqa: E402
from tools.train.student import DIM, HALF_WIDTHS  # noqa: E402

RATE = 16_000
COUNT = 160


class StoppedError(Exception):
    pass


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Train on few patches, drawn in this process, by a teacher that is quick."""
    monkeypatch.setattr(teacher, "DIM", DIM + 32)
    mix = np.random.default_rng(5).standard_normal((64, teacher.DIM)).astype(np.float32)
    monkeypatch.setattr(targets, "SHARD", COUNT // 2)
    monkeypatch.setattr(targets, "_in_parallel", lambda work, items, jobs: map(work, items))
    monkeypatch.setattr(teacher, "load_teacher", lambda path: mix)
    monkeypatch.setattr(teacher, "teach", lambda mix, heard: heard.mean(axis=1) @ mix)
    monkeypatch.setattr(fit, "BATCH", 16)
    monkeypatch.setattr(fit, "_CHECKPOINT_SECONDS", 0.0)
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """Decode a few sounds of every kind into a store."""
    rng, recordings = np.random.default_rng(1), []
    for number, kind in enumerate(("music", "music", "esc10", "philharmonia", "synthetic")):
        time = np.arange(3 * RATE) / RATE
        sound = np.sin(2 * np.pi * 150 * 2**number * time) + 0.3 * rng.standard_normal(len(time))
        path = tmp_path / "audio" / kind / f"{number}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, 0.3 * sound, RATE)
        recordings.append(Recording(path, kind, kind, test=False))
    SoundStore.build(tmp_path / "sounds", recordings, range(len(recordings)))
    return tmp_path / "sounds"


def draw(sounds: Path, folder: Path, seed: int = 1) -> targets.Targets:
    return targets.make_targets(
        sounds,
        folder,
        Path("unused"),
        count=COUNT,
        seed=seed,
        jobs=1,
        advance=lambda count: None,
    )


def train(
    sounds: Path,
    folder: Path,
    *,
    seed: int = 1,
    report: Callable[[fit.Progress, float], None] = lambda progress, share: None,
) -> dict[str, np.ndarray]:
    """Go the whole way from sounds to weights, going on from what is in the folder."""
    drawn = draw(sounds, folder, seed)
    stored = folder / "components.npz"
    principal_components(drawn.teacher, DIM).save(stored)
    student, _ = fit.fit(
        drawn,
        Components.load(stored),
        SoundStore(sounds).groups()[drawn.recordings],
        recipe=fit.Recipe(HALF_WIDTHS, seed=seed),
        length=fit.Length(1.0),
        checkpoint=folder / "student.pt",
        report=report,
    )
    return {name: values.numpy() for name, values in student.state_dict().items()}


@pytest.mark.usefixtures("little")
def test_the_same_seed_draws_the_same_patches(sounds: Path, tmp_path: Path) -> None:
    one, two, other = (
        draw(sounds, tmp_path / name, seed) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert np.ptp(one.patches.astype(np.float32)) > 1
    np.testing.assert_array_equal(one.patches, two.patches)
    np.testing.assert_array_equal(one.teacher, two.teacher)
    np.testing.assert_array_equal(one.recordings, two.recordings)
    assert not np.array_equal(one.patches, other.patches)
    assert len(set(one.recordings)) == 5


@pytest.mark.usefixtures("little")
def test_the_same_seed_gives_the_same_weights(sounds: Path, tmp_path: Path) -> None:
    one, two, other = (
        train(sounds, tmp_path / name, seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    for name, values in one.items():
        np.testing.assert_array_equal(values, two[name], err_msg=name)
    assert any(not np.array_equal(values, other[name]) for name, values in one.items())


@pytest.mark.usefixtures("little")
def test_a_stop_on_the_way_changes_no_weight(sounds: Path, tmp_path: Path) -> None:
    def stop(progress: fit.Progress, _share: float) -> None:
        if progress.step == 5:
            raise StoppedError

    whole = train(sounds, tmp_path / "whole")
    with pytest.raises(StoppedError):
        train(sounds, tmp_path / "halves", report=stop)
    halves = train(sounds, tmp_path / "halves")
    assert int(halves["1.num_batches_tracked"]) == COUNT // fit.BATCH
    for name, values in whole.items():
        np.testing.assert_array_equal(values, halves[name], err_msg=name)
