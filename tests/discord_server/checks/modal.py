"""The limits of modals."""

from __future__ import annotations

from typing import Any

from tests.discord_server.checks.controls import SELECTS, check_select
from tests.discord_server.checks.form import Form, Path

ROW, TEXT_INPUT, TEXT_DISPLAY, LABEL, FILE_UPLOAD = 1, 4, 10, 18, 19


def check_modal(modal: dict[str, Any], path: Path = ()) -> None:
    """Refuse a modal that Discord would refuse."""
    form = Form()
    form.text((*path, "title"), modal.get("title"), 45, low=1)
    form.text((*path, "custom_id"), modal.get("custom_id"), 100, low=1)
    parts = modal.get("components") or []
    form.length((*path, "components"), len(parts), 5, low=1)
    for number, part in enumerate(parts):
        _check_part(form, (*path, "components", number), part)
    form.raise_if_wrong()


def _check_part(form: Form, path: Path, part: dict[str, Any]) -> None:
    kind = part.get("type")
    if kind == ROW:
        inside = part.get("components") or []
        form.length((*path, "components"), len(inside), 1, low=1)
        for number, each in enumerate(inside):
            _check_field(form, (*path, "components", number), each, (TEXT_INPUT,))
    elif kind == LABEL:
        form.text((*path, "label"), part.get("label"), 45, low=1)
        form.text((*path, "description"), part.get("description"), 100, need=False)
        allowed = (TEXT_INPUT, *SELECTS, FILE_UPLOAD, 21, 22, 23)
        _check_field(form, (*path, "component"), part.get("component") or {}, allowed)
    elif kind == TEXT_DISPLAY:
        form.text((*path, "content"), part.get("content"), 4000, low=1)
    else:
        said = f'Value of field "type" must be one of ({ROW}, {TEXT_DISPLAY}, {LABEL}).'
        form.fail((*path, "type"), "UNION_TYPE_CHOICES", said)


def _check_field(form: Form, path: Path, field: dict[str, Any], allowed: tuple[int, ...]) -> None:
    kind = field.get("type")
    if kind not in allowed:
        said = f'Value of field "type" must be one of {allowed}.'
        form.fail((*path, "type"), "UNION_TYPE_CHOICES", said)
    elif kind == TEXT_INPUT:
        form.text((*path, "custom_id"), field.get("custom_id"), 100, low=1)
        form.text((*path, "label"), field.get("label"), 45, need=False)
        form.text((*path, "placeholder"), field.get("placeholder"), 100, need=False)
        form.text((*path, "value"), field.get("value"), 4000, need=False)
        form.choice((*path, "style"), field.get("style"), (1, 2))
    elif kind in SELECTS:
        check_select(form, path, field)
    else:
        form.text((*path, "custom_id"), field.get("custom_id"), 100, low=1)
