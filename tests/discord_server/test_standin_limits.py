"""What Discord refuses in a message, refused with its codes and at the right place."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from discord.http import Route

from tests.discord_server.driver import Discord

V2 = 1 << 15

Json = dict[str, Any]


async def post(client: discord.Client, channel_id: int, payload: Json) -> Json:
    route = Route("POST", "/channels/{channel_id}/messages", channel_id=channel_id)
    return await client.http.request(route, json=payload)


def mistakes(server: Discord) -> dict[str, str]:
    """Flatten the last refusal to {path: code}."""
    found: dict[str, str] = {}

    def walk(node: Json, path: str) -> None:
        for error in node.get("_errors", []):
            found[path] = error["code"]
        for key, inner in node.items():
            if key != "_errors":
                walk(inner, f"{path}.{key}".strip("."))

    walk(server.rejections[-1].body["errors"], "")
    return found


def embed(**traits: Any) -> Json:
    return {"embeds": [{"description": "fine", **traits}]}


def button(**traits: Any) -> Json:
    return {"type": 2, "style": 1, "label": "Press", "custom_id": "press", **traits}


def row(*parts: Json) -> Json:
    return {"type": 1, "components": list(parts)}


def legacy(*rows: Json) -> Json:
    return {"content": "fine", "components": list(rows)}


def layout(*parts: Json, **traits: Any) -> Json:
    return {"flags": V2, "components": list(parts), **traits}


def text(content: str = "fine") -> Json:
    return {"type": 10, "content": content}


def section(*texts: Json, **traits: Any) -> Json:
    return {"type": 9, "components": list(texts), "accessory": button(), **traits}


def gallery(*urls: str) -> Json:
    return {"type": 12, "items": [{"media": {"url": url}} for url in urls]}


def select(*values: str) -> Json:
    options = [{"label": value, "value": value} for value in values]
    return {"type": 3, "custom_id": "choose", "options": options}


FIELD = {"name": "a", "value": "b"}
LONG_FIELDS = [{"name": "n" * 256, "value": "v" * 1024}] * 5
PAGE = "https://example.com/a.png"
BUTTONS = [button(custom_id=str(number)) for number in range(6)]

FINE = {
    "longest content": {"content": "x" * 2000},
    "longest embed": embed(
        title="t" * 256,
        description="d" * 4096,
        footer={"text": "f" * 1000},
        author={"name": "a" * 256},
    ),
    "most fields": embed(fields=[FIELD] * 25),
    "most buttons": legacy(
        *(row(*(button(custom_id=f"{r}{c}") for c in range(5))) for r in range(5))
    ),
    "a link": legacy(row({"type": 2, "style": 5, "label": "Go", "url": PAGE})),
    "a select": legacy(row(select("a", "b"))),
    "a layout": layout(
        {"type": 17, "components": [section(text(), text(), text()), gallery(PAGE)]},
        {"type": 14},
        row(button(custom_id="other")),
    ),
    "every part of a layout": layout(
        section(text(), accessory={"type": 11, "media": {"url": PAGE}, "description": "d"}),
        {"type": 14, "spacing": 2},
        row({"type": 5, "custom_id": "who", "max_values": 5}),
    ),
    "an emoji alone": legacy(row(button(label=None, emoji={"name": "🎵"}))),
    "most parts": layout(*(text() for _ in range(40))),
    "most text": layout(text("x" * 4000)),
}

WRONG = {
    "long content": ({"content": "x" * 2001}, {"content": "BASE_TYPE_MAX_LENGTH"}),
    "many embeds": ({"embeds": [{"title": "t"}] * 11}, {"embeds": "BASE_TYPE_MAX_LENGTH"}),
    "title": (embed(title="t" * 257), {"embeds.0.title": "BASE_TYPE_MAX_LENGTH"}),
    "description": (
        embed(description="d" * 4097),
        {"embeds.0.description": "BASE_TYPE_MAX_LENGTH"},
    ),
    "fields": (embed(fields=[FIELD] * 26), {"embeds.0.fields": "BASE_TYPE_MAX_LENGTH"}),
    "field name": (
        embed(fields=[FIELD, {"name": "n" * 257, "value": "v"}]),
        {"embeds.0.fields.1.name": "BASE_TYPE_BAD_LENGTH"},
    ),
    "field value": (
        embed(fields=[{"name": "n", "value": "v" * 1025}]),
        {"embeds.0.fields.0.value": "BASE_TYPE_BAD_LENGTH"},
    ),
    "empty field": (
        embed(fields=[{"name": "", "value": "v"}]),
        {"embeds.0.fields.0.name": "BASE_TYPE_BAD_LENGTH"},
    ),
    "footer": (
        embed(footer={"text": "f" * 2049}),
        {"embeds.0.footer.text": "BASE_TYPE_MAX_LENGTH"},
    ),
    "author": (
        embed(author={"name": "a" * 257}),
        {"embeds.0.author.name": "BASE_TYPE_MAX_LENGTH"},
    ),
    "embed url": (
        embed(image={"url": "file:///etc/passwd"}),
        {"embeds.0.image.url": "URL_TYPE_INVALID_SCHEME"},
    ),
    "all embeds together": (
        {"embeds": [{"fields": LONG_FIELDS[:4]}, {"fields": LONG_FIELDS[:1]}]},
        {"embeds": "MAX_EMBED_SIZE_EXCEEDED"},
    ),
    "rows": (
        legacy(*(row(button(custom_id=str(n))) for n in range(6))),
        {"components": "BASE_TYPE_MAX_LENGTH"},
    ),
    "buttons in a row": (
        legacy(row(*BUTTONS)),
        {"components.0.components": "BASE_TYPE_BAD_LENGTH"},
    ),
    "empty row": (legacy(row()), {"components.0.components": "BASE_TYPE_BAD_LENGTH"}),
    "select beside a button": (
        legacy(row(button(), select("a"))),
        {"components.0.components.1": "COMPONENT_LAYOUT_WIDTH_EXCEEDED"},
    ),
    "custom_id": (
        legacy(row(button(custom_id="c" * 101))),
        {"components.0.components.0.custom_id": "BASE_TYPE_BAD_LENGTH"},
    ),
    "custom_id missing": (
        legacy(row({"type": 2, "style": 1, "label": "Press"})),
        {"components.0.components.0.custom_id": "BASE_TYPE_REQUIRED"},
    ),
    "custom_id twice": (
        legacy(row(button(), button())),
        {"components": "COMPONENT_CUSTOM_ID_DUPLICATED"},
    ),
    "button label": (
        legacy(row(button(label="l" * 81))),
        {"components.0.components.0.label": "BASE_TYPE_MAX_LENGTH"},
    ),
    "no label": (
        legacy(row({"type": 2, "style": 1, "custom_id": "a"})),
        {"components.0.components.0.label": "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED"},
    ),
    "link without url": (
        legacy(row({"type": 2, "style": 5, "label": "Go"})),
        {"components.0.components.0.url": "BUTTON_COMPONENT_URL_REQUIRED"},
    ),
    "select options": (
        legacy(row(select(*map(str, range(26))))),
        {"components.0.components.0.options": "BASE_TYPE_BAD_LENGTH"},
    ),
    "select value twice": (
        legacy(row(select("a", "a"))),
        {"components.0.components.0.options.1.value": "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED"},
    ),
    "layout without its flag": (legacy(text()), {"components.0.type": "UNION_TYPE_CHOICES"}),
    "content beside a layout": (
        layout(text(), content="hello"),
        {"content": "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"},
    ),
    "embeds beside a layout": (
        layout(text(), embeds=[{"title": "t"}]),
        {"embeds": "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"},
    ),
    "parts, nested ones too": (
        layout({"type": 17, "components": [text() for _ in range(38)]}, row(button())),
        {"components": "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED"},
    ),
    "text in all": (
        layout(text("x" * 2001), text("x" * 2000)),
        {"components": "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED"},
    ),
    "section texts": (
        layout(section(text(), text(), text(), text())),
        {"components.0.components": "BASE_TYPE_BAD_LENGTH"},
    ),
    "section accessory": (
        layout({"type": 9, "components": [text()]}),
        {"components.0.accessory": "BASE_TYPE_REQUIRED"},
    ),
    "section of buttons": (
        layout(section(button(custom_id="inside"))),
        {"components.0.components.0.type": "UNION_TYPE_CHOICES"},
    ),
    "container in a container": (
        layout({"type": 17, "components": [{"type": 17, "components": [text()]}]}),
        {"components.0.components.0.type": "UNION_TYPE_CHOICES"},
    ),
    "gallery items": (
        layout(gallery(*[PAGE] * 11)),
        {"components.0.items": "BASE_TYPE_BAD_LENGTH"},
    ),
    "gallery of nothing": (layout(gallery()), {"components.0.items": "BASE_TYPE_BAD_LENGTH"}),
    "file that was not sent": (
        layout(gallery("attachment://mel.png")),
        {"components.0.items.0.media.url": "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"},
    ),
    "file from elsewhere": (
        layout({"type": 13, "file": {"url": PAGE}}),
        {"components.0.file.url": "URL_TYPE_INVALID_SCHEME"},
    ),
    "file of no name": (
        layout({"type": 13, "file": {"url": "attachment://a.mp3"}}),
        {"components.0.file.url": "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"},
    ),
    "thumbnail without an address": (
        layout(section(text(), accessory={"type": 11})),
        {"components.0.accessory.media.url": "BASE_TYPE_REQUIRED"},
    ),
    "spacing": (
        layout({"type": 14, "spacing": 3}, text()),
        {"components.0.spacing": "BASE_TYPE_CHOICES"},
    ),
    "empty container": (
        layout({"type": 17, "components": []}),
        {"components.0.components": "BASE_TYPE_REQUIRED"},
    ),
    "link and custom_id": (
        legacy(row(button(style=5, url=PAGE), button(custom_id="b", url=PAGE))),
        {
            "components.0.components.0.custom_id": "BUTTON_COMPONENT_CUSTOM_ID_AND_URL",
            "components.0.components.1.url": "BUTTON_COMPONENT_CUSTOM_ID_AND_URL",
        },
    ),
    "select counts": (
        legacy(row(select("a") | {"min_values": 3, "max_values": 2})),
        {"components.0.components.0.max_values": "NUMBER_TYPE_MAX"},
    ),
    "content of another type": ({"content": 5}, {"content": "STRING_TYPE_CONVERT"}),
    "embeds of another type": ({"embeds": {}}, {"embeds": "LIST_TYPE_CONVERT"}),
    "components of another type": (
        {"content": "a", "components": {}},
        {"components": "LIST_TYPE_CONVERT"},
    ),
    "attachment that was not sent": (
        {"content": "see", "attachments": [{"id": 0, "filename": "a.png"}]},
        {"attachments.0.id": "ATTACHMENT_DATA_NOT_FOUND"},
    ),
    "allowed_mentions both ways": (
        {"content": "hi", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
        {"allowed_mentions": "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"},
    ),
    "reply to nothing": (
        {"content": "hi", "message_reference": {"message_id": "1"}},
        {"message_reference": "MESSAGE_REFERENCE_UNKNOWN_MESSAGE"},
    ),
}


@pytest.mark.parametrize("payload", FINE.values(), ids=FINE)
async def test_what_is_just_allowed(
    discord_server: Discord, client: discord.Client, payload: Json
) -> None:
    await post(client, discord_server.channel.id, payload)
    assert discord_server.rejections == []
    assert len(discord_server.messages()) == 1


@pytest.mark.parametrize(("payload", "found"), WRONG.values(), ids=WRONG)
async def test_what_is_refused(
    discord_server: Discord, client: discord.Client, payload: Json, found: dict[str, str]
) -> None:
    with pytest.raises(discord.HTTPException) as refusal:
        await post(client, discord_server.channel.id, payload)
    assert (refusal.value.status, refusal.value.code) == (400, 50035)
    assert mistakes(discord_server) == found
    assert discord_server.messages() == []


async def test_a_reader_reads_all_of_an_embed(
    discord_server: Discord, client: discord.Client
) -> None:
    card = embed(
        title="Title",
        author={"name": "Author"},
        fields=[{"name": "Name", "value": "Value"}],
        footer={"text": "Footer"},
    )
    await post(client, discord_server.channel.id, card | {"content": "Content"})
    (message,) = discord_server.messages()
    assert message.text.split("\n") == [
        "Content",
        "Author",
        "Title",
        "fine",
        "Name",
        "Value",
        "Footer",
    ]
    with pytest.raises(AssertionError, match="no attachment"):
        message.file("mel.png")


@pytest.mark.parametrize("payload", [{}, {"content": " \n"}, legacy() | {"content": ""}])
async def test_empty_messages(
    discord_server: Discord, client: discord.Client, payload: Json
) -> None:
    with pytest.raises(discord.HTTPException) as refusal:
        await post(client, discord_server.channel.id, payload)
    assert (refusal.value.status, refusal.value.code) == (400, 50006)


async def test_an_edit_to_a_layout_has_to_clear_what_was_there(
    discord_server: Discord, client: discord.Client
) -> None:
    channel = discord_server.channel
    sent = await post(client, channel.id, {"content": "old"})
    where = {"channel_id": channel.id, "message_id": sent["id"]}
    route = Route("PATCH", "/channels/{channel_id}/messages/{message_id}", **where)
    with pytest.raises(discord.HTTPException):
        await client.http.request(route, json=layout(text("new")))
    assert mistakes(discord_server) == {
        "content": "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
    }
    await client.http.request(route, json=layout(text("new"), content=None))
    (message,) = discord_server.messages()
    assert message.text == "new"
    # The flag stays for good: content can't come back.
    with pytest.raises(discord.HTTPException):
        await client.http.request(route, json={"content": "back"})
