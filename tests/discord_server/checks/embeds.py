"""The limits of embeds."""

from __future__ import annotations

from typing import Any

from tests.discord_server.checks.form import Form, Path

WEB = ("http", "https")
MEDIA = ("http", "https", "attachment")
TOTAL = 6000


def check_embeds(form: Form, path: Path, embeds: Any) -> None:
    """Note everything that Discord would refuse in a message's embeds."""
    if not isinstance(embeds, list):
        form.fail(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
        return
    form.length(path, len(embeds), 10)
    for number, embed in enumerate(embeds):
        _check(form, (*path, number), embed)
    if sum(map(_size, embeds)) > TOTAL:
        said = f"Embed size exceeds maximum size of {TOTAL}"
        form.fail(path, "MAX_EMBED_SIZE_EXCEEDED", said)


def _check(form: Form, path: Path, embed: dict[str, Any]) -> None:
    author, footer = embed.get("author") or {}, embed.get("footer") or {}
    form.text((*path, "title"), embed.get("title"), 256, need=False)
    form.text((*path, "description"), embed.get("description"), 4096, need=False)
    form.text((*path, "footer", "text"), footer.get("text"), 2048, need=bool(footer))
    form.text((*path, "author", "name"), author.get("name"), 256, need=bool(author))
    _check_fields(form, (*path, "fields"), embed.get("fields") or [])
    addresses: list[tuple[Path, Any, tuple[str, ...]]] = [
        (("url",), embed.get("url"), WEB),
        (("author", "url"), author.get("url"), WEB),
        (("author", "icon_url"), author.get("icon_url"), MEDIA),
        (("footer", "icon_url"), footer.get("icon_url"), MEDIA),
        (("image", "url"), (embed.get("image") or {}).get("url"), MEDIA),
        (("thumbnail", "url"), (embed.get("thumbnail") or {}).get("url"), MEDIA),
    ]
    for place, address, schemes in addresses:
        if address is not None:
            form.url((*path, *place), address, schemes)


def _check_fields(form: Form, path: Path, fields: list[dict[str, Any]]) -> None:
    form.length(path, len(fields), 25)
    for number, entry in enumerate(fields):
        form.text((*path, number, "name"), entry.get("name"), 256, low=1)
        form.text((*path, number, "value"), entry.get("value"), 1024, low=1)


def _size(embed: dict[str, Any]) -> int:
    texts = [embed.get("title"), embed.get("description")]
    texts.append((embed.get("footer") or {}).get("text"))
    texts.append((embed.get("author") or {}).get("name"))
    for entry in embed.get("fields") or []:
        texts += [entry.get("name"), entry.get("value")]
    return sum(len(text) for text in texts if isinstance(text, str))
