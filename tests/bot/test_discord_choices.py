"""`/similar` by a track of the catalogue, narrowed to a genre, and what is offered meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp import web

from index.builder import IndexBuilder
from index.opened import Index, open_index
from models.fetch import GuardedFetcher
from models.sites import SITES, SiteFetcher
from models.types import EmbeddedTrack, Track
from tests.bot.fakes import MakeBot
from tests.bot.sounds import KINDS, STAMP, sound, title, wav, windows_of
from tests.discord_server.content import Message
from tests.discord_server.driver import Discord

GENRES = {"low": ("Dub", "Reggae"), "middle": ("Drum & Bass",), "high": ("Rock",)}


@pytest.fixture(scope="module")
def labelled_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("labelled") / "index"
    with IndexBuilder(place, STAMP) as builder:
        for kind in KINDS:
            for seed in range(3):
                track = Track(
                    f"{kind}-{seed}",
                    title(kind, seed),
                    "Ångström" if kind == "high" else f"Artist {kind}",
                    seconds=6.0,
                    labels=GENRES.get(kind, ()),
                )
                windows = windows_of(sound(kind, seed))
                builder.add(EmbeddedTrack(track, windows), f"{kind}{seed}", 1, 1)
        long = Track("long", "L" * 300, "A" * 300, seconds=6.0)
        builder.add(EmbeddedTrack(long, windows_of(sound("low", 40))), "long", 1, 1)
        builder.publish()
    return place


@pytest.fixture
def labelled(labelled_folder: Path) -> Iterator[Index]:
    with open_index(labelled_folder) as index:
        yield index


@pytest.fixture
async def discord(
    discord_server: Discord, make_bot: MakeBot, labelled: Index
) -> AsyncIterator[Discord]:
    async with discord_server.running(make_bot(index=labelled)):
        yield discord_server
    assert discord_server.rejections == []


async def ask(discord: Discord, **options: object) -> Message:
    result = await discord.slash("similar", options)
    return await result.final_message()


# Tracks


async def test_tracks_are_offered_by_title_and_by_artist(discord: Discord) -> None:
    offered = await discord.autocomplete("similar", "track", "the high one")
    assert [each["name"] for each in offered] == [
        f"{title('high', seed)} · Ångström" for seed in range(3)
    ]
    by_artist = await discord.autocomplete("similar", "track", "angst")
    assert {each["value"] for each in by_artist} == {"high-0", "high-1", "high-2"}
    assert await discord.autocomplete("similar", "track", "no such thing") == []


async def test_a_long_title_fits_into_a_choice(discord: Discord) -> None:
    (offered,) = await discord.autocomplete("similar", "track", "LLL")
    assert len(offered["name"]) <= 100
    assert offered["value"] == "long"


async def test_the_track_that_was_offered(discord: Discord) -> None:
    answer = await ask(discord, track="shrill-1")
    assert f"🎧 {title('shrill', 1)}" in answer.text
    assert "**1.** **The shrill one" in answer.text
    assert f"This is **{title('shrill', 1)}**" in answer.text


async def test_the_best_track_for_a_text_that_was_not_chosen(discord: Discord) -> None:
    assert f"🎧 {title('high', 2)}" in (await ask(discord, track=title("high", 2))).text


async def test_no_track_for_a_text_is_a_sentence(discord: Discord) -> None:
    told = await ask(discord, track="**no such** thing")
    assert "I know no track called" in told.text
    assert "no such" in told.text


async def test_only_one_of_the_three(discord: Discord) -> None:
    told = await ask(discord, track="low-1", link="https://example.org/a.wav")
    assert "more than one clip" in told.text
    assert told.ephemeral


async def test_tracks_where_only_the_asker_installed_it(discord: Discord) -> None:
    discord.stranger.installed_app = True
    place = discord.add_guild("Elsewhere", discord.stranger, has_bot=False).channels[0]
    offered = await discord.autocomplete(
        "similar", "track", "the low", user=discord.stranger, channel=place
    )
    result = await discord.slash(
        "similar", {"track": offered[0]["value"]}, user=discord.stranger, channel=place
    )
    assert "The low one" in (await result.final_message()).text


# Genres


async def test_genres_are_offered_with_how_many_tracks_they_have(discord: Discord) -> None:
    offered = await discord.autocomplete("similar", "genre", "d")
    assert [(each["name"], each["value"]) for each in offered] == [
        ("Drum & Bass · 3 tracks", "Drum & Bass"),
        ("Dub · 3 tracks", "Dub"),
    ]
    (held,) = await discord.autocomplete("similar", "genre", "BASS")
    assert held["value"] == "Drum & Bass"
    assert len(await discord.autocomplete("similar", "genre", "")) == 4


async def test_only_tracks_of_a_genre(discord: Discord) -> None:
    clip = discord.upload("clip.wav", wav(sound("low", 7)))
    answer = await ask(discord, file=clip, genre="rock")
    ranked = [line for line in answer.text.splitlines() if line.startswith("**")]
    assert len(ranked) == 3
    assert all("The high one" in line for line in ranked)


async def test_an_unknown_genre_names_those_near(discord: Discord) -> None:
    told = await ask(discord, track="low-1", genre="rok")
    assert "I know no genre “rok”." in told.text
    assert "Near to it\\: Rock." in told.text
    far = await ask(discord, track="low-1", genre="@everyone")
    assert "Near to it\\: " in far.text
    assert not far.pings


async def test_a_catalogue_without_genres_says_so(
    discord_with_bot: Discord, sound_index: Index
) -> None:
    assert await discord_with_bot.autocomplete("similar", "genre", "r") == []
    clip = discord_with_bot.upload("clip.wav", wav(sound("low", 7)))
    told = await ask(discord_with_bot, file=clip, genre="rock")
    assert "My catalogue knows no genres." in told.text


# Links to pages


@pytest.fixture
async def page() -> AsyncIterator[str]:
    async def show(_: web.Request) -> web.Response:
        return web.Response(text="<html><video src=a.mp4></video></html>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/watch", show)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/watch?v=abcdefghijk"
    await runner.cleanup()


async def test_a_page_of_a_site_that_is_not_named_is_refused(
    discord_server: Discord, make_bot: MakeBot, page: str
) -> None:
    guarded = GuardedFetcher(policy=lambda address, _: address == "127.0.0.1")
    fetcher = SiteFetcher(guarded, [SITES["bandcamp"]])
    async with discord_server.running(make_bot(fetcher=fetcher)):
        told = await ask(discord_server, link=page)
    assert "Behind that link is a web page, not an audio file." in told.text
    assert "Give a link to the audio file itself" in told.text
    assert discord_server.rejections == []
