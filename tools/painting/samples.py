"""One card of every kind, of made-up music: what the documentation shows."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import soxr
from PIL import Image, ImageDraw

from bot.answers.alone import Single, add_menu
from bot.answers.why import why_card
from bot.card import Card, Page, answer_card, panel_card, saying_card
from bot.clip_pictures import draw_clips
from bot.why_picture import Why, draw_why
from bot.words import ENGLISH
from models.frontend import SAMPLE_RATE, log_mel
from models.types import ClipHeard, FloatArray, Pair, Recommendation, Recommendations, Track
from tools.synth import RATE, strangers, synthesise

_TRACKS = 48_213
_ANSWER_ID = "kR3v0Qe1xY2Z"
_START, _END = 62.0, 74.0
_AROUND = (59.0, 77.0)
_PIECE = 4

_MUSIC = (
    # title, artist, genres, match, at, length
    ("Copper Morning", "The Lantern Keepers", ("Folk", "Acoustic"), 0.69, 83.0, 241.0),
    ("Slow Carousel", "Ida Marsh", ("Chamber folk",), 0.66, 12.0, 198.0),
    ("Paper Boats", "Northlight", ("Indie folk", "Singer-songwriter"), 0.62, 134.0, 223.0),
    ("Under the Elm", "Ida Marsh", ("Chamber folk",), 0.48, 47.0, 305.0),
    ("Half the Harbour", "Wren & Thistle", ("Folk",), 0.41, 201.0, 262.0),
    ("Saltwater Hymn", "Greyfriars", ("Ambient",), 0.35, 3.0, 320.0),
    ("Kitchen Waltz", "Petra Lund", ("Folk",), 0.29, 66.0, 187.0),
)
_COLOURS = (
    ((196, 92, 54), (250, 196, 108)),
    ((58, 84, 140), (196, 164, 212)),
    ((40, 110, 112), (226, 232, 190)),
    ((92, 64, 128), (238, 150, 146)),
    ((34, 60, 92), (122, 176, 196)),
)


class Sample(NamedTuple):
    """A card and what it is called."""

    name: str
    card: Card
    private: bool


def samples() -> Iterator[Sample]:
    """Yield a card of every kind."""
    results = tuple(_results())
    clip = ClipHeard(
        name="street_musician.ogg",
        seconds=_END - _START,
        start=_START,
        end=_END,
        model="vggish-small",
        log_mel=_log_mel(_PIECE, _AROUND[1] - _AROUND[0]),
        pictured=_AROUND,
    )
    answer = Recommendations(clip, None, results, {"total": 0.41})
    pictures = draw_clips([clip])
    covers = {result.track.id: _cover(n) for n, result in enumerate(results[:5])}
    full = Page(answer, _TRACKS, _ANSWER_ID, 0, pictures, covers)
    yield Sample("card", answer_card(full, ENGLISH), private=False)
    others = tuple(replace(one, rank=rank) for rank, one in enumerate(results[1:], start=1))
    known = Recommendations(clip, results[0].track, others, {"total": 0.38})
    plain = Page(known, _TRACKS, _ANSWER_ID, 0, pictures)
    yield Sample("card-same", answer_card(plain, ENGLISH), private=False)
    yield Sample("card-together", _together(results, covers), private=False)
    panel = panel_card(results[0], _ANSWER_ID, ENGLISH, covers[results[0].track.id])
    yield Sample("card-panel", panel, private=True)
    why = Why(_START, _END, results[0].track.seconds, results[0].pairs, ("clip", "track"))
    card = why_card(results[0], _START, draw_why(why), ENGLISH)
    yield Sample("card-why", card, private=True)
    saying = saying_card(ENGLISH.say("clip.not_audio", name="cat.png"))
    yield Sample("card-saying", saying, private=True)


def _together(results: tuple[Recommendation, ...], covers: dict[str, bytes]) -> Card:
    """Lay out an answer to several clips: each pictured, and each to be asked alone."""
    clips = [
        ClipHeard(name, seconds, 0.0, seconds, "vggish-small", _log_mel(piece, seconds))
        for name, piece, seconds in (("street_musician.ogg", _PIECE, 12.0), ("riff.m4a", 1, 8.0))
    ]
    heard = replace(
        clips[0],
        end=0.0,
        name=" + ".join(clip.name for clip in clips),
        notes=(ENGLISH.say("together.asked", clips=len(clips)).sentence,),
    )
    answer = Recommendations(heard, None, results, {"total": 0.62})
    card = answer_card(Page(answer, _TRACKS, _ANSWER_ID, 0, draw_clips(clips), covers), ENGLISH)
    singles = [Single(number, clip.name, _ANSWER_ID) for number, clip in enumerate(clips, start=1)]
    add_menu(card, singles, ENGLISH)
    return card


def _results() -> Iterator[Recommendation]:
    for rank, (title, artist, genres, match, at, seconds) in enumerate(_MUSIC, start=1):
        link = f"https://example.org/listen/{rank}"
        track = Track(
            f"{rank:064}",
            title,
            artist,
            artist_known=True,
            seconds=seconds,
            labels=genres,
            url=link,
        )
        earlier, later = max(at - 57.0, 0.0), at + 96.0
        pairs = (Pair(0.0, at, 0.93), Pair(4.8, earlier, 0.78), Pair(7.2, later, 0.6))
        yield Recommendation(rank, track, match, at, match, pairs)


def _log_mel(piece: int, seconds: float) -> FloatArray:
    samples = soxr.resample(synthesise(strangers()[piece]), RATE, SAMPLE_RATE)
    return log_mel(samples[: int(seconds * SAMPLE_RATE)].astype(np.float32))


def _cover(number: int) -> bytes:
    """Draw a cover: a sky, a sun and hills."""
    low, high = _COLOURS[number % len(_COLOURS)]
    side = 320
    sky = np.linspace(high, low, side)[:, np.newaxis].repeat(side, axis=1).astype(np.uint8)
    image = Image.fromarray(sky)
    draw = ImageDraw.Draw(image)
    x, radius = 70 + number * 47, 34 + 6 * (number % 3)
    draw.ellipse((x - radius, 100 - radius, x + radius, 100 + radius), (255, 244, 222))
    across = np.arange(0, side + 1, 4)
    for layer in range(3):
        wave = np.sin(across / (38 + 9 * layer) + number * 1.7 + layer * 2.1)
        heights = 190 + layer * 38 + (22 - 4 * layer) * wave
        shade = tuple(round(channel * (0.82 - 0.24 * layer)) for channel in low)
        points = list(zip(across.tolist(), heights.tolist(), strict=True))
        draw.polygon([(0, side), *points, (side, side)], shade)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
