"""What is evaluated: folders of labelled audio, or an index with labels."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from index.generations import CURRENT
from index.left_out import LeftOut
from index.opened import open_index
from models.runtime import Runtime
from models.types import ModelStamp, SoundalikeError, Track, Windows
from tools.build import BuildOptions, NothingHeardError, build_index
from tools.screen import Screen
from tools.walk import plain_path, walk


class EvaluationError(SoundalikeError):
    """There is nothing here that can be evaluated; `left_out` says what was left out before."""

    def __init__(self, sentence: str, fix: str, left_out: Iterable[LeftOut] = ()) -> None:
        super().__init__(sentence, fix)
        self.left_out = tuple(left_out)


@dataclass(frozen=True, slots=True)
class Item:
    """A track and what is known of it.

    Attributes
    ----------
    track : Track
    labels : tuple of str
    artist, album : str
        Empty unless known: from a tag, or an artist's folder below a label's.
    """

    track: Track
    labels: tuple[str, ...]
    artist: str
    album: str


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """The items as one model hears them: the windows of each."""

    stamp: ModelStamp
    window_seconds: float
    windows: tuple[Windows, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What is evaluated.

    Attributes
    ----------
    items : tuple of Item
        Every recording once, in the order of their ids.
    heard : tuple of Heard
        One for each model, of the same items.
    left_out : tuple of LeftOut
        Files that take no part, and why.
    repeated : int
        Files that hold the same audio as another one.
    indexed : bool
        Whether it comes from an index rather than from a folder.
    """

    items: tuple[Item, ...]
    heard: tuple[Heard, ...]
    left_out: tuple[LeftOut, ...] = ()
    repeated: int = 0
    indexed: bool = False

    def only(self, places: Sequence[int], left_out: Iterable[LeftOut] = ()) -> Material:
        """Return some of the items, with more that was left out."""
        return replace(
            self,
            items=tuple(self.items[place] for place in places),
            heard=tuple(
                replace(one, windows=tuple(one.windows[place] for place in places))
                for one in self.heard
            ),
            left_out=(*self.left_out, *left_out),
        )


def is_index(directory: Path) -> bool:
    """Whether a folder is an index rather than a folder of audio."""
    return (directory / CURRENT).is_file()


def read_index(directory: Path) -> Material:
    """Read an index: its vectors, and its tracks' genres for labels; nothing is decoded.

    Raises
    ------
    CatalogueError
        It is damaged.
    """
    with open_index(directory) as index:
        contents = list(index.contents())
        heard = Heard(
            index.stamp, index.manifest.window_seconds, tuple(windows for _, windows in contents)
        )
    items = tuple(
        Item(track, track.labels, _tagged_artist(track), _tagged_album(track))
        for track, _ in contents
    )
    return Material(items, (heard,), indexed=True)


def read_folder(
    folder: Path, runtimes: Sequence[Runtime], kept: Path, *, screen: Screen, jobs: int | None
) -> Material:
    """Let models listen to folders of audio, one folder for each label.

    What a model hears is kept as an index, so that nothing is heard twice, and what was interrupted
    is carried on. Only recordings that all the models could hear take part.

    Parameters
    ----------
    folder : Path
        See `folder_labels` for how its files get their labels.
    runtimes : sequence of Runtime
        The models.
    kept : Path
        Where to keep what they heard.
    screen : Screen
    jobs : int or None
        Processes that listen at once; None for one a core.

    Raises
    ------
    EvaluationError
        There is no audio that can be heard.
    SoundalikeError
        The folder is not there, or a model cannot be used.
    """
    heard: list[dict[str, tuple[Track, Windows]]] = []
    stamps: list[tuple[ModelStamp, float]] = []
    files: list[tuple[str, str]] = []
    left_out: dict[LeftOut, None] = {}
    for runtime in runtimes:
        place = kept / _key(folder, runtime.stamp)
        left_out |= dict.fromkeys(_listen(folder, place, runtime, screen, jobs))
        with open_index(place) as index:
            heard.append({track.id: (track, windows) for track, windows in index.contents()})
            stamps.append((index.stamp, index.manifest.window_seconds))
            files = index.files()
    shared = [name for name in heard[0] if all(name in others for others in heard[1:])]
    layout = folder_labels([str(path) for path in walk([folder]).files])
    items = _items([heard[0][name][0] for name in shared], files, layout)
    return Material(
        items=items,
        heard=tuple(
            Heard(*stamp, tuple(one[name][1] for name in shared))
            for stamp, one in zip(stamps, heard, strict=True)
        ),
        left_out=tuple(left_out),
        repeated=len(files) - len({track_id for _, track_id in files}),
    )


def folder_labels(files: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Read label and artist of each file from the folders it lies in.

    The labels' folders are those below the deepest folder that holds all the files, so it does not
    matter whether `GTZAN` or `GTZAN/genres` is named. A folder below a label's bears the name of an
    artist.

    Parameters
    ----------
    files : sequence of str
        Absolute paths.

    Returns
    -------
    dict of str to (str, str)
        Label and artist of every file, empty where it lies in no such folder.
    """
    if not files:
        return {}
    top = os.path.commonpath([str(Path(file).parent) for file in files])
    below = {file: Path(file).relative_to(top).parts[:-1] for file in files}
    return {file: ("".join(parts[:1]), "".join(parts[1:2])) for file, parts in below.items()}


def _listen(
    folder: Path, place: Path, runtime: Runtime, screen: Screen, jobs: int | None
) -> list[LeftOut]:
    try:
        name = runtime.card.name
        options = BuildOptions(jobs=jobs, drop_empty=True, measured=name)
        built = build_index([folder], place, runtime, screen=screen, options=options)
    except NothingHeardError as error:
        raise EvaluationError(
            f"There is no audio in {folder} that can be heard.",
            "Name a folder with a folder of audio for each label.",
            error.left_out,
        ) from None
    if not built.heard + built.recognised:
        screen.note(f"{name}: all known")
    return built.left_out


def _key(folder: Path, stamp: ModelStamp) -> str:
    """Return a name for what a model hears in a folder, the same in every run."""
    both = "\0".join((str(plain_path(folder)), stamp.space, stamp.sha512))
    return hashlib.blake2b(os.fsencode(both), digest_size=8).hexdigest()


def _items(
    tracks: Sequence[Track],
    files: Sequence[tuple[str, str]],
    layout: Mapping[str, tuple[str, str]],
) -> tuple[Item, ...]:
    """Put labels to tracks; one that lies in the folders of several labels has them all."""
    labels: dict[str, set[str]] = {}
    for path, track_id in files:
        labels.setdefault(track_id, set()).add(layout.get(path, ("", ""))[0])
    return tuple(
        Item(
            track,
            tuple(sorted(labels[track.id] - {""})),
            _tagged_artist(track) or layout.get(track.path, ("", ""))[1],
            _tagged_album(track),
        )
        for track in tracks
    )


def _tagged_artist(track: Track) -> str:
    return track.artist if track.artist_known else ""


def _tagged_album(track: Track) -> str:
    """Return the album of a tagged file; of one without tags it may be the label's own folder."""
    return track.album if track.artist_known else ""
