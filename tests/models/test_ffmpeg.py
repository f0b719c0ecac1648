"""ffmpeg hears what soundfile cannot, confined: it sees, opens and writes next to nothing."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import imageio_ffmpeg
import pytest

from models.decode import DecodeLimits
from models.ffmpeg import open_ffmpeg
from models.pcm import Deadline
from models.types import ClipError
from tests.models.sounds import convert, hear, tone


def fake_ffmpeg(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / "ffmpeg"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_a_decoder_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_ffmpeg(tmp_path, "exec /bin/sleep 60", monkeypatch)
    with pytest.raises(ClipError, match=r"longer than 0\.2 seconds"):
        hear(b"something that soundfile cannot read", limits=DecodeLimits(timeout=0.2))


def reported(tmp_path: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a script in ffmpeg's place and return what it says, which travels as sound would."""
    # A header of an au file: 24 bytes, then floats, at 8 kHz, in one channel.
    header = r".snd\0\0\0\030\377\377\377\377\0\0\0\006\0\0\037\100\0\0\0\001"
    fake_ffmpeg(tmp_path, f"printf '{header}'\n{script}\necho '    '", monkeypatch)
    with (
        tempfile.TemporaryFile(buffering=0) as file,
        open_ffmpeg(file, seconds=9.0, deadline=Deadline(7.0)) as stream,
    ):
        return stream.read(4_000).astype(">f4").tobytes().decode()


def test_ffmpeg_sees_no_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "secret")
    seen = reported(tmp_path, "/usr/bin/env", monkeypatch)
    # A shell makes these itself.
    names = {line.partition("=")[0] for line in seen.split()}
    assert names <= {"PWD", "OLDPWD", "SHLVL", "_"}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows all of these limits")
def test_ffmpeg_is_held_to_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = "for what in v t n f c; do ulimit -$what; done"
    assert reported(tmp_path, script, monkeypatch).split() == ["1048576", "7", "64", "0", "0"]


def test_ffmpeg_is_told_what_it_may_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = reported(tmp_path, 'echo "$@"', monkeypatch).split()
    before_input = told[: told.index("-i")]
    for option, allowed, forbidden in (
        ("-protocol_whitelist", {"file", "pipe"}, {"http", "tcp", "concat", "data", "subfile"}),
        ("-format_whitelist", {"mov", "matroska"}, {"hls", "concat", "dash", "sdp", "avi"}),
        ("-codec_whitelist", {"aac", "opus"}, {"h264", "hevc", "vp9", "png", "mjpeg"}),
    ):
        names = set(before_input[before_input.index(option) + 1].split(","))
        assert allowed <= names
        assert not forbidden & names


def test_ffmpeg_can_write_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    reported(tmp_path, f"(echo something > {out})", monkeypatch)
    assert out.read_bytes() == b""


@pytest.mark.parametrize(
    ("ending", "options"),
    [
        ("avi", ["-c:a", "pcm_s16le"]),
        ("flv", ["-c:a", "libmp3lame"]),
        ("mpg", ["-c:a", "mp2"]),
        ("mka", ["-c:a", "real_144", "-ar", "8000", "-ac", "1"]),
    ],
)
def test_formats_and_codecs_nobody_named_are_refused(
    ending: str, options: list[str], tmp_path: Path
) -> None:
    path = convert(tone(2.0), tmp_path / f"x.{ending}", *options)
    with pytest.raises(ClipError, match="no sound in the file"):
        hear(path)


def test_the_sound_of_a_film_is_heard(tmp_path: Path) -> None:
    picture = ["-f", "lavfi", "-i", "testsrc=duration=2:size=64x48", "-map", "0", "-map", "1"]
    audio = hear(convert(tone(2.0), tmp_path / "x.mp4", *picture, "-c:v", "mpeg4", "-c:a", "alac"))
    assert audio.seconds == pytest.approx(2.0, abs=0.05)
    assert audio.notes == ()


def test_a_machine_without_ffmpeg_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> str:
        raise RuntimeError("no ffmpeg")

    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", absent)
    with pytest.raises(ClipError, match=r"needs ffmpeg.*Install ffmpeg"):
        hear(b"something that soundfile cannot read")
