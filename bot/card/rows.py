"""The lines of a card: who a track is by, how alike it is, and where."""

from __future__ import annotations

from bot.alike import match_in_words, similarity_in_words
from bot.card.layout import Line
from bot.card.links import link_at
from bot.plain import plain, safe_link
from bot.times import clock
from bot.words import Words
from models.types import Recommendation, Track

_TITLE, _ARTIST, _GENRE = 120, 70, 30
_MOST_GENRES = 2


def track_name(track: Track, words: Words) -> str:
    """Write a track's title and artist, both harmless."""
    title = plain(track.title, _TITLE) or words("card.untitled")
    artist = plain(track.artist, _ARTIST)
    return f"**{title}** · {artist}" if artist else f"**{title}**"


def genre_of(track: Track) -> str:
    """Write a track's first genres, harmless; empty where it has none."""
    names = (plain(label, _GENRE) for label in track.labels[:_MOST_GENRES])
    return ", ".join(filter(None, names))


def same_line(track: Track, words: Words) -> Line:
    """Say which track the clip is."""
    text = words("card.this_is", who=track_name(track, words)) + _whose(track, words)
    link = safe_link(track.url)
    return Line(text, f"{text} · [{words('card.listen')}]({link})" if link else text)


def result_line(result: Recommendation, words: Words, *, tall: bool = False) -> Line:
    """Write a result: rank and name, and below how alike it is, where, and its genre.

    Parameters
    ----------
    tall : bool
        Whether where and genre have a line of their own, as beside a cover.
    """
    if result.match is None:
        fit = similarity_in_words(result.similarity, words)
    else:
        fit = match_in_words(result.match, words)
    between = "\n-# " if tall else " · "
    head = f"**{result.rank}.** {track_name(result.track, words)}\n-# {fit}{between}"
    genre = genre_of(result.track)
    tail = (f" · {genre}" if genre else "") + _whose(result.track, words)
    where = words("card.at", clock=clock(result.at))
    link = safe_link(link_at(result.track.url, result.at))
    short = f"{head}*{where}*{tail}"
    return Line(short, f"{head}[{where}]({link}){tail}" if link else short)


def _whose(track: Track, words: Words) -> str:
    return f" · 🏠 {words('card.from_server')}" if track.library else ""
