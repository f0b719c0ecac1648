"""Listening to all that is new, and writing down at once what became of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from index.builder import IndexBuilder
from index.left_out import LeftOut
from models.runtime import Runtime
from models.tracks import Listeners, embed_tracks
from models.types import EmbeddedTrack, PassingError, SoundalikeError, Track
from tools.screen import Screen
from tools.sources.known import Known
from tools.sources.links import Fetcher, embed_links

Audio = Path | str
"""A file, or the address of one."""

State = tuple[int, int]
"""What audio is known again by: the size of a file, and when it was changed."""

_Result = EmbeddedTrack | Track | SoundalikeError


class Listener(NamedTuple):
    """What listens: a model, who runs it, and what brings audio from the web.

    Attributes
    ----------
    runtime : Runtime
    jobs : int or None
        Processes of this machine; None for one a core.
    fetcher : Fetcher
    hire : callable or None
        Brings other listeners than those of this machine.
    """

    runtime: Runtime
    jobs: int | None
    fetcher: Fetcher
    hire: Callable[[], Listeners] | None = None


@dataclass(slots=True)
class Heard:
    """What was heard; a passing failure is not written down, so that it is tried again."""

    tracks: int = 0
    recognised: int = 0
    audio_seconds: float = 0.0
    passing: list[LeftOut] = field(default_factory=list)


def listen(
    new: Mapping[Audio, State],
    said: Mapping[Audio, Known],
    listener: Listener,
    builder: IndexBuilder,
    screen: Screen,
    whose: str = "",
) -> Heard:
    """Listen to files and addresses, and write down at once what becomes of each.

    Parameters
    ----------
    new : mapping of Path or str to (int, int)
        What to listen to, and what each is known again by.
    said : mapping of Path or str to Known
        What is known of it beside its tags.
    listener : Listener
    builder : IndexBuilder
    screen : Screen
    whose : str
        Name of the model, where several take turns.
    """
    began = time.perf_counter()
    heard = Heard()
    nothing = Known()
    results = _results(new, listener, builder.knows if len(builder) else None)
    with (
        screen.progress(f"Listening ({whose})" if whose else "Listening", len(new)) as step,
        closing(results),
    ):
        for count, (audio, result) in enumerate(results, 1):
            known = said.get(audio, nothing)
            if isinstance(result, EmbeddedTrack):
                told = replace(result, track=known.of(result.track))
                builder.add(told, audio, *new[audio])
                heard.tracks += 1
                heard.audio_seconds += result.track.seconds
            elif isinstance(result, Track):
                builder.recognise(known.of(result), audio, *new[audio])
                heard.recognised += 1
            elif isinstance(result, PassingError):
                heard.passing.append(LeftOut(os.fspath(audio), str(result)))
            else:
                builder.skip(audio, str(result), *new[audio])
            seconds = time.perf_counter() - began
            speed = f"{count / seconds:.1f} files/s"
            if heard.audio_seconds:
                speed += f", {heard.audio_seconds / seconds:.0f}× real time"
            step(count, speed)
    return heard


def retell(
    states: Mapping[Audio, State], said: Mapping[Audio, Known], builder: IndexBuilder
) -> int:
    """Take down what is said anew of audio that need not be heard again."""
    retold = 0
    with builder.batch():
        for audio in said.keys() & states.keys():
            track = builder.track(audio)
            if track and (told := said[audio].of(track)) != track:
                builder.recognise(told, audio, *states[audio])
                retold += 1
    return retold


def state_of(audio: Audio) -> State:
    """Return size and time of change, by which a file is known again; zeros where it is gone.

    What lies behind an address is not asked for again: it has zeros, too.
    """
    if isinstance(audio, str):
        return 0, 0
    try:
        stat = audio.stat()
    except OSError:
        return 0, 0
    return stat.st_size, stat.st_mtime_ns


def _results(
    new: Iterable[Audio], listener: Listener, known: Callable[[str], bool] | None
) -> Generator[tuple[Audio, _Result], None, None]:
    """Listen to files first, then to what lies behind addresses."""
    files = [audio for audio in new if isinstance(audio, Path)]
    links = [audio for audio in new if isinstance(audio, str)]
    runtime, jobs, fetcher, hire = listener
    if files:
        yield from embed_tracks(files, runtime, jobs=jobs, known=known, hire=hire)
    if links:
        yield from embed_links(links, runtime, fetcher, jobs=jobs, known=known, hire=hire)
