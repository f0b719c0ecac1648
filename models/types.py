"""The plain values, protocols and errors that every room of the house shares.

Nothing here imports anything of the project, reads a file or starts a process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


class SoundalikeError(Exception):
    """A problem a person meets.

    Parameters
    ----------
    sentence : str
        What happened, in one sentence for the person who reads it.
    fix : str
        What to do about it, in one sentence; empty where nothing can be done.
    """

    def __init__(self, sentence: str, fix: str = "") -> None:
        # Both go into `args`, so the error survives the trip out of a worker process.
        super().__init__(sentence, fix)
        self.sentence = sentence
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.sentence} {self.fix}".rstrip()


class ClipError(SoundalikeError):
    """The clip cannot be heard: broken, empty, silent, too large, unreachable."""


class PassingError(ClipError):
    """The clip could not be heard this time; the same file may well be heard another time."""


class ModelError(SoundalikeError):
    """The model cannot be used: no card, a missing or changed file, wrong shapes."""


class ListenersError(SoundalikeError):
    """Nobody can listen: the processes or machines that should are away, or not fit for it."""


class CatalogueError(SoundalikeError):
    """The index cannot be used: missing, damaged, locked or of another embedding space."""


class NothingFoundError(CatalogueError):
    """Nothing in the index goes by that name or id; the index itself is in order."""


class RequestError(SoundalikeError):
    """What a person asks for cannot be done, and nothing is out of order."""


class SettingsError(SoundalikeError):
    """A setting is missing or makes no sense."""


class StateError(SoundalikeError):
    """What the bot remembers cannot be read or written: damaged, locked, no room left."""


@dataclass(frozen=True, slots=True)
class ClipSource:
    """Audio as it was handed in.

    Attributes
    ----------
    data : bytes or Path
        The encoded file: its bytes, or where it lies.
    name : str
        What to call it in a sentence; its ending is a hint, never trusted.
    """

    data: bytes | Path
    name: str


@dataclass(frozen=True, slots=True)
class Span:
    """The part of a clip to listen to, in seconds; `None` is the clip's own edge."""

    start: float | None = None
    end: float | None = None


class PatchEmbeddings(NamedTuple):
    """What an embedder returns.

    Attributes
    ----------
    embeddings : np.ndarray [shape=(n, dim), float32]
    timestamps : np.ndarray [shape=(n,), float32]
        Start of each patch in seconds.
    """

    embeddings: FloatArray
    timestamps: FloatArray


def nothing_drawn() -> FloatArray:
    """Return the spectrogram of what was never heard: no columns, no bands."""
    return np.zeros((0, 0), np.float32)


class Embedder(Protocol):
    """Turns mono audio into one embedding a patch; blocking, one call at a time."""

    @property
    def stamp(self) -> ModelStamp:
        """Which model this is, and in which embedding space its vectors live."""

    @property
    def sample_rate(self) -> int:
        """The rate `embed` wants its samples in, in Hz."""

    def embed(self, samples: FloatArray) -> PatchEmbeddings:
        """Embed every whole patch of mono samples [n] in [-1, 1]; a partial one is dropped."""


@dataclass(frozen=True, slots=True)
class ModelStamp:
    """The identity of a model, recorded in every index made with it.

    Vectors of two models can be compared only if `space` is the same; `sha512` and `precision` tell
    which file of the model made them (`precision` is empty in indexes older than it).
    """

    model: str
    version: str
    space: str
    dim: int
    sha512: str
    precision: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """The vectors of one clip or track.

    Attributes
    ----------
    vectors : np.ndarray [shape=(w, dim), float32]
        Mean of each window's patches, centred on the model card's mean, of unit length.
    starts : np.ndarray [shape=(w,), float32]
        Start of each window in seconds.
    """

    vectors: FloatArray
    starts: FloatArray

    def __len__(self) -> int:
        return len(self.starts)


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """What is asked of an index.

    Attributes
    ----------
    windows : Windows
        The windows to find the likes of (half overlapping).
    dense : Windows
        The same audio with a window at every patch: fine enough to recognise an excerpt.
    track_id : str
        The id the audio would have as a track: the hash of its payload.
    seconds : float
        Length of the audio.
    """

    windows: Windows
    dense: Windows
    track_id: str
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class ClipHeard:
    """What was heard of a clip.

    Attributes
    ----------
    name : str
    seconds : float
        Length of what was listened to.
    start, end : float
        Where in the clip that lies, in seconds.
    model : str
        Name of the model that listened.
    log_mel : np.ndarray [shape=(columns, bands), float32]
        The log-mel spectrogram, thinned to at most a picture's width.
    pictured : (float, float) or None
        Where in the clip the spectrogram begins and ends, in seconds: around a part that was
        asked for; None where it is what was listened to.
    notes : tuple of str
        Sentences the asker should see: padded, cut short, partly silent.
    """

    name: str
    seconds: float
    start: float
    end: float
    model: str
    log_mel: FloatArray
    notes: tuple[str, ...] = ()
    pictured: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddedClip:
    """A clip after the models have heard it: what to show, what to ask, how long it took."""

    heard: ClipHeard
    query: Query
    stamp: ModelStamp
    timing: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Track:
    """An entry of the catalogue.

    Attributes
    ----------
    id : str
        Hash of the audio payload, tags aside: a renamed or retagged file keeps it.
    title, artist, album : str
        From the tags, else inferred from the path; `artist` and `album` may be empty.
    artist_known : bool
        Whether the artist comes from tags or a manifest, not from a guess.
    seconds : float
    labels : tuple of str
        Genres, or the labels a data set gives.
    url : str
        Where people can hear it; empty when unknown.
    path : str
        The file it was indexed from; empty when there is none.
    source : str
        Where it was indexed from: `folder`, or the importer that brought it, such as `audioset`.
    library : str
        The Discord server whose own track it is; empty where it belongs to all.
    """

    id: str
    title: str
    artist: str = ""
    album: str = ""
    artist_known: bool = False
    seconds: float = 0.0
    labels: tuple[str, ...] = ()
    url: str = ""
    path: str = ""
    source: str = "folder"
    library: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddedTrack:
    """A track and its windows, ready for the index."""

    track: Track
    windows: Windows
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class HeardTrack:
    """A file that was handed in to be kept, heard from beginning to end.

    Attributes
    ----------
    embedded : EmbeddedTrack
        As a build would have it, but for a path.
    stamp : ModelStamp
        The model that listened.
    preview : bytes
        Its first minute, encoded small.
    """

    embedded: EmbeddedTrack
    stamp: ModelStamp
    preview: bytes


class Pair(NamedTuple):
    """A moment of a clip and the moment of a track that is most like it.

    Attributes
    ----------
    clip, track : float
        Where their windows start, in seconds: in what was listened to, and in the track.
    similarity : float
        Of the two windows, in [-1, 1].
    """

    clip: float
    track: float
    similarity: float


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One answer.

    Attributes
    ----------
    rank : int
        From 1.
    similarity : float
        Mean over the clip's windows of this track's best window, in [-1, 1].
    match : float or None
        Calibrated probability that clip and track share a label, in [0, 1];
        None while the model card has no calibration.
    at : float
        Where in the track it sounds most alike, in seconds.
    pairs : tuple of Pair
        Why: moments of the clip with the likest one of the track, in the clip's order; the likest
        of them all are among these.
    """

    rank: int
    track: Track
    similarity: float
    at: float
    match: float | None = None
    pairs: tuple[Pair, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranking:
    """What an index answers: the track the clip *is*, and the tracks that sound like it."""

    same: Track | None
    results: tuple[Recommendation, ...]
    timing: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Recommendations:
    """The answer to a clip: the one value behind the card, the table, the JSON and the page.

    Attributes
    ----------
    query : Query or None
        What was asked of the index, for those who ask on from here.
    space : str
        The embedding space of its vectors.
    """

    clip: ClipHeard
    same: Track | None
    results: tuple[Recommendation, ...]
    timing: Mapping[str, float]
    query: Query | None = None
    space: str = ""


@dataclass(frozen=True, slots=True)
class Sameness:
    """How alike two sounds have to be to be one and the same; models differ in it.

    The defaults are what the first bundled model was measured to need.

    Attributes
    ----------
    long, short : float
        From this similarity on, in [-1, 1], a clip was cut from a track: one that reaches from one
        window of a track into the next, and a shorter one.
    twin : float
        Above this similarity two tracks of one length are one recording.
    """

    long: float = 0.97
    short: float = 0.98
    twin: float = 0.995


@dataclass(frozen=True, slots=True)
class Only:
    """Which tracks may be answered: those with any of the names of every kind that is given.

    Attributes
    ----------
    labels, artists : tuple of str
        Case, accents and punctuation make no difference.
    sources : tuple of str
        As in `Track.source`.
    libraries : tuple of str
        As in `Track.library`. What is kept from view by these is not named as the clip either.
    """

    labels: tuple[str, ...] = ()
    artists: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How a ranking is cut.

    Attributes
    ----------
    count : int
        Results wanted, at least 1.
    per_artist : int or None
        At most this many results by one known artist; None for no cap.
    sameness : Sameness
        What counts as one and the same; the façade puts in what the model's card says.
    only : Only
        Which tracks may be results; all, if it names nothing.
    without : frozenset of str
        Ids of tracks that are no results, nor are their twins; they take up nobody's place.
    """

    count: int = 10
    per_artist: int | None = 2
    sameness: Sameness = Sameness()
    only: Only = Only()
    without: frozenset[str] = frozenset()


class TrackIndex(Protocol):
    """A catalogue that can be searched; blocking, safe to call from several threads."""

    @property
    def stamp(self) -> ModelStamp:
        """The model the catalogue was made with."""

    @property
    def others(self) -> tuple[ModelStamp, ...]:
        """Other files of that model which made some of its vectors; empty mostly."""

    def __len__(self) -> int:
        """Tracks in the catalogue."""

    def search(self, query: Query, options: SearchOptions) -> Ranking:
        """Rank the tracks that sound like the query, best first."""

    def find(self, track_id: str) -> Track:
        """Return the track with this id, or the one whose id begins so; CatalogueError else."""

    def query_of(self, track: Track) -> Query:
        """Return the query that asks for the likes of a track of this catalogue."""

    def complete(self, text: str, limit: int = 25) -> tuple[Track, ...]:
        """Return the tracks that a person who typed this may mean, best first."""

    def labels(self) -> tuple[tuple[str, int], ...]:
        """Return every label and how many tracks have it, most first."""


class ClipListener(Protocol):
    """Hears a clip without blocking the event loop."""

    @property
    def stamp(self) -> ModelStamp:
        """The model that listens."""

    async def hear(self, source: ClipSource, span: Span) -> EmbeddedClip:
        """Decode, embed and window a clip; ClipError where it cannot be heard."""

    async def hear_whole(self, source: ClipSource) -> HeardTrack:
        """Hear a track to be kept; ClipError where it cannot be heard."""

    async def identify(self, source: ClipSource) -> str:
        """Return the id that a file has as a track, without hearing it; ClipError if that fails."""
