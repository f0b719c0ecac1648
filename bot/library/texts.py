"""What the library says: its tracks a page at a time, how full it is, what came of an import."""

from __future__ import annotations

from collections.abc import Sequence

from discord import ui

from bot.card.layout import Card, container, in_view
from bot.card.rows import genre_of
from bot.library.report import Report
from bot.plain import plain
from bot.times import clock
from bot.words import Words
from index.libraries import Usage
from models.types import Track

PAGE = 12
"""Tracks on one page."""

TURN = "library:list:"
"""How the custom_id of a button begins that turns to a page; its number follows, from 0."""

_TITLE, _ARTIST, _FILE, _REASON, _STOPPED = 100, 60, 60, 200, 600
_MOST_REASONS = 8
_MEGABYTE = 1_000_000


def list_card(tracks: Sequence[Track], number: int, words: Words) -> Card:
    """Lay out a page of a library; beyond the last one is the last one.

    Parameters
    ----------
    number : int
        From 0.
    """
    pages = max(1, -(-len(tracks) // PAGE))
    place = min(max(number, 0), pages - 1)
    shown = tracks[place * PAGE : (place + 1) * PAGE]
    lines = [_line(track, words) for track in shown] or [words("library.empty")]
    foot = words.count("card.tracks", len(tracks))
    box = container()
    box.add_item(ui.TextDisplay(f"### {words('library.title')}"))
    box.add_item(ui.TextDisplay("\n".join(lines)))
    box.add_item(ui.Separator()).add_item(ui.TextDisplay(f"-# {foot}"))
    if pages > 1:
        box.add_item(_turning(place, pages, words))
    return Card(in_view(box), [])


def stats_text(usage: Usage, most: int, deaf: int, words: Words) -> tuple[str, str]:
    """Word how full a library is.

    Parameters
    ----------
    most : int
        Tracks that it may have.
    deaf : int
        Tracks that another model heard.
    """
    facts = [
        words.count("card.tracks", usage.tracks),
        words("library.length", time=clock(usage.seconds)),
        words("library.room", size=words.number(usage.bytes / _MEGABYTE, 1)),
        words.count("library.left", max(most - usage.tracks, 0)),
    ]
    if deaf:
        facts.append(words.count("library.deaf", deaf))
    return f"### {words('library.title')}", "\n".join(f"- {fact}" for fact in facts)


def progress_text(report: Report, words: Words) -> str:
    """Word how far an import has come."""
    return words("library.progress", done=report.done, of=report.files)


def report_text(report: Report, words: Words) -> str:
    """Word what came of an import; what is not known by then is not said."""
    lines = [f"**{words.count('library.imported', report.added)}**"]
    counts = ("library.known_already", report.known), ("library.not_audio", report.others)
    lines += [words.count(key, count) for key, count in counts if count]
    if report.left_out:
        lines.append(words.count("library.left_out", len(report.left_out)))
        lines += [f"-# {_why(*each, words)}" for each in report.left_out[:_MOST_REASONS]]
        more = len(report.left_out) - _MOST_REASONS
        if more > 0:
            lines.append(f"-# {words.count('library.more', more)}")
    if report.stopped:
        sentence, fix = (plain(words.translate(each), _STOPPED) for each in report.stopped)
        lines += [sentence, words.count("library.not_heard", report.left), f"-# {fix}"]
    return "\n".join(lines)


def _why(name: str, reason: str, words: Words) -> str:
    """Say why a file was left out, and its name once."""
    said = words.translate(reason)
    if name in said:
        return plain(said, _REASON)
    return f"{plain(name, _FILE)}: {plain(said, _REASON)}"


def _line(track: Track, words: Words) -> str:
    title = plain(track.title, _TITLE) or words("card.untitled")
    artist, genre = plain(track.artist, _ARTIST), genre_of(track)
    return " · ".join(filter(None, [f"**{title}**", artist, genre, clock(track.seconds)]))


def _turning(place: int, pages: int, words: Words) -> ui.ActionRow[ui.LayoutView]:
    here: ui.Button[ui.LayoutView] = ui.Button(
        label=words("card.page", page=place + 1, pages=pages),
        custom_id="library:here",
        disabled=True,
    )
    return ui.ActionRow(
        _turn(place - 1, pages, words("card.previous")),
        here,
        _turn(place + 1, pages, words("card.next")),
    )


def _turn(number: int, pages: int, label: str) -> ui.Button[ui.LayoutView]:
    allowed = 0 <= number < pages
    # Both ends need ids of their own, also where they lead nowhere.
    place = number if allowed else pages + (number >= pages)
    return ui.Button(label=label, custom_id=f"{TURN}{place}", disabled=not allowed)
