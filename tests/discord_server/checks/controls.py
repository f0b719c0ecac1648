"""The limits of what one can press or choose: buttons and select menus."""

from __future__ import annotations

from typing import Any

from tests.discord_server.checks.form import Form, Path

BUTTON, STRING_SELECT = 2, 3
SELECTS = (3, 5, 6, 7, 8)
LINK, PREMIUM = 5, 6


def check_button(form: Form, path: Path, button: dict[str, Any]) -> None:
    """Note everything that Discord would refuse in a button."""
    style = button.get("style")
    form.choice((*path, "style"), style, (1, 2, 3, 4, 5, 6))
    form.text((*path, "label"), button.get("label"), 80, need=False)
    if style == LINK:
        _check_link(form, path, button)
    elif style != PREMIUM:
        form.text((*path, "custom_id"), button.get("custom_id"), 100, low=1)
        if button.get("url") is not None:
            said = "A custom id and url cannot both be specified"
            form.fail((*path, "url"), "BUTTON_COMPONENT_CUSTOM_ID_AND_URL", said)
    if style != PREMIUM and not button.get("label") and not button.get("emoji"):
        said = "A button must have a label or an emoji"
        form.fail((*path, "label"), "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", said)


def check_select(form: Form, path: Path, select: dict[str, Any]) -> None:
    """Note everything that Discord would refuse in a select menu."""
    form.text((*path, "custom_id"), select.get("custom_id"), 100, low=1)
    form.text((*path, "placeholder"), select.get("placeholder"), 150, need=False)
    least, most = select.get("min_values", 1), select.get("max_values", 1)
    if not 0 <= least <= 25 or not 1 <= most <= 25 or least > most:
        said = "int value should be between 1 and 25."
        form.fail((*path, "max_values"), "NUMBER_TYPE_MAX", said)
    if select["type"] == STRING_SELECT:
        _check_options(form, (*path, "options"), select.get("options") or [])


def _check_link(form: Form, path: Path, button: dict[str, Any]) -> None:
    url = button.get("url")
    if url is None:
        said = "A url is required"
        form.fail((*path, "url"), "BUTTON_COMPONENT_URL_REQUIRED", said)
    elif form.url((*path, "url"), url, ("http", "https", "discord")):
        form.text((*path, "url"), url, 512)
    if button.get("custom_id") is not None:
        said = "A custom id and url cannot both be specified"
        form.fail((*path, "custom_id"), "BUTTON_COMPONENT_CUSTOM_ID_AND_URL", said)


def _check_options(form: Form, path: Path, options: list[dict[str, Any]]) -> None:
    form.length(path, len(options), 25, low=1)
    seen: set[str] = set()
    for number, option in enumerate(options):
        place = (*path, number)
        form.text((*place, "label"), option.get("label"), 100, low=1)
        form.text((*place, "value"), option.get("value"), 100, low=1)
        form.text((*place, "description"), option.get("description"), 100, need=False)
        if option.get("value") in seen:
            said = "The specified option value is already used"
            form.fail((*place, "value"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", said)
        seen.add(option.get("value", ""))
