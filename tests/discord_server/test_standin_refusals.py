"""Interactions answered wrongly: too late, twice, with a stale token, or with nothing to edit."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import discord
import pytest
from discord.http import MultipartParameters
from discord.webhook.async_ import async_context

from tests.discord_server.driver import Discord
from tests.discord_server.people import MIB

Answer = Callable[[discord.Interaction], Awaitable[Any]]

DO = {"name": "do", "description": "Do something", "type": 1}
FOR_USERS = {"name": "mine", "description": "Do it for me", "type": 1, "integration_types": [1]}


class OneAnswer(discord.Client):
    """Answers every interaction as a test says, and keeps what came of it."""

    def __init__(self, server: Discord) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True),
            connector=server.connector(),
            guild_ready_timeout=0.01,
        )
        self.answer: Answer | None = None
        self.outcome: asyncio.Future[Any] | None = None

    async def setup_hook(self) -> None:
        assert self.application_id
        payload: Any = [DO, FOR_USERS]
        await self.http.bulk_upsert_global_commands(self.application_id, payload=payload)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        assert self.answer
        assert self.outcome
        try:
            self.outcome.set_result(await self.answer(interaction))
        except discord.HTTPException as error:
            self.outcome.set_exception(error)


@pytest.fixture
async def wrong(discord_server: Discord) -> AsyncIterator[OneAnswer]:
    client = OneAnswer(discord_server)
    async with discord_server.running(client):
        yield client


async def attempt(
    server: Discord, client: OneAnswer, answer: Answer, command: str = "do", **who: Any
) -> tuple[int, int] | None:
    """Let a client answer a command; return the status and the code if it is refused."""
    client.answer = answer
    client.outcome = asyncio.get_running_loop().create_future()
    await server.slash(command, wait=False, **who)
    try:
        await asyncio.wait_for(client.outcome, 30)
    except discord.HTTPException as refusal:
        return refusal.status, refusal.code
    return None


async def callback(interaction: discord.Interaction, payload: dict[str, Any]) -> Any:
    """Answer without the checks that discord.py makes by itself."""
    return await async_context.get().create_interaction_response(
        interaction.id,
        interaction.token,
        session=interaction.client.http._HTTPClient__session,  # type: ignore[attr-defined]
        params=MultipartParameters(payload=payload, multipart=None, files=None),
    )


async def test_too_late(discord_server: Discord, wrong: OneAnswer) -> None:
    async def answer(interaction: discord.Interaction) -> None:
        discord_server.advance(3.1)
        await interaction.response.send_message("Sorry, I was asleep.")

    assert await attempt(discord_server, wrong, answer) == (404, 10062)
    assert discord_server.messages() == []


async def test_the_user_reads_that_the_app_did_not_respond(
    discord_server: Discord, wrong: OneAnswer
) -> None:
    async def answer(interaction: discord.Interaction) -> None:
        """Say nothing."""

    wrong.answer, wrong.outcome = answer, asyncio.get_running_loop().create_future()
    result = await discord_server.slash("do", wait=False)
    discord_server.advance(3.1)
    await result.acknowledgement()
    assert result.failed
    with pytest.raises(AssertionError, match="did not respond"):
        await result.final_message()


async def test_twice(discord_server: Discord, wrong: OneAnswer) -> None:
    async def answer(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        await callback(interaction, {"type": 4, "data": {"content": "again"}})

    assert await attempt(discord_server, wrong, answer) == (400, 40060)


async def test_a_foreign_token(discord_server: Discord, wrong: OneAnswer) -> None:
    async def answer(interaction: discord.Interaction) -> None:
        interaction.token = "guessed"
        await interaction.response.send_message("hello")

    assert await attempt(discord_server, wrong, answer) == (404, 10062)


async def test_a_refused_form_is_no_acknowledgement(
    discord_server: Discord, wrong: OneAnswer
) -> None:
    async def answer(interaction: discord.Interaction) -> None:
        with pytest.raises(discord.HTTPException):
            await interaction.response.send_message("x" * 2001)
        await interaction.response.send_message("x" * 2000)

    assert await attempt(discord_server, wrong, answer) is None
    assert discord_server.rejections[0].body["errors"]["data"]["content"]


@pytest.mark.parametrize("kind", [1, 6, 7, 8, 42])
async def test_a_callback_that_does_not_fit(
    discord_server: Discord, wrong: OneAnswer, kind: int
) -> None:
    async def answer(interaction: discord.Interaction) -> None:
        await callback(interaction, {"type": kind, "data": {"content": "hello"}})

    assert await attempt(discord_server, wrong, answer) == (400, 50035)


async def test_an_empty_response(discord_server: Discord, wrong: OneAnswer) -> None:
    async def answer(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("")

    assert await attempt(discord_server, wrong, answer) == (400, 50006)


async def test_after_fifteen_minutes(discord_server: Discord, wrong: OneAnswer) -> None:
    async def answer(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        discord_server.advance(15 * 60 + 1)
        await interaction.edit_original_response(content="done at last")

    assert await attempt(discord_server, wrong, answer) == (401, 50027)


async def test_editing_before_answering(discord_server: Discord, wrong: OneAnswer) -> None:
    async def answer(interaction: discord.Interaction) -> None:
        await interaction.edit_original_response(content="hello")

    assert await attempt(discord_server, wrong, answer) == (404, 10015)


async def test_following_up_before_answering(discord_server: Discord, wrong: OneAnswer) -> None:
    async def answer(interaction: discord.Interaction) -> None:
        await interaction.followup.send("hello")

    assert await attempt(discord_server, wrong, answer) == (404, 10015)


async def test_editing_what_was_deleted(discord_server: Discord, wrong: OneAnswer) -> None:
    async def answer(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("hello")
        await interaction.delete_original_response()
        await interaction.edit_original_response(content="hello again")

    assert await attempt(discord_server, wrong, answer) == (404, 10008)


async def test_a_file_beyond_the_limit(discord_server: Discord, wrong: OneAnswer) -> None:
    discord_server.guild.upload_limit = MIB

    async def answer(interaction: discord.Interaction) -> None:
        assert interaction.filesize_limit == MIB
        await interaction.response.defer()
        file = discord.File(io.BytesIO(bytes(MIB + 1)), "big.bin")
        await interaction.edit_original_response(attachments=[file])

    assert await attempt(discord_server, wrong, answer) == (413, 40005)


async def test_too_many_files(discord_server: Discord, wrong: OneAnswer) -> None:
    async def answer(interaction: discord.Interaction) -> None:
        files = [discord.File(io.BytesIO(b"x"), f"{number}.bin") for number in range(11)]
        await interaction.response.defer()
        await interaction.edit_original_response(attachments=files)

    assert await attempt(discord_server, wrong, answer) == (400, 30015)


async def test_a_modal_of_nothing(discord_server: Discord, wrong: OneAnswer) -> None:
    async def answer(interaction: discord.Interaction) -> None:
        modal = {"title": "t" * 46, "custom_id": "m", "components": []}
        await callback(interaction, {"type": 9, "data": modal})

    assert await attempt(discord_server, wrong, answer) == (400, 50035)
    wrong_fields = discord_server.rejections[0].body["errors"]["data"]
    assert set(wrong_fields) == {"title", "components"}


async def test_a_modal_of_wrong_fields(discord_server: Discord, wrong: OneAnswer) -> None:
    field = {"type": 4, "custom_id": "f", "label": "Field", "style": 3}
    parts = [
        {"type": 1, "components": [field]},
        {"type": 1, "components": [{"type": 2}]},
        {"type": 18, "label": "l" * 46, "component": {"type": 19, "custom_id": "c" * 101}},
        {"type": 10, "content": ""},
        {"type": 9},
    ]

    async def answer(interaction: discord.Interaction) -> None:
        modal = {"title": "Form", "custom_id": "m", "components": parts}
        await callback(interaction, {"type": 9, "data": modal})

    assert await attempt(discord_server, wrong, answer) == (400, 50035)
    found = discord_server.rejections[0].body["errors"]["data"]["components"]
    assert set(found) == {"0", "1", "2", "3", "4"}


async def test_user_installs_get_five_followups(discord_server: Discord, wrong: OneAnswer) -> None:
    grace = discord_server.add_user("Grace", installed_app=True)

    async def answer(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("0")
        for number in range(1, 7):
            await interaction.followup.send(str(number))

    assert await attempt(discord_server, wrong, answer, "mine", user=grace) == (400, 40094)
    assert [each.content for each in discord_server.messages()] == list("012345")


async def test_the_first_followup_fills_a_deferral(
    discord_server: Discord, wrong: OneAnswer
) -> None:
    async def answer(interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.followup.send("answer")

    wrong.answer, wrong.outcome = answer, asyncio.get_running_loop().create_future()
    result = await discord_server.slash("do")
    message = await result.final_message()
    assert message.ephemeral
    assert result.responses == [message]
