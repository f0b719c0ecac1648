"""`soundalike ask`: the tracks of an index that sound like a clip."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import click

from bot.as_json import as_json as answer_as_json
from bot.service import Soundalike
from bot.settings import Settings, expanded
from bot.times import parse_span
from index.verify import describe_index
from models.cards import known_card
from models.types import (
    CatalogueError,
    ClipSource,
    Only,
    Recommendations,
    SearchOptions,
    Span,
)
from tools import options
from tools.compose import open_catalogue, open_service
from tools.imported import asker_of
from tools.screen import Screen
from tools.stores import asked
from tools.table import answer_lines

TRACK = "track:"
_LINKS = ("http://", "https://")


@click.command(
    "ask",
    epilog="""\b
Example:
  soundalike ask clip.mp3 --start 0:30 --end 0:45
  soundalike ask https://example.org/clip.ogg -n 5 --json
  soundalike ask clip.mp3 --genre jazz --genre blues""",
)
@click.argument("clip")
@click.option("--start", metavar="TIME", help="Where to begin listening: 1:23, 83 or 1m23s.")
@click.option("--end", metavar="TIME", help="Where to stop listening.")
@options.search
@asked
@options.model
@options.as_json
def command(
    clip: str,
    start: str | None,
    end: str | None,
    cut: SearchOptions,
    settings: Settings,
    model: str | None,
    as_json: bool,
) -> None:
    """Find the tracks of an index that sound like CLIP.

    CLIP is a file, a link (https://…) or track:ID for a track of the index itself.
    """
    if clip.startswith(TRACK) and (start or end):
        raise click.UsageError("A track of the index is asked as a whole: leave out the times.")
    span = parse_span(start, end)
    screen = Screen(as_json=as_json)

    with _opened(clip, settings, model, screen) as service, screen.waiting(_waited_for(clip)):
        answer = asyncio.run(recommend(service, clip, span, cut))
    screen.show(*answer_lines(answer))
    if not answer.results and cut.only != Only():
        screen.note("No track has all that the answer was narrowed to.")
    screen.answer(answer_as_json(answer))


@contextmanager
def _opened(
    clip: str, settings: Settings, model: str | None, screen: Screen
) -> Iterator[Soundalike]:
    """Open what answers: for a track of the index itself, no model is started."""
    if clip.startswith(TRACK):
        with open_catalogue(settings, model=model) as service:
            yield service
        return
    with ExitStack() as held:
        try:
            opened = held.enter_context(open_service(settings, model=model, note=screen.note))
        except CatalogueError as error:
            fix = _fix_of_imported(settings, model)
            raise CatalogueError(error.sentence, fix or error.fix) from error
        screen.note(opened.soundalike.note)
        yield opened.soundalike


def _fix_of_imported(settings: Settings, model: str | None) -> str:
    """Say how to ask an index of imported vectors, which no other model can build again.

    Empty where the index is built from audio, or the model is not what is wrong.
    """
    models = settings.home / "models"
    listening = known_card(model or settings.model, models)
    if settings.store:
        return ""
    try:
        found = describe_index(settings.index)
    except CatalogueError:
        return ""
    stamp = found.stamp
    if found.sources or (stamp.space, stamp.dim) == (listening.space, listening.dim):
        return ""
    track = "sk with a track of it: `track:ID`."
    asker = asker_of(stamp, models)
    if asker is None:
        return f"A{track}"
    if asker.installed:
        return f"Add `--model {asker.name}`; or a{track}"
    fetch = "Fetch it (`soundalike model fetch vggish`)"
    return f"{fetch} and add `--model {asker.name}`; or a{track}"


def _waited_for(clip: str) -> str:
    if clip.startswith(TRACK):
        return "Searching …"
    return "Fetching and listening …" if clip.startswith(_LINKS) else "Starting the listener …"


async def recommend(
    service: Soundalike, clip: str, span: Span, options: SearchOptions
) -> Recommendations:
    """Ask with whatever a person called the clip: a file, a link, or a track of the index."""
    if clip.startswith(TRACK):
        return await service.recommend_track(clip.removeprefix(TRACK), options)
    if clip.startswith(_LINKS):
        return await service.recommend_link(clip, span, options)
    return await service.recommend(file_source(clip), span, options)


def file_source(clip: str) -> ClipSource:
    """Return a file of this machine as a clip."""
    path = expanded(clip)
    return ClipSource(path, path.name)


if __name__ == "__main__":
    from tools.cli import main_of

    main_of(command)
