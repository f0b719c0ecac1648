"""The buttons of an answer over the wire: pages, panels, previews, why, more, thumbs, playlists."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from discord import ui
from PIL import Image

from index.answers import DAYS
from index.likes import Likes
from index.opened import Index, open_index
from index.state import open_state
from index.state_file import State
from tests.bot.fakes import MakeBot
from tests.bot.sounds import build_index, sound, title, wav
from tests.discord_server.content import Message
from tests.discord_server.driver import Discord
from tests.discord_server.people import Permission

CLIP = wav(sound("low", 7))
EDIT_ORIGINAL = "PATCH /webhooks/{application_id}/{token}/messages/{message_id}"


async def ask(discord: Discord, **more: object) -> Message:
    clip = discord.upload("clip.wav", CLIP)
    return await (await discord.slash("similar", {"file": clip}, **more)).final_message()


def ids(message: Message) -> list[str]:
    return [part["custom_id"] for part in message.parts() if part.get("custom_id")]


def control(message: Message, action: str, number: int | None = None) -> str:
    """Return the custom_id of a control by its action, and its number where there are several."""
    for each in ids(message):
        _, name, _, found = each.split(":")
        if name == action and number in (None, int(found)):
            return each
    raise AssertionError(f"no {action} {number} among {ids(message)}")


def ranks(message: Message) -> list[str]:
    lines = [line for line in message.text.splitlines() if line.startswith("**")]
    return [line[2 : line.index(".")] for line in lines]


async def panel(discord: Discord, answer: Message, rank: str = "1", **more: object) -> Message:
    chosen = await discord.select(answer, control(answer, "pick"), [rank], **more)
    return await chosen.final_message()


async def test_the_asker_turns_the_card_itself(discord_with_bot: Discord) -> None:
    answer = await ask(discord_with_bot)
    assert ranks(answer) == list("12345")
    turned = await discord_with_bot.click(answer, "Next")
    page = await turned.message_where(lambda message: "**6.**" in message.text)
    assert page is answer
    assert ranks(page)[0] == "6"
    # The picture stays, named by its address.
    assert page.file("clip.png")
    assert not page.ephemeral
    back = await discord_with_bot.click(page, "Previous")
    assert ranks(await back.message_where(lambda message: "**1.**" in message.text)) == list(
        "12345"
    )
    assert page.file("clip.png")


async def test_somebody_else_gets_a_copy_of_their_own(discord_with_bot: Discord) -> None:
    answer = await ask(discord_with_bot)
    other = discord_with_bot.add_user("Member")
    discord_with_bot.world.add_member(discord_with_bot.guild, other)
    turned = await discord_with_bot.click(answer, "Next", user=other)
    copy = await turned.final_message()
    assert copy is not answer
    assert copy.ephemeral
    assert ranks(copy)[0] == "6"
    assert ranks(answer) == list("12345")
    # And they can go on turning theirs.
    again = await discord_with_bot.click(copy, "Previous", user=other)
    page = await again.message_where(lambda message: "**1.**" in message.text)
    assert page is copy
    pictures = [part for part in page.parts() if part["type"] == 12]
    assert pictures[0]["items"][0]["media"]["url"].startswith("https://")


async def test_the_panel_is_for_who_chose(discord_with_bot: Discord) -> None:
    answer = await ask(discord_with_bot)
    shown = await panel(discord_with_bot, answer, "2")
    assert shown.ephemeral
    assert shown.text.startswith("**2.** **The low one")
    actions = [each.split(":")[1] for each in ids(shown)]
    assert actions == ["more", "play", "like", "dislike", "why"]


async def test_more_like_this_counts_as_an_ask(discord_server: Discord, make_bot: MakeBot) -> None:
    someone = discord_server.add_user("Someone")
    discord_server.world.add_member(discord_server.guild, someone)
    async with discord_server.running(make_bot(SOUNDALIKE_PER_MINUTE="2")):
        answer = await ask(discord_server, user=someone)
        shown = await panel(discord_server, answer, user=someone)
        more = await (
            await discord_server.click(shown, "More like this", user=someone)
        ).final_message()
        assert ranks(more)
        again = await discord_server.click(shown, "More like this", user=someone)
        assert "You asked more often than I can listen" in (await again.final_message()).text
    assert discord_server.rejections == []


async def test_more_like_a_result_is_an_answer_of_its_own(discord_with_bot: Discord) -> None:
    answer = await ask(discord_with_bot)
    shown = await panel(discord_with_bot, answer)
    name = shown.text.splitlines()[0].split("**")[3]
    more = await (await discord_with_bot.click(shown, "More like this")).final_message()
    assert more.ephemeral
    assert f"🎧 {name}" in more.text
    assert f"This is **{name}**" in more.text
    turned = await discord_with_bot.click(more, "Next")
    assert (await turned.message_where(lambda message: "**6.**" in message.text)) is more


async def test_why_is_a_picture_and_a_sentence(discord_with_bot: Discord) -> None:
    answer = await ask(discord_with_bot)
    shown = await panel(discord_with_bot, answer)
    why = await (await discord_with_bot.click(shown, "Why?")).final_message()
    assert why.ephemeral
    assert "0:00 of the clip sounds like 0:00 of the track (very similar)" in why.text
    with Image.open(io.BytesIO(why.file("why.png"))) as picture:
        assert picture.size == (1200, 390)


async def test_thumbs_are_remembered_and_taken_back(
    discord_with_bot: Discord, state: State
) -> None:
    answer = await ask(discord_with_bot)
    shown = await panel(discord_with_bot, answer)
    person = discord_with_bot.member.id

    async def press(name: str) -> str:
        pressed = await discord_with_bot.click(shown, control(shown, name))
        return (await pressed.final_message()).text

    assert "You like “The low one" in await press("like")
    (like,) = Likes(state).of(person)
    assert (like.vote, like.space, like.vectors.shape) == (1, "mean-mel-1", (1, 64))
    assert "is not for you" in await press("dislike")
    assert [each.vote for each in Likes(state).of(person)] == [-1]
    assert "taken back" in await press("dislike")
    assert Likes(state).of(person) == ()


@pytest.mark.parametrize(
    ("label", "begins"),
    [
        ("M3U8", b"#EXTM3U"),
        ("XSPF", b"<?xml"),
        ("JSPF", b"{"),
        ("CSV", b"\xef\xbb\xbftitle,artist"),
    ],
)
async def test_all_results_are_saved_as_a_playlist(
    discord_with_bot: Discord, label: str, begins: bytes
) -> None:
    answer = await ask(discord_with_bot)
    choice = await (await discord_with_bot.click(answer, "Save as playlist")).final_message()
    assert choice.ephemeral
    assert [each["label"] for each in choice.buttons] == ["M3U8", "XSPF", "JSPF", "CSV"]
    saved = await (await discord_with_bot.click(choice, label)).final_message()
    assert saved.ephemeral
    data = saved.file(f"sounds-like-clip-wav.{label.lower()}")
    assert data.startswith(begins)
    assert data.count(b"https://example.org/") > 5


async def test_without_a_file_the_link_is_said(discord_with_bot: Discord) -> None:
    answer = await ask(discord_with_bot)
    played = await discord_with_bot.click(answer, control(answer, "play", 1))
    told = await played.final_message()
    assert told.ephemeral
    assert "I have no sound of **The low one" in told.text
    (button,) = told.buttons
    assert button["url"].startswith("https://example.org/low/")
    assert button["url"].endswith("#t=0")


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("music")
    build_index(place / "index", music=place / "files")
    cover = io.BytesIO()
    Image.new("RGB", (400, 300), (200, 30, 90)).save(cover, "PNG")
    (place / "files" / "low" / "cover.png").write_bytes(cover.getvalue())
    return place


@pytest.fixture
def music_index(music: Path) -> Iterator[Index]:
    with open_index(music / "index") as index:
        yield index


@pytest.fixture
async def discord_with_music(
    discord_server: Discord, make_bot: MakeBot, music_index: Index
) -> AsyncIterator[Discord]:
    async with discord_server.running(make_bot(index=music_index)):
        yield discord_server
    assert discord_server.rejections == []


async def test_a_preview_is_ten_seconds_of_sound(discord_with_music: Discord) -> None:
    answer = await ask(discord_with_music)
    played = await discord_with_music.click(answer, control(answer, "play", 1))
    preview = await played.final_message(60)
    assert preview.ephemeral
    assert "▶️ **The low one" in preview.text
    assert "0:00 – 0:06" in preview.text
    (name,) = [each.filename for each in preview.attachments]
    samples, rate = soundfile.read(io.BytesIO(preview.file(name)))
    assert len(samples) / rate == pytest.approx(6.0, abs=0.1)
    assert np.abs(samples).max() <= 1.0


async def test_covers_are_shown_and_change_with_the_page(discord_with_music: Discord) -> None:
    answer = await ask(discord_with_music)
    covers = [each.filename for each in answer.attachments if each.filename.startswith("cover")]
    assert covers == ["cover-1.jpg", "cover-2.jpg", "cover-3.jpg"]  # the low ones lead
    with Image.open(io.BytesIO(answer.file("cover-1.jpg"))) as cover:
        assert cover.size == (160, 160)
    assert control(answer, "play", 5)
    turned = await discord_with_music.click(answer, "Next")
    page = await turned.message_where(lambda message: "**6.**" in message.text)
    assert [each.filename for each in page.attachments] == ["clip.png"]
    shown = await panel(discord_with_music, await ask(discord_with_music))
    assert shown.file("cover.jpg")


async def test_without_the_right_to_attach_there_is_a_sentence(
    discord_with_music: Discord,
) -> None:
    discord_with_music.channel.bot_permissions &= ~Permission.ATTACH_FILES
    answer = await ask(discord_with_music)
    assert answer.attachments == []
    for action in ("play", "playlist"):
        pressed = await discord_with_music.click(answer, control(answer, action))
        assert "may not attach files here" in (await pressed.final_message()).text
    shown = await panel(discord_with_music, answer)
    why = await (await discord_with_music.click(shown, "Why?")).final_message()
    assert "sounds like" in why.text
    assert why.attachments == []


async def test_buttons_survive_a_restart(
    discord_server: Discord, make_bot: MakeBot, tmp_path: Path
) -> None:
    path = tmp_path / "kept" / "state.sqlite"
    with open_state(path) as before:
        async with discord_server.running(make_bot(remembered=before)):
            answer = await ask(discord_server)
            shown = await panel(discord_server, answer)
            saving = await discord_server.click(answer, "Save as playlist")
            choice = await saving.final_message()
    with open_state(path) as after:
        async with discord_server.running(make_bot(remembered=after)):
            turned = await discord_server.click(answer, "Next")
            await turned.message_where(lambda message: "**6.**" in message.text)
            assert answer.file("clip.png")
            why = await (await discord_server.click(shown, "Why?")).final_message()
            assert "sounds like" in why.text
            await panel(discord_server, answer, "7")
            saved = await (await discord_server.click(choice, "CSV")).final_message()
            assert saved.file("sounds-like-clip-wav.csv")
    assert discord_server.rejections == []


async def test_buttons_in_a_direct_message(discord_with_bot: Discord) -> None:
    place = discord_with_bot.dm()
    clip = discord_with_bot.upload("clip.wav", CLIP)
    dropped = await discord_with_bot.message(place, attachments=[clip])
    answer = await discord_with_bot.next_message(dropped)
    turned = await discord_with_bot.click(answer, "Next")
    assert await turned.message_where(lambda message: "**6.**" in message.text) is answer
    assert (await panel(discord_with_bot, answer, "6")).text.startswith("**6.**")


async def test_an_old_answer_says_so(discord_with_bot: Discord, state: State) -> None:
    answer = await ask(discord_with_bot)
    await state.write(
        lambda db: db.execute("UPDATE answers SET created = created - ?", (DAYS * 86_400 + 1,))
    )
    pressed = await discord_with_bot.click(answer, "Next")
    told = await pressed.final_message()
    assert told.ephemeral
    assert "older than 30 days" in told.text
    assert ranks(answer) == list("12345")


async def test_a_button_of_another_version_says_so(
    discord_with_bot: Discord, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("bot.card.answer.play_button", old_button)
        answer = await ask(discord_with_bot)
    pressed = await discord_with_bot.click(answer, "Dance")
    assert "of another version" in (await pressed.final_message()).text


def old_button(answer_id: str, rank: int, label: str | None = None) -> ui.Button:
    return ui.Button(label="Dance", custom_id=f"answer:dance:{answer_id}:{rank}")


async def test_a_track_that_is_gone_says_so(
    discord_server: Discord, make_bot: MakeBot, tmp_path: Path, sound_index: Index
) -> None:
    bot = make_bot()
    async with discord_server.running(bot):
        answer = await ask(discord_server)
        shown = await panel(discord_server, answer)
    build_index(tmp_path / "other", titles={})
    with open_index(tmp_path / "other") as other:
        gone = _Forgetful(other, sound_index)
        async with discord_server.running(make_bot(index=gone)):
            for action in ("more", "like"):
                pressed = await discord_server.click(shown, control(shown, action))
                told = await pressed.final_message()
                assert "no longer in the catalogue" in told.text
            played = await discord_server.click(shown, control(shown, "play"))
            assert "I have no sound of" in (await played.final_message()).text
            turned = await discord_server.click(answer, "Next")
            await turned.message_where(lambda message: "**6.**" in message.text)
    assert discord_server.rejections == []


class _Forgetful:
    """An index that finds none of the tracks it is asked for by id."""

    def __init__(self, index: Index, _before: Index) -> None:
        self._index = index

    def __getattr__(self, name: str) -> object:
        return getattr(self._index, name)

    def __len__(self) -> int:
        return len(self._index)

    def find(self, track_id: str) -> object:
        return self._index.find("0" * 64)


async def test_buttons_where_only_the_person_installed_it(discord_with_bot: Discord) -> None:
    person = discord_with_bot.stranger
    person.installed_app = True
    elsewhere = discord_with_bot.add_guild("Elsewhere", person, has_bot=False).channels[0]
    answer = await ask(discord_with_bot, user=person, channel=elsewhere)
    turned = await discord_with_bot.click(answer, "Next", user=person)
    assert await turned.message_where(lambda message: "**6.**" in message.text) is answer
    shown = await panel(discord_with_bot, answer, "6", user=person)
    why = await discord_with_bot.click(shown, "Why?", user=person)
    assert "sounds like" in (await why.final_message()).text


async def test_two_people_press_one_card_at_once(discord_with_bot: Discord) -> None:
    answer = await ask(discord_with_bot)
    other = discord_with_bot.add_user("Member")
    discord_with_bot.world.add_member(discord_with_bot.guild, other)
    first = await discord_with_bot.click(answer, "Next", wait=False)
    second = await discord_with_bot.click(answer, "Next", user=other, wait=False)
    own = await first.message_where(lambda message: "**6.**" in message.text)
    copy = await second.final_message()
    assert (own is answer, copy is answer, copy.ephemeral) == (True, False, True)


async def test_somebody_busy_is_told_beside_the_card(
    discord_server: Discord, make_bot: MakeBot
) -> None:
    bot = make_bot()
    async with discord_server.running(bot):
        answer = await ask(discord_server)
        with bot.gate.place(discord_server.member.id), bot.gate.place(discord_server.member.id):
            pressed = await discord_server.click(answer, "Next")
            told = await pressed.final_message()
    assert told.ephemeral
    assert "busy with your last clips" in told.text


async def test_an_accident_in_a_button_is_a_sentence(
    discord_server: Discord,
    make_bot: MakeBot,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def clumsy(*given: object) -> bytes:
        raise KeyError(given)

    monkeypatch.setattr("bot.answers.why.draw_why", clumsy)
    async with discord_server.running(make_bot()):
        answer = await ask(discord_server)
        shown = await panel(discord_server, answer)
        told = await (await discord_server.click(shown, "Why?")).final_message()
    assert "Something went wrong on my side" in told.text
    assert "KeyError" in caplog.text
    assert "Why(" not in caplog.text


async def test_a_card_deleted_while_it_is_turned(
    discord_server: Discord, make_bot: MakeBot
) -> None:
    async with discord_server.running(make_bot()):
        answer = await ask(discord_server)
        turned = await discord_server.click(answer, "Next", wait=False)
        answer.deleted = True
        page = await turned.message_where(lambda message: "**6.**" in message.text)
    assert page.ephemeral
    assert page is not answer


async def test_a_state_that_fails_costs_the_buttons_and_not_the_answer(
    discord_server: Discord,
    make_bot: MakeBot,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with open_state(tmp_path / "broken.sqlite") as state:
        async with discord_server.running(make_bot(remembered=state)):
            await state.write(lambda db: db.execute("DROP TABLE answers"))
            answer = await ask(discord_server)
    assert title("low", 0)[:11] in answer.text
    assert ids(answer) == []
    assert "no such table" in caplog.text


async def test_where_a_layout_is_refused_an_embed_goes(
    discord_server: Discord, make_bot: MakeBot, caplog: pytest.LogCaptureFixture
) -> None:
    async with discord_server.running(make_bot()):
        discord_server.fail_next(EDIT_ORIGINAL, 400)
        answer = await ask(discord_server)
    assert answer.components == []
    (embed,) = answer.embeds
    assert "**1.** **The low one" in embed["description"]
    assert "an embed was sent" in caplog.text


async def test_a_page_that_is_refused_leaves_the_card_and_is_told_beside_it(
    discord_server: Discord, make_bot: MakeBot
) -> None:
    async with discord_server.running(make_bot()):
        answer = await ask(discord_server)
        discord_server.fail_next(EDIT_ORIGINAL, 400)
        turned = await discord_server.click(answer, "Next", wait=False)
        beside = await turned.message_where(lambda message: bool(message.embeds))
        assert beside.ephemeral
        assert "**6.**" in beside.embeds[0]["description"]
        assert ranks(answer) == list("12345")
        assert ids(answer)
    assert len(discord_server.rejections) == 1


async def test_a_refused_layout_in_a_direct_message_becomes_an_embed(
    discord_server: Discord, make_bot: MakeBot
) -> None:
    async with discord_server.running(make_bot()):
        discord_server.fail_next("POST /channels/{channel_id}/messages", 400)
        clip = discord_server.upload("clip.wav", CLIP)
        dropped = await discord_server.message(discord_server.dm(), attachments=[clip])
        answer = await discord_server.next_message(dropped)
    assert "**1.** **The low one" in answer.embeds[0]["description"]


async def test_without_the_right_to_embed_the_card_is_whole(discord_with_bot: Discord) -> None:
    discord_with_bot.channel.bot_permissions &= ~Permission.EMBED_LINKS
    assert ids(await ask(discord_with_bot))


async def test_what_was_put_away_before_it_came_is_no_accident(
    discord_server: Discord,
    make_bot: MakeBot,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def put_away(*_: object) -> str:
        *_, last = discord_server.world.interactions.values()
        last.original.deleted = True
        return "list.csv"

    caplog.set_level("INFO")
    monkeypatch.setattr("bot.answers.playlist.file_name", put_away)
    async with discord_server.running(make_bot()):
        answer = await ask(discord_server)
        choice = await (await discord_server.click(answer, "Save as playlist")).final_message()
        await discord_server.click(choice, "CSV")
        await discord_server.until(lambda: "put an answer away" in caplog.text, 10)
        await discord_server.quiet()
    assert "unexpected" not in caplog.text
