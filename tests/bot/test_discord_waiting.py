"""Many ask at once: everybody is acknowledged in time, sees their place, and is answered."""

from __future__ import annotations

import asyncio
import re

from bot.gate import Gate
from models.types import ClipSource, EmbeddedClip, Span
from tests.bot.fakes import MakeBot
from tests.bot.sounds import MelEar, sound, wav
from tests.discord_server.content import Message
from tests.discord_server.driver import Discord
from tests.discord_server.people import Permission, User
from tests.discord_server.results import InteractionResult

EDIT_ORIGINAL = "PATCH /webhooks/{application_id}/{token}/messages/{message_id}"
CLIP = wav(sound("middle", 7, 2.0))


class Slow(MelEar):
    """Hears nothing until it may."""

    def __init__(self) -> None:
        self.go = asyncio.Event()

    async def hear(self, source: ClipSource, span: Span) -> EmbeddedClip:
        await self.go.wait()
        return await super().hear(source, span)


async def test_a_hundred_asks_are_acknowledged_in_time_and_see_their_place(
    discord_server: Discord, make_bot: MakeBot
) -> None:
    ear = Slow()
    bot = make_bot(listener=ear, SOUNDALIKE_PER_MINUTE="100")
    discord_server.channel.bot_permissions &= ~Permission.ATTACH_FILES  # pictures take their time
    async with discord_server.running(bot):
        people = [discord_server.add_user(f"Member {n}") for n in range(108)]
        for each in people:
            discord_server.world.add_member(discord_server.guild, each)
        results = await asyncio.gather(
            *(
                discord_server.slash(
                    "similar",
                    {"file": discord_server.upload(f"{n}.wav", CLIP), "count": 1},
                    user=each,
                )
                for n, each in enumerate(people)
            )
        )
        # The stand-in takes no acknowledgement after three seconds.
        assert all(each.deferred and not each.failed for each in results)
        waiting = results[8:]

        def told() -> bool:
            return sum(_shows_place(text(each)) for each in waiting) == 100

        await discord_server.until(told, 20, "a hundred places")
        shown = sorted(text(each).splitlines()[0] for each in waiting)
        assert shown.count("**You are next.**") == 1
        assert shown.count("**1 is before you.**") == 1
        assert "**99 are before you.**" in shown
        assert len(set(shown)) == 100
        assert not any(text(results[n]) for n in range(8))
        ear.go.set()
        answers = await asyncio.gather(
            *(result.message_where(_is_answer, 60) for result in results)
        )
        assert not any(each.pings for each in answers)
    assert discord_server.rejections == []


def text(result: InteractionResult) -> str:
    return result.original.text if result.original else ""


def _is_answer(message: Message) -> bool:
    return "The middle one" in message.text


def _shows_place(text: str) -> bool:
    return "before you." in text or "You are next." in text


async def test_an_answer_that_is_refused_where_a_place_was_shown_comes_as_text(
    discord_server: Discord, make_bot: MakeBot
) -> None:
    bot = make_bot()
    bot.gate = Gate(1, 4, 60.0)
    discord_server.channel.bot_permissions &= ~Permission.ATTACH_FILES
    async with discord_server.running(bot):
        async with bot.gate.turn():
            asked = await discord_server.slash(
                "similar", {"file": discord_server.upload("c.wav", CLIP)}
            )
            await discord_server.until(lambda: _shows_place(text(asked)), 10, "a place")
            discord_server.fail_next(EDIT_ORIGINAL, 400)
        await discord_server.until(lambda: "**1.**" in text(asked), 10, "the answer")
    assert asked.original is not None
    assert asked.original.embeds == []
    assert "answer:" not in str(asked.original.components)
    # The one above, and an embed: that none can stand there any more is found out by trying.
    assert len(discord_server.rejections) == 2


async def test_messages_that_wait_only_show_typing(
    discord_server: Discord, make_bot: MakeBot
) -> None:
    ear = Slow()
    people = [discord_server.add_user(f"Member {n}") for n in range(9)]
    async with discord_server.running(make_bot(listener=ear)):
        dropped = [
            await discord_server.message(
                discord_server.dm(each),
                author=each,
                attachments=[discord_server.upload("a.wav", CLIP)],
            )
            for each in people
        ]
        await discord_server.until(lambda: all(discord_server.dm(each).typings for each in people))
        await asyncio.sleep(1.2)
        assert all(len(discord_server.messages(discord_server.dm(each))) == 1 for each in people)
        ear.go.set()
        for each in dropped:
            assert _is_answer(await discord_server.next_message(each, 30))
    assert discord_server.rejections == []


async def test_who_asks_too_often_is_told_when_and_the_owner_is_not(
    discord_server: Discord, make_bot: MakeBot
) -> None:
    async with discord_server.running(make_bot(SOUNDALIKE_PER_MINUTE="2")):

        async def ask(user: User) -> Message:
            result = await discord_server.slash(
                "similar", {"file": discord_server.upload("a.wav", CLIP)}, user=user
            )
            return await result.final_message()

        other = discord_server.add_user("Ida")
        discord_server.world.add_member(discord_server.guild, other)
        said = [await ask(other) for _ in range(3)]
        assert [_is_answer(each) for each in said] == [True, True, False]
        assert said[2].ephemeral
        found = re.search(r"Ask again in (\d+) seconds\.", said[2].text)
        assert found
        assert 2 <= int(found[1]) <= 60
        # The stand-in's application belongs to Ada.
        assert all([_is_answer(await ask(discord_server.member)) for _ in range(4)])
        dropped = await discord_server.message(
            discord_server.dm(other), other, attachments=[discord_server.upload("a.wav", CLIP)]
        )
        assert "Ask again in" in (await discord_server.next_message(dropped)).text
    assert discord_server.rejections == []


async def test_a_server_that_asks_too_often_is_told_apart(
    discord_server: Discord, make_bot: MakeBot
) -> None:
    people = [discord_server.add_user(f"Member {n}") for n in range(6)]
    for each in people:
        discord_server.world.add_member(discord_server.guild, each)
    async with discord_server.running(make_bot(SOUNDALIKE_PER_MINUTE="1")):
        texts = []
        for each in people:
            file = {"file": discord_server.upload("a.wav", CLIP)}
            result = await discord_server.slash("similar", file, user=each)
            texts.append((await result.final_message()).text)
    assert ["The middle one" in each for each in texts] == [True] * 5 + [False]
    assert "People ask more often here" in texts[5]
