"""The limits of components: legacy action rows, and the layouts of Components V2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.discord_server.checks.controls import BUTTON, SELECTS, check_button, check_select
from tests.discord_server.checks.form import Form, Path
from tests.discord_server.content import walk

ROW, SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER = 1, 9, 10, 11, 12, 13, 14, 17
CONTENT = (ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR)
MOST_PARTS, MOST_TEXT = 40, 4000

Part = dict[str, Any]


def check_components(
    form: Form, path: Path, components: Any, *, v2: bool, files: frozenset[str]
) -> None:
    """Note everything that Discord would refuse in a message's components."""
    if not isinstance(components, list):
        form.fail(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
        return
    if v2:
        _check_totals(form, path, components)
    else:
        form.length(path, len(components), 5)
    allowed = (*CONTENT, CONTAINER) if v2 else (ROW,)
    for number, part in enumerate(components):
        _check_part(form, (*path, number), part, allowed, files)
    _check_custom_ids(form, path, components)


def _check_totals(form: Form, path: Path, components: list[Part]) -> None:
    parts = list(walk(components))
    if len(parts) > MOST_PARTS:
        said = f"The total number of components cannot exceed {MOST_PARTS}"
        form.fail(path, "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", said)
    if sum(len(part.get("content") or "") for part in parts if part["type"] == TEXT) > MOST_TEXT:
        said = f"Components displayable text size exceeds maximum size of {MOST_TEXT}"
        form.fail(path, "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", said)


def _check_custom_ids(form: Form, path: Path, components: list[Part]) -> None:
    seen: set[str] = set()
    for part in walk(components):
        custom_id = part.get("custom_id")
        if custom_id is not None and custom_id in seen:
            said = "Component custom id cannot be duplicated"
            form.fail(path, "COMPONENT_CUSTOM_ID_DUPLICATED", said)
        seen.add(custom_id or "")


def _check_part(
    form: Form, path: Path, part: Part, allowed: tuple[int, ...], files: frozenset[str]
) -> None:
    kind = part.get("type")
    if kind not in allowed:
        said = f'Value of field "type" must be one of {allowed}.'
        form.fail((*path, "type"), "UNION_TYPE_CHOICES", said)
        return
    checks: dict[int, Callable[[Form, Path, Part, frozenset[str]], None]] = {
        ROW: _check_row,
        SECTION: _check_section,
        TEXT: _check_text,
        THUMBNAIL: _check_thumbnail,
        GALLERY: _check_gallery,
        FILE: _check_file,
        SEPARATOR: _check_separator,
        CONTAINER: _check_container,
        BUTTON: _check_button,
    }
    checks[kind](form, path, part, files)


def _check_row(form: Form, path: Path, part: Part, files: frozenset[str]) -> None:
    inside = part.get("components") or []
    within = (*path, "components")
    selects = [each for each in inside if each.get("type") in SELECTS]
    form.length(within, len(inside), 5, low=1)
    if selects and len(inside) > 1:
        said = "The specified component exceeds the maximum width"
        form.fail((*within, 1), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", said)
    for number, each in enumerate(inside):
        place = (*within, number)
        if each in selects:
            check_select(form, place, each)
        else:
            _check_part(form, place, each, (BUTTON,), files)


def _check_button(form: Form, path: Path, part: Part, files: frozenset[str]) -> None:
    check_button(form, path, part)


def _check_section(form: Form, path: Path, part: Part, files: frozenset[str]) -> None:
    inside = part.get("components") or []
    form.length((*path, "components"), len(inside), 3, low=1)
    for number, each in enumerate(inside):
        _check_part(form, (*path, "components", number), each, (TEXT,), files)
    if part.get("accessory") is None:
        form.required((*path, "accessory"))
    else:
        _check_part(form, (*path, "accessory"), part["accessory"], (BUTTON, THUMBNAIL), files)


def _check_container(form: Form, path: Path, part: Part, files: frozenset[str]) -> None:
    inside = part.get("components") or []
    if not inside:
        form.required((*path, "components"))
    for number, each in enumerate(inside):
        _check_part(form, (*path, "components", number), each, CONTENT, files)


def _check_text(form: Form, path: Path, part: Part, files: frozenset[str]) -> None:
    form.text((*path, "content"), part.get("content"), MOST_TEXT, low=1)


def _check_separator(form: Form, path: Path, part: Part, files: frozenset[str]) -> None:
    form.choice((*path, "spacing"), part.get("spacing", 1), (1, 2))


def _check_thumbnail(form: Form, path: Path, part: Part, files: frozenset[str]) -> None:
    _check_media(form, path, part, files)


def _check_gallery(form: Form, path: Path, part: Part, files: frozenset[str]) -> None:
    items = part.get("items") or []
    form.length((*path, "items"), len(items), 10, low=1)
    for number, item in enumerate(items):
        _check_media(form, (*path, "items", number), item, files)


def _check_file(form: Form, path: Path, part: Part, files: frozenset[str]) -> None:
    address: Any = (part.get("file") or {}).get("url")
    place = (*path, "file", "url")
    if form.url(place, address, ("attachment",)):
        _check_uploaded(form, place, address, files)


def _check_media(form: Form, path: Path, part: Part, files: frozenset[str]) -> None:
    form.text((*path, "description"), part.get("description"), 1024, need=False)
    address: Any = (part.get("media") or {}).get("url")
    place = (*path, "media", "url")
    if form.url(place, address, ("http", "https", "attachment")):
        _check_uploaded(form, place, address, files)


def _check_uploaded(form: Form, path: Path, address: str, files: frozenset[str]) -> None:
    # The name is looked up among the files of this very request, also when a message is edited.
    name = address.removeprefix("attachment://")
    if address.startswith("attachment://") and name not in files:
        code = "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"
        form.fail(path, code, "The referenced attachment was not found")
