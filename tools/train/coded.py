"""Pairs of patches for polishing: the same sound as it was, and after a lossy codec."""

import io
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from models.decode import CLIP_LIMITS, decode
from models.ffmpeg import find_ffmpeg
from models.frontend import (
    BANDS,
    HOP_SAMPLES,
    MIN_SAMPLES,
    PATCH_FRAMES,
    SAMPLE_RATE,
    log_mel,
    patches,
)
from models.types import ClipSource, SettingsError, Span
from models.windows import WINDOW_PATCHES
from tools.train.sources import Recording

SHARD = 40
SECONDS = 10.0
SHARES = {"music": 0.6, "esc10": 0.1, "philharmonia": 0.05, "synthetic": 0.25}
"""How often each kind is drawn: most often music, whose stereo codecs make savings on."""

_TRIES = 20
_SHIFT = round(0.04 * SAMPLE_RATE)
_WINDOW_SAMPLES = MIN_SAMPLES + (WINDOW_PATCHES - 1) * PATCH_FRAMES * HOP_SAMPLES


@dataclass(frozen=True, slots=True)
class Codec:
    """A lossy codec as ffmpeg knows it.

    Attributes
    ----------
    encoder, container : str
        An encoder with its options, and what to put its sound into.
    kilobits : tuple of int
        The bit rates to draw from, in kbit/s.
    share : float
        How often it is drawn.
    """

    encoder: str
    container: str
    kilobits: tuple[int, ...]
    share: float


CODECS = (
    Codec("aac", "matroska", (48, 64, 96, 128, 192, 256), 0.2),
    Codec("aac -aac_coder fast", "matroska", (64, 96, 128, 192), 0.15),
    Codec("aac -aac_coder fast -aac_pns false", "matroska", (48, 64, 96, 128), 0.2),
    Codec("libopus", "ogg", (48, 64, 96, 128), 0.3),
    Codec("libmp3lame", "mp3", (96, 128, 192), 0.08),
    Codec("libvorbis", "ogg", (80, 112, 160), 0.07),
)
"""AAC empties high bands or puts noise in their place, Opus refills bands: both move embeddings.

Older encoders did as much at 256 kbit/s as this one does at 64, so low rates stand in for them.
"""


def make_pairs(
    recordings: Sequence[Recording],
    folder: Path,
    *,
    count: int,
    seed: int,
    jobs: int,
    advance: Callable[[int], None],
) -> NDArray[np.float16]:
    """Draw windows of sound and code them, leaving out the shards that an earlier run has made.

    Parameters
    ----------
    recordings : Sequence of Recording
        Of the training side.
    folder : Path
        Takes the shards; one for each choice of recordings and seed.
    count : int
        How many windows; rounded down to whole shards of 40.
    seed : int
        Each window draws from its own stream of it.
    jobs : int
        Windows to code at once.
    advance : Callable
        Told the number of windows that each finished shard holds.

    Returns
    -------
    NDArray[np.float16]
        Shape (count, 2, 10, 96, 64): the patches of a window, clean and coded.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shards = [folder / f"coded-{shard:03d}.npy" for shard in range(count // SHARD)]
    with ThreadPoolExecutor(jobs) as pool:
        for shard, path in enumerate(shards):
            if not path.exists():
                numbers = range(shard * SHARD, (shard + 1) * SHARD)
                made = pool.map(lambda number: _draw_pair(recordings, [seed, number]), numbers)
                _write(path, np.stack(list(made)))
            advance(SHARD)
    empty = np.empty((0, 2, WINDOW_PATCHES, PATCH_FRAMES, BANDS), np.float16)
    return np.concatenate([empty, *map(np.load, shards)])


def code(wav: bytes, codec: Codec, kilobits: int) -> bytes:
    """Encode a wav file.

    Raises
    ------
    FileNotFoundError
        There is no ffmpeg.
    subprocess.CalledProcessError
        ffmpeg lacks the encoder.
    """
    program = find_ffmpeg()
    if program is None:
        raise FileNotFoundError("There is no ffmpeg to code sound with: install it.")
    options = f"-nostdin -v error -threads 1 -i pipe:0 -c:a {codec.encoder} -b:a {kilobits}k"
    return subprocess.run(  # noqa: S603 (our own program, our own sounds)
        [program, *options.split(), "-f", codec.container, "pipe:1"],
        input=wav,
        check=True,
        capture_output=True,
    ).stdout


def _draw_pair(recordings: Sequence[Recording], seed: list[int]) -> NDArray[np.float16]:
    """Draw a recording, a stretch of it and a codec: the window's patches [2, 10, 96, 64]."""
    rng = np.random.default_rng(seed)
    kinds = [kind for kind in SHARES if any(each.kind == kind for each in recordings)]
    kind = kinds[_choose(rng, [SHARES[kind] for kind in kinds])]
    of_kind = [each for each in recordings if each.kind == kind]
    recording = of_kind[int(rng.integers(len(of_kind)))]
    wav = _stretch(rng, recording.path)
    coded = _code_somehow(rng, wav)
    shift = int(rng.integers(-_SHIFT, _SHIFT + 1))
    pair = [_window(wav, _SHIFT), _window(coded, _SHIFT + shift)]
    return np.stack(pair).astype(np.float16)


def _code_somehow(rng: np.random.Generator, wav: bytes) -> bytes:
    """Code a wav file with a codec that is drawn; again where that one will not take it."""
    for _ in range(_TRIES):
        codec = CODECS[_choose(rng, [each.share for each in CODECS])]
        kilobits = int(rng.choice(codec.kilobits))
        try:
            return code(wav, codec, kilobits)
        except subprocess.CalledProcessError:
            continue  # Vorbis, for one, has no rate this high for a single slow channel.
    raise SettingsError(
        "The sounds cannot be coded: ffmpeg refuses again and again.",
        "Install an ffmpeg that has AAC, Opus, MP3 and Vorbis.",
    )


def _choose(rng: np.random.Generator, shares: Sequence[float]) -> int:
    return int(rng.choice(len(shares), p=np.array(shares) / sum(shares)))


def _stretch(rng: np.random.Generator, path: Path) -> bytes:
    """Read ten seconds anywhere in a file, all channels, as wav; a short one is repeated."""
    with soundfile.SoundFile(path) as file:
        wanted = round(SECONDS * file.samplerate)
        file.seek(int(rng.integers(max(file.frames - wanted, 0) + 1)))
        sound = file.read(wanted, always_2d=True)
        rate = file.samplerate
    sound = np.pad(sound, ((0, wanted - len(sound)), (0, 0)), mode="wrap")
    wav = io.BytesIO()
    soundfile.write(wav, sound * 10 ** (rng.uniform(-12, 0) / 20), rate, format="WAV")
    return wav.getvalue()


def _window(data: bytes, start: int) -> NDArray[np.float32]:
    """Decode a file as a clip is, and cut ten patches [10, 96, 64] from a sample on."""
    source = ClipSource(data, "window")
    sound = decode(source, sample_rate=SAMPLE_RATE, span=Span(), limits=CLIP_LIMITS).samples
    return patches(log_mel(sound[start : start + _WINDOW_SAMPLES]))


def _write(path: Path, pairs: NDArray[np.float16]) -> None:
    unfinished = path.with_suffix(".part.npy")
    np.save(unfinished, pairs)
    unfinished.replace(path)
