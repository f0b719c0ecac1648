"""The bundled model itself: it is the file its card means, and it tells sounds apart."""

from pathlib import Path

import numpy as np
import pytest

from models.card import ModelCard, check_file
from models.cards import load_card
from models.choice import candidates
from models.decode import CLIP_LIMITS, decode
from models.embedder import OnnxEmbedder
from models.frontend import MIN_SAMPLES, SAMPLE_RATE
from models.listen import listen
from models.runtime import Runtime
from models.types import ClipSource, Span

SECONDS = 4


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> ModelCard:
    return load_card("vggish-small", tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module", params=["fp16", "int8"])
def embedder(card: ModelCard, request: pytest.FixtureRequest) -> OnnxEmbedder:
    """Open either file: which one runs is up to the machine."""
    for file in card.files:
        if file.precision == request.param:
            return OnnxEmbedder(Runtime(card, file), threads=1)
    pytest.skip(f"the bundled model has no {request.param} file")


def vector(embedder: OnnxEmbedder, card: ModelCard, samples: np.ndarray) -> np.ndarray:
    padded = np.pad(samples, (0, max(MIN_SAMPLES - len(samples), 0))).astype(np.float32)
    mean = embedder.embed(padded).embeddings.mean(axis=0) - np.array(card.mean, np.float32)
    return mean / np.linalg.norm(mean)


def plucked(hertz: float) -> np.ndarray:
    time = np.arange(SECONDS * SAMPLE_RATE) / SAMPLE_RATE
    since = time % 0.5
    partials = [np.sin(2 * np.pi * hertz * n * time) / n for n in range(1, 8)]
    return 0.3 * np.sum(partials, axis=0) * np.exp(-6 * since)


def hiss(seed: int) -> np.ndarray:
    return 0.2 * np.random.default_rng(seed).standard_normal(SECONDS * SAMPLE_RATE)


def clicks(beats_a_second: float) -> np.ndarray:
    time = np.arange(SECONDS * SAMPLE_RATE) / SAMPLE_RATE
    burst = np.random.default_rng(1).standard_normal(len(time))
    return 0.5 * burst * np.exp(-80 * (time % (1 / beats_a_second)))


def test_the_files_are_small_and_those_its_card_means(card: ModelCard) -> None:
    assert [file.precision for file in card.files][:1] == ["fp16"]
    assert all(check_file(file).stat().st_size < 8_000_000 for file in card.files)
    # Any of them may run here: what one finds, the others find.
    assert candidates(card) == card.files
    assert (card.space, card.dim, card.licence) == ("vggish-small-2", 128, "MIT")


def test_each_sound_lies_nearest_to_its_own_kind(embedder: OnnxEmbedder, card: ModelCard) -> None:
    sounds = [plucked(220), plucked(330), hiss(1), hiss(2), clicks(3), clicks(4)]
    vectors = np.stack([vector(embedder, card, sound) for sound in sounds])
    cosines = vectors @ vectors.T - 2 * np.eye(len(sounds))
    assert cosines.argmax(axis=1).tolist() == [1, 0, 3, 2, 5, 4]


def test_it_finds_the_kind_of_sound_it_never_trained_on(
    embedder: OnnxEmbedder, card: ModelCard, test_data: Path
) -> None:
    clips = sorted((test_data / "esc10").glob("*/[45]-*"))
    labels = np.array([clip.parent.name for clip in clips])
    vectors = []
    for clip in clips:
        source = ClipSource(clip, clip.name)
        audio = decode(source, sample_rate=SAMPLE_RATE, span=Span(), limits=CLIP_LIMITS)
        vectors.append(vector(embedder, card, audio.samples))
    cosines = np.stack(vectors) @ np.stack(vectors).T - 2 * np.eye(len(clips))
    assert len(clips) == 160
    assert np.mean(labels[cosines.argmax(axis=1)] == labels) > 0.85


def test_a_recording_is_the_same_in_every_format(
    embedder: OnnxEmbedder, card: ModelCard, test_data: Path
) -> None:
    files = sorted((test_data / "formats").glob("music.*"))
    assert len(files) == 6
    # One window each: they are ten seconds long.
    vectors = [
        listen(ClipSource(file, file.name), Span(), embedder, card, CLIP_LIMITS).query.windows
        for file in files
    ]
    first = np.stack([windows.vectors[0] for windows in vectors])
    assert (first @ first.T).min() >= 0.98
