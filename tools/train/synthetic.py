"""Pieces in many instruments, written as MIDI and rendered by FluidSynth."""

import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np

from tools.train.sources import Recording

SOUND_FONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
KINDS = ("notes", "solo", "band", "drums")
SECONDS = 20.0
RATE = 32_000

_TICKS = 480
_DRUM_CHANNEL = 9
_SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 7, 9), (0, 3, 5, 6, 7, 10))
# General MIDI programs that are effects rather than instruments begin here.
_EFFECTS = 120


class Score:
    """Notes and programs on 16 channels, in ticks of 1/480 of a beat.

    Parameters
    ----------
    tempo : float
        Beats a minute.
    """

    def __init__(self, tempo: float) -> None:
        self.tempo = tempo
        self._events: list[tuple[int, bytes]] = []

    def program(self, channel: int, number: int) -> None:
        """Choose the General MIDI program, 0–127, of a channel."""
        self._events.append((0, bytes([0xC0 | channel, number])))

    def note(self, channel: int, pitch: int, velocity: int, beat: float, beats: float) -> None:
        """Add a note: pitch and velocity 0–127, start and length in beats."""
        pitch, velocity = min(max(pitch, 0), 127), min(max(velocity, 1), 127)
        start, end = round(beat * _TICKS), round((beat + beats) * _TICKS)
        self._events.append((start, bytes([0x90 | channel, pitch, velocity])))
        self._events.append((max(end, start + 1), bytes([0x80 | channel, pitch, 0])))

    def to_midi(self) -> bytes:
        """Return the score as a standard MIDI file of one track."""
        microseconds = round(60e6 / self.tempo)
        body = bytearray(b"\x00\xff\x51\x03" + microseconds.to_bytes(3, "big"))
        now = 0
        for tick, message in sorted(self._events, key=lambda event: event[0]):
            body += variable_length(tick - now) + message
            now = tick
        body += b"\x00\xff\x2f\x00"
        header = b"MThd" + struct.pack(">IHHH", 6, 0, 1, _TICKS)
        return header + b"MTrk" + struct.pack(">I", len(body)) + bytes(body)


def variable_length(value: int) -> bytes:
    """Write a number as MIDI's variable-length quantity."""
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(0x80 | (value & 0x7F))
    return bytes(reversed(out))


def compose(seed: int) -> Score:
    """Compose one piece of about 20 s; its kind, key, tempo and instruments follow the seed."""
    rng = np.random.default_rng(seed)
    score = Score(float(rng.uniform(60, 170)))
    beats = SECONDS * score.tempo / 60
    kind = KINDS[seed % len(KINDS)]
    scale = np.array(_SCALES[rng.integers(len(_SCALES))])
    key = int(rng.integers(12))
    if kind == "notes":
        _single_notes(score, rng, beats)
    if kind == "solo":
        _melody(score, rng, beats, key, scale)
    if kind == "band":
        _melody(score, rng, beats, key, scale)
        _chords(score, rng, beats, key, scale)
    if kind == "drums" or (kind == "band" and rng.random() < 0.7):
        _drums(score, rng, beats)
    return score


def render(folder: Path, count: int) -> tuple[Recording, ...]:
    """Render pieces to FLAC files that are not there yet.

    Parameters
    ----------
    folder : Path
        Where the files lie.
    count : int
        How many pieces; piece ``i`` is always the same.

    Returns
    -------
    tuple of Recording
        Empty where FluidSynth or its General MIDI sound font is not installed.
    """
    program = shutil.which("fluidsynth")
    if program is None or not SOUND_FONT.exists():
        return ()
    folder.mkdir(parents=True, exist_ok=True)
    recordings = []
    for seed in range(count):
        path = folder / f"{KINDS[seed % len(KINDS)]}-{seed:04d}.flac"
        if not path.exists():
            _render_one(program, compose(seed), path)
        recordings.append(Recording(path, "synthetic", "synthetic", test=False))
    return tuple(recordings)


def _render_one(program: str, score: Score, path: Path) -> None:
    midi = path.with_suffix(".mid")
    midi.write_bytes(score.to_midi())
    unfinished = path.with_suffix(".part")
    options = ["-ni", "-q", "-r", str(RATE), "-g", "0.6", "-T", "flac", "-O", "s16"]
    options += ["-o", "synth.dynamic-sample-loading=1", "-F", str(unfinished)]
    subprocess.run(  # noqa: S603 (our own program, our own files)
        [program, *options, str(SOUND_FONT), str(midi)], check=True, capture_output=True
    )
    unfinished.replace(path)
    midi.unlink()


def _single_notes(score: Score, rng: np.random.Generator, beats: float) -> None:
    score.program(0, int(rng.integers(128)))
    pitch = int(rng.integers(36, 84))
    beat = 0.0
    while beat < beats:
        length = float(rng.choice([0.5, 1, 2, 4]))
        score.note(0, pitch, int(rng.integers(40, 127)), beat, length)
        pitch = int(np.clip(pitch + rng.integers(-5, 6), 28, 96))
        beat += length * float(rng.uniform(1, 1.5))


def _melody(
    score: Score, rng: np.random.Generator, beats: float, key: int, scale: np.ndarray
) -> None:
    score.program(0, int(rng.integers(_EFFECTS)))
    octave = 12 * int(rng.integers(3, 7))
    rhythm = rng.choice([0.25, 0.5, 0.5, 1, 1.5, 2], size=8)
    step, beat, place = 0, 0.0, 0
    while beat < beats:
        length = float(rhythm[place % len(rhythm)])
        if rng.random() < 0.88:
            turn, degree = divmod(step, len(scale))
            pitch = octave + key + 12 * turn + int(scale[degree])
            score.note(0, pitch, int(rng.integers(60, 120)), beat, length * rng.uniform(0.5, 1.1))
        step = int(np.clip(step + rng.integers(-3, 4), -len(scale), 2 * len(scale)))
        beat += length
        place += 1


def _chords(
    score: Score, rng: np.random.Generator, beats: float, key: int, scale: np.ndarray
) -> None:
    score.program(1, int(rng.integers(_EFFECTS)))
    score.program(2, int(rng.integers(32, 40)))
    roots = rng.integers(len(scale), size=4)
    broken = rng.random() < 0.4
    velocity = int(rng.integers(45, 95))
    for bar in range(int(beats // 4) + 1):
        root = int(roots[bar % len(roots)])
        for voice in range(3):
            turn, degree = divmod(root + 2 * voice, len(scale))
            pitch = 48 + key + 12 * turn + int(scale[degree])
            starts = np.arange(voice * 0.5, 4, 1.5) if broken else np.array([0.0])
            for start in starts:
                score.note(1, pitch, velocity, 4 * bar + float(start), 1.0 if broken else 3.8)
        for start in range(0, 4, int(rng.choice([1, 2]))):
            score.note(2, 36 + key + int(scale[root]), 85, 4 * bar + start, 0.9)


def _drums(score: Score, rng: np.random.Generator, beats: float) -> None:
    score.program(_DRUM_CHANNEL, int(rng.choice([0, 8, 16, 24, 25, 32, 40, 48])))
    drums = rng.choice(np.arange(35, 82), size=int(rng.integers(2, 7)), replace=False)
    pattern = rng.random((len(drums), 16)) < rng.uniform(0.1, 0.45, size=(len(drums), 1))
    for sixteenth in range(int(beats * 4)):
        for drum, hits in zip(drums, pattern, strict=True):
            if hits[sixteenth % 16]:
                velocity = int(rng.integers(60, 120))
                score.note(_DRUM_CHANNEL, int(drum), velocity, sixteenth / 4, 0.25)
