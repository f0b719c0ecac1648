"""A server's own tracks over the wire: added, found by its members alone, listed, removed."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from mutagen.id3 import TIT2, TPE1
from mutagen.wave import WAVE

from index.kept import sweep
from index.libraries import Libraries
from index.likes import Likes
from index.state import open_state
from index.state_file import State
from models.preview import make_excerpt
from models.types import ClipSource, EmbeddedTrack, Track, Windows
from tests.bot.fakes import MakeBot
from tests.bot.sounds import STAMP, sound, title, wav, windows_of
from tests.discord_server.content import Message
from tests.discord_server.driver import Discord
from tests.discord_server.offers import NotOfferedError
from tests.discord_server.people import Channel, Guild, User

OURS = wav(sound("low", 40))
CLIP = wav(sound("low", 7))


async def say(discord: Discord, command: str, options: dict[str, object], **more: object) -> str:
    return (await (await discord.slash(command, options, **more)).final_message()).text


async def add(discord: Discord, data: bytes = OURS, name: str = "Ann - Ours.wav", **more: object):
    options = {"file": discord.upload(name, data), **more}
    return await say(discord, "library add", options)


async def ask(discord: Discord, data: bytes = CLIP, **more: object) -> Message:
    clip = discord.upload("clip.wav", data)
    return await (await discord.slash("similar", {"file": clip}, **more)).final_message()


def control(message: Message, action: str, number: int | None = None) -> str:
    for part in message.parts():
        parts = part.get("custom_id", "").split(":")
        if parts[:2] == ["answer", action] and number in (None, int(parts[3])):
            return part["custom_id"]
    raise AssertionError(f"no {action} {number}")


def rank_of(message: Message, name: str) -> int:
    line = next(line for line in message.text.splitlines() if f"**{name}**" in line)
    return int(line[2 : line.index(".")])


async def keep(state: State, guild: Guild, *names: str) -> None:
    """Put tracks into a server's library without a word."""
    for number, name in enumerate(names):
        samples = sound("high", 50 + number)
        track = Track(f"own-{guild.id}-{number}", name, "Ann", seconds=6.0)
        await Libraries(state).add(guild.id, EmbeddedTrack(track, windows_of(samples)), STAMP, OURS)


@pytest.fixture
def elsewhere(discord_server: Discord) -> Channel:
    """Return a channel of another server, of which Ada is a member too."""
    guild = discord_server.add_guild("Other Club", discord_server.stranger)
    discord_server.world.add_member(guild, discord_server.member)
    return guild.channels[0]


@pytest.fixture
def somebody(discord_server: Discord) -> User:
    """Return a member without any rights to speak of."""
    other = discord_server.add_user("Ida")
    discord_server.world.add_member(discord_server.guild, other)
    return other


async def test_a_track_is_found_as_soon_as_it_is_added(
    discord_with_bot: Discord, somebody: User, state: State
) -> None:
    said = await discord_with_bot.slash(
        "library add", {"file": discord_with_bot.upload("Ann - Ours.wav", OURS)}
    )
    told = await said.final_message()
    assert told.ephemeral
    assert told.text.startswith("**Ours** · Ann is in this server's library now")
    answer = await ask(discord_with_bot, user=somebody)
    line = answer.text.split(f"**{rank_of(answer, 'Ours')}.**")[1].split("**")[2]
    assert "· 🏠 from this server" in line
    assert answer.text.count("from this server") == 1
    same = await ask(discord_with_bot, OURS, user=somebody)
    assert "🎯 This is **Ours** · Ann · 🏠 from this server" in same.text
    (track,) = Libraries(state).tracks(discord_with_bot.guild.id)
    assert (track.title, track.artist, track.artist_known) == ("Ours", "Ann", False)
    known = await add(discord_with_bot, name="Another name.wav")
    assert known == "**Ours** · Ann was in this server's library already."


async def test_it_is_called_what_it_is_called(discord_with_bot: Discord, state: State) -> None:
    tagged = io.BytesIO(wav(sound("low", 41)))
    file = WAVE(tagged)
    file.add_tags()
    file.tags.add(TIT2(encoding=3, text=["Tagged"]))
    file.tags.add(TPE1(encoding=3, text=["Somebody"]))
    tagged.seek(0)
    file.save(tagged)
    await add(discord_with_bot, tagged.getvalue(), "x.wav")
    await add(
        discord_with_bot,
        wav(sound("low", 42)),
        "y.wav",
        title="  By\nhand ",
        artist="Me",
        genre="Noise, Drone",
    )
    tracks = Libraries(state).tracks(discord_with_bot.guild.id)
    assert [(each.title, each.artist, each.artist_known, each.labels) for each in tracks] == [
        ("By hand", "Me", True, ("Noise", "Drone")),
        ("Tagged", "Somebody", True, ()),
    ]


async def test_the_menu_adds_what_a_message_has(
    discord_with_bot: Discord, somebody: User, state: State
) -> None:
    files = [
        discord_with_bot.upload("cover.png", b"PNG"),
        discord_with_bot.upload("Ours.wav", OURS),
    ]
    posted = await discord_with_bot.message(author=somebody, attachments=files)
    added = await discord_with_bot.context_menu("Add to the library", posted)
    assert "**Ours** is in this server's library" in (await added.final_message()).text
    assert len(Libraries(state).tracks(discord_with_bot.guild.id)) == 1
    chat = await discord_with_bot.message(author=somebody, content="hello")
    told = await discord_with_bot.context_menu("Add to the library", chat)
    assert "no audio in that message" in (await told.final_message()).text
    with pytest.raises(NotOfferedError, match="permissions"):
        await discord_with_bot.context_menu("Add to the library", posted, user=somebody)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("cat.png", b"PNG", "cat.png is not audio"),
        ("broken.wav", b"RIFF nothing", "cannot be read as audio"),
        ("quiet.wav", wav(np.zeros(16_000, np.float32)), "is silent"),
    ],
)
async def test_what_cannot_be_heard_is_not_kept(
    discord_with_bot: Discord, state: State, name: str, data: bytes, words: str
) -> None:
    assert words in (await add(discord_with_bot, data, name)).replace("\\", "")
    assert Libraries(state).tracks(discord_with_bot.guild.id) == ()


async def test_a_library_has_an_end(discord_server: Discord, make_bot: MakeBot) -> None:
    async with discord_server.running(make_bot(SOUNDALIKE_LIBRARY="2")):
        await add(discord_server)
        assert "room for 1 more track" in await say(discord_server, "library stats", {})
        await add(discord_server, wav(sound("low", 41)))
        told = await add(discord_server, wav(sound("low", 42)))
        assert "library is full\\: it holds 2 tracks" in told
        assert "/library remove" in told
    assert discord_server.rejections == []


async def test_only_those_a_server_trusts_are_offered_it(
    discord_with_bot: Discord, somebody: User
) -> None:
    for command in ("add", "remove", "list", "stats", "import"):
        with pytest.raises(NotOfferedError, match="permissions"):
            await discord_with_bot.slash(f"library {command}", {}, user=somebody)
    with pytest.raises(NotOfferedError, match="context"):
        await discord_with_bot.slash("library list", {}, channel=discord_with_bot.dm())


async def test_in_a_direct_message_there_is_a_sentence(discord_with_bot: Discord) -> None:
    # As a Discord that loaded the commands some time ago would let them be used.
    for command in discord_with_bot.world.commands.everywhere:
        command["contexts"] = [0, 1, 2]
    there = discord_with_bot.dm()
    uses: list[tuple[str, dict[str, object]]] = [
        ("list", {}),
        ("stats", {}),
        ("remove", {"track": "x"}),
        ("add", {"file": discord_with_bot.upload("a.wav", OURS)}),
        ("import", {"file": discord_with_bot.upload("a.zip", b"PK")}),
    ]
    for command, options in uses:
        told = await say(discord_with_bot, f"library {command}", options, channel=there)
        assert "A library belongs to a server" in told
    assert await discord_with_bot.autocomplete("library remove", "track", "", channel=there) == []


async def test_a_track_is_removed_by_its_name(discord_with_bot: Discord, state: State) -> None:
    guild = discord_with_bot.guild
    await keep(state, guild, "Örtlich", "Another")
    offered = await discord_with_bot.autocomplete("library remove", "track", "ort")
    assert [each["name"] for each in offered] == ["Örtlich · Ann"]
    first = await say(discord_with_bot, "library remove", {"track": offered[0]["value"]})
    assert "**Örtlich** · Ann is no longer" in first
    assert "**Another**" in await say(discord_with_bot, "library remove", {"track": "ANOTHER"})
    assert Libraries(state).tracks(guild.id) == ()
    assert "no such track" in await say(discord_with_bot, "library remove", {"track": "Another"})
    assert "from this server" not in (await ask(discord_with_bot)).text


async def test_the_list_is_turned_also_after_a_restart(
    discord_server: Discord, make_bot: MakeBot, state: State
) -> None:
    async with discord_server.running(make_bot()):
        assert "nothing in it yet" in await say(discord_server, "library list", {})
        names = [f"Song {number:02}" for number in range(29)]
        await keep(state, discord_server.guild, *names, "@everyone **" + "x" * 5_000)
        listed = await (await discord_server.slash("library list", {})).final_message()
        assert listed.ephemeral
        assert "**Song 10** · Ann · 0:06" in listed.text
        assert "Song 11" not in listed.text
        assert "30 tracks" in listed.text
        assert not listed.pings
    async with discord_server.running(make_bot()):
        turned = await discord_server.click(listed, "Next")
        page = await turned.message_where(lambda message: "2 / 3" in str(message.components))
        assert page is listed
        assert "**Song 11**" in page.text
        back = await discord_server.click(page, "Previous")
        await back.message_where(lambda message: "**Song 00**" in message.text)
    assert discord_server.rejections == []


async def test_how_full_it_is(discord_with_bot: Discord, state: State) -> None:
    guild = discord_with_bot.guild
    await keep(state, guild, "One", "Two")
    other = EmbeddedTrack(Track("deaf", "Deaf", seconds=3_600.0), windows_of(sound("low", 3)))
    await Libraries(state).add(guild.id, other, replace(STAMP, space="other-1"), b"")
    text = await say(discord_with_bot, "library stats", {})
    for fact in ("3 tracks", "1:00:12 of music", "0.4 MB", "497 more tracks", "1 track was heard"):
        assert fact in text, text


async def test_its_buttons_do_what_those_of_others_do(
    discord_with_bot: Discord, state: State
) -> None:
    await add(discord_with_bot)
    answer = await ask(discord_with_bot)
    rank = rank_of(answer, "Ours")
    played = await discord_with_bot.click(answer, control(answer, "play", rank))
    preview = await played.final_message(60)
    assert "▶️ **Ours** · Ann, 0:00 – 0:06" in preview.text
    (name,) = [each.filename for each in preview.attachments]
    samples, rate = soundfile.read(io.BytesIO(preview.file(name)))
    assert len(samples) / rate == pytest.approx(6.0, abs=0.1)
    chosen = await discord_with_bot.select(answer, control(answer, "pick"), [str(rank)])
    shown = await chosen.final_message()
    assert "🏠 from this server" in shown.text
    liked = await discord_with_bot.click(shown, control(shown, "like"))
    assert "You like “Ours”" in (await liked.final_message()).text
    (like,) = Likes(state).of(discord_with_bot.member.id)
    assert like.vectors.shape == (1, STAMP.dim)
    why = await (await discord_with_bot.click(shown, "Why?")).final_message()
    assert why.file("why.png")
    more = await (await discord_with_bot.click(shown, "More like this")).final_message()
    assert "This is **Ours** · Ann · 🏠 from this server" in more.text


@pytest.mark.parametrize("at", [30.0, 100.0])
async def test_a_preview_of_a_spot_that_is_not_kept_says_so(
    discord_with_bot: Discord, state: State, at: float
) -> None:
    unlike, alike = (windows_of(sound(*of)).vectors for of in (("shrill", 9), ("low", 40)))
    windows = Windows(np.concatenate([unlike, alike]), np.array([0, at], np.float32))
    track = EmbeddedTrack(Track("long", "Long", "Ann", seconds=180.0), windows)
    beginning = make_excerpt(ClipSource(wav(sound("shrill", 9, 60.0)), "long.wav"))
    await Libraries(state).add(discord_with_bot.guild.id, track, STAMP, beginning)
    answer = await ask(discord_with_bot)
    number = rank_of(answer, "Long")
    played = await discord_with_bot.click(answer, control(answer, "play", number))
    told = (await played.final_message(60)).text
    if at < 60:
        assert told == "▶️ **Long** · Ann, 0:30 – 0:40"
    else:
        assert told.splitlines() == [
            "▶️ **Long** · Ann, 0:00 – 0:10",
            "-# This is how it begins: I keep only its first minute, and it sounds most like the "
            "clip at 1:40.",
        ]


async def test_buttons_of_a_track_that_was_removed_say_so(discord_with_bot: Discord) -> None:
    await add(discord_with_bot)
    answer = await ask(discord_with_bot)
    rank = rank_of(answer, "Ours")
    chosen = await discord_with_bot.select(answer, control(answer, "pick"), [str(rank)])
    shown = await chosen.final_message()
    assert "no longer" in await say(discord_with_bot, "library remove", {"track": "ours"})
    for action, words in (
        ("like", "no longer in the catalogue"),
        ("more", "no longer in the catalogue"),
        ("play", "neither sound nor link of **Ours**"),
    ):
        pressed = await discord_with_bot.click(shown, control(shown, action))
        assert words in (await pressed.final_message()).text


async def test_what_strangers_call_their_files_stays_harmless(
    discord_with_bot: Discord, state: State
) -> None:
    names = [
        f"{n:02} @everyone **[x](https://example.org)** \u202e" + "_" * 9_000 for n in range(13)
    ]
    await keep(state, discord_with_bot.guild, *names)
    listed = await (await discord_with_bot.slash("library list", {})).final_message()
    assert listed.text.count("@everyone") == 12
    assert not listed.pings
    assert "\u202e" not in listed.text
    offered = await discord_with_bot.autocomplete("library remove", "track", "everyone")
    assert len(offered) == 13
    gone = await discord_with_bot.slash("library remove", {"track": offered[0]["value"]})
    assert "is no longer in this server" in (await gone.final_message()).text


async def test_nobody_elsewhere_gets_to_know_of_it(
    discord_with_bot: Discord, elsewhere: Channel, state: State
) -> None:
    discord = discord_with_bot
    await add(discord, title="Secret")
    places = [elsewhere, discord.dm()]
    for place in places:
        clip = discord.upload("clip.wav", OURS)
        found = await (
            await discord.slash("similar", {"file": clip}, channel=place)
        ).final_message()
        assert "Secret" not in found.text
        assert "from this server" not in found.text
        for command, option in (("similar", "track"), ("playlist search", "query")):
            offered = await discord.autocomplete(command, option, "Secret", channel=place)
            assert offered == []
        told = await say(discord, "playlist search", {"query": "Secret"}, channel=place)
        assert "I know no track called Secret" in told
        told = await say(discord, "similar", {"track": "Secret"}, channel=place)
        assert "I know no track called Secret" in told
    (there,) = await discord.autocomplete("similar", "track", "Secret")
    assert there["name"] == "Secret · Ann"


@pytest.mark.parametrize("private", [False, True])
async def test_a_forged_button_elsewhere_shows_nothing_of_it(
    discord_with_bot: Discord, elsewhere: Channel, *, private: bool
) -> None:
    discord = discord_with_bot
    await add(discord, title="Secret")
    ours = await ask(discord, wav(sound("low", 8)))
    rank, own = rank_of(ours, "Secret"), control(ours, "playlist").split(":")[2]
    place = discord.dm() if private else elsewhere
    clip = discord.upload("clip.wav", CLIP)
    theirs = await (await discord.slash("similar", {"file": clip}, channel=place)).final_message()
    foreign = control(theirs, "playlist").split(":")[2]
    shown = await (await discord.select(theirs, control(theirs, "pick"), ["1"])).final_message()
    for message in (theirs, shown):
        for part in message.parts():
            if "custom_id" in part:
                part["custom_id"] = part["custom_id"].replace(foreign, own)
            if part.get("custom_id", "").split(":")[1:2] in (["play"], ["like"], ["more"], ["why"]):
                head = part["custom_id"].rpartition(":")[0]
                part["custom_id"] = f"{head}:{rank}"
    for action in ("more", "play", "like", "why"):
        pressed = await discord.click(shown, control(shown, action))
        assert "has no such result" in (await pressed.final_message()).text
    choice = await (await discord.click(theirs, "Save as playlist")).final_message()
    saved = await (await discord.click(choice, "CSV")).final_message()
    assert b"Secret" not in saved.file(saved.attachments[0].filename)
    turned = await discord.click(theirs, "Next")
    page = await turned.message_where(lambda message: "2 / 3" in message.text)
    assert "Secret" not in page.text


async def test_it_is_there_after_a_restart(
    discord_server: Discord, make_bot: MakeBot, tmp_path: Path
) -> None:
    path = tmp_path / "kept" / "state.sqlite"
    with open_state(path) as before:
        async with discord_server.running(make_bot(remembered=before)):
            await add(discord_server)
            answer = await ask(discord_server)
    with open_state(path) as after:
        async with discord_server.running(make_bot(remembered=after)):
            assert "**Ours**" in (await ask(discord_server)).text
            played = await discord_server.click(
                answer, control(answer, "play", rank_of(answer, "Ours"))
            )
            assert (await played.final_message(60)).attachments
    assert discord_server.rejections == []


async def test_a_host_can_do_without(
    discord_server: Discord, make_bot: MakeBot, state: State
) -> None:
    await keep(state, discord_server.guild, "Kept from before")
    async with discord_server.running(make_bot(SOUNDALIKE_LIBRARY="0")):
        with pytest.raises(NotOfferedError, match="no command 'library'"):
            await discord_server.slash("library list", {})
        posted = await discord_server.message(content="x")
        with pytest.raises(NotOfferedError, match="no command"):
            await discord_server.context_menu("Add to the library", posted)
        assert "from this server" not in (await ask(discord_server, wav(sound("high", 50)))).text
    assert discord_server.rejections == []


async def test_a_server_that_removes_the_bot_has_thirty_days(
    discord_server: Discord, make_bot: MakeBot, state: State, elsewhere: Channel
) -> None:
    libraries = Libraries(state)
    ours, other = discord_server.guild, elsewhere.guild
    assert other is not None
    await keep(state, ours, "Ours")
    await keep(state, other, "Theirs")

    def here(guild: Guild) -> bool:
        return bool(libraries.tracks(guild.id))

    async with discord_server.running(make_bot()):
        await discord_server.remove_bot(ours)
        await discord_server.until(lambda: not here(ours))
        assert here(other)
        await discord_server.invite(ours)
        await discord_server.until(lambda: here(ours))
    # What happens while it is not running is seen when it starts.
    other.has_bot = False
    async with discord_server.running(make_bot()):
        await discord_server.until(lambda: not here(other))
        assert here(ours)
    day = 86_400.0
    (left,) = state.read(
        lambda database: database.execute("SELECT max(left_at) FROM library").fetchone()
    )
    assert await state.write(lambda database: sweep(database, state.kept, left + 29 * day)) == 0
    assert await state.write(lambda database: sweep(database, state.kept, left + 31 * day)) == 1
    assert here(ours)


async def test_what_is_promised_is_said(discord_with_bot: Discord) -> None:
    text = await say(discord_with_bot, "privacy", {})
    (line,) = [line for line in text.splitlines() if line.startswith("- A server's own tracks")]
    assert "for 30 days after the server removed me" in line
    after = text.split(line)[1].splitlines()[1]
    assert after == "-# until you take it back"


@pytest.mark.parametrize(
    ("form", "begins"), [("m3u8", b"#EXTM3U"), ("xspf", b"<?xml"), ("jspf", b"{"), ("csv", b"\xef")]
)
async def test_a_search_is_saved_as_a_playlist(
    discord_with_bot: Discord, form: str, begins: bytes
) -> None:
    options = {"query": "middle", "count": 2, "form": form}
    result = await discord_with_bot.slash("playlist search", options)
    saved = await result.final_message()
    assert saved.ephemeral
    assert "2 tracks as a playlist" in saved.text
    assert saved.file(f"middle.{form}").startswith(begins)


async def test_a_playlist_is_searched_by_what_is_offered(discord_with_bot: Discord) -> None:
    offered = await discord_with_bot.autocomplete("playlist search", "query", "artist mid")
    assert {each["name"] for each in offered[:3]} == {f"Artist middle {n}" for n in range(3)}
    assert offered[3]["name"].startswith("The middle one")
    one = await discord_with_bot.slash("playlist search", {"query": "Artist middle 0"})
    text = (await one.final_message()).file("artist-middle-0.m3u8").decode()
    assert text.count("#EXTINF") == 1
    assert title("middle", 0) in text
    there = discord_with_bot.dm()
    told = await say(discord_with_bot, "playlist search", {"query": "zzz"}, channel=there)
    assert "I know no track called zzz" in told
