"""The limits of a message as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.discord_server import errors
from tests.discord_server.checks.components import check_components
from tests.discord_server.checks.embeds import check_embeds
from tests.discord_server.checks.form import Form, Path
from tests.discord_server.checks.mentions import check_allowed_mentions
from tests.discord_server.content import Flag, Message, Upload, clean_filename

CONTENT = 2000
FILES = 10


def check_files(files: Mapping[int, Upload], kept: int, limit: int) -> None:
    """Refuse too many files, and any beyond the upload limit in bytes."""
    if len(files) + kept > FILES:
        raise errors.too_many_attachments()
    if any(upload.size > limit for upload in files.values()):
        raise errors.too_large()


def check_message(
    payload: dict[str, Any],
    files: Mapping[int, Upload],
    *,
    before: Message | None = None,
    path: Path = (),
) -> None:
    """Refuse whatever a message's form has wrong; `before` is the message being edited."""
    form = Form()
    flags = payload.get("flags") or 0
    v2 = bool(flags & Flag.COMPONENTS_V2 or (before and Flag.COMPONENTS_V2 in before.flags))
    form.text((*path, "content"), payload.get("content"), CONTENT, need=False)
    if payload.get("embeds") is not None:
        check_embeds(form, (*path, "embeds"), payload["embeds"])
    _check_attachments(form, (*path, "attachments"), payload, files, before)
    if payload.get("components") is not None:
        names = frozenset(clean_filename(upload.name) for upload in files.values())
        place = (*path, "components")
        check_components(form, place, payload["components"], v2=v2, files=names)
    if v2:
        _check_no_legacy_fields(form, path, payload, before)
    check_allowed_mentions(form, (*path, "allowed_mentions"), payload.get("allowed_mentions"))
    form.raise_if_wrong()


def _check_no_legacy_fields(
    form: Form, path: Path, payload: dict[str, Any], before: Message | None
) -> None:
    # What an edit does not name stays, and is in the way just the same.
    for key in ("content", "embeds"):
        left = payload[key] if key in payload else getattr(before, key, None)
        if left:
            code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
            said = f"The '{key}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            form.fail((*path, key), code, said)


def _check_attachments(
    form: Form,
    path: Path,
    payload: dict[str, Any],
    files: Mapping[int, Upload],
    before: Message | None,
) -> None:
    kept = {attachment.id for attachment in before.attachments} if before else set()
    for number, entry in enumerate(payload.get("attachments") or []):
        place = (*path, number)
        form.text((*place, "description"), entry.get("description"), 1024, need=False)
        known = _as_int(entry.get("id"))
        if known not in files and known not in kept:
            said = f"Attachment data with id {entry.get('id')} not found."
            form.fail((*place, "id"), "ATTACHMENT_DATA_NOT_FOUND", said)


def _as_int(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
