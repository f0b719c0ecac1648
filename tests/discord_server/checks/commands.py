"""The limits of application commands, checked when the client registers them."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from tests.discord_server.checks.form import Form, Path
from tests.discord_server.checks.locales import LOCALES

CHAT_INPUT, USER, MESSAGE = 1, 2, 3
SUBCOMMAND, GROUP, STRING, INTEGER, NUMBER = 1, 2, 3, 4, 10
MOST = {CHAT_INPUT: 100, USER: 15, MESSAGE: 15}
MOST_TEXT = 8000

# Word characters of any script, minus signs and apostrophes; chat commands in lower case.
_NAME = re.compile(r"[-_'\w]{1,32}")

Command = dict[str, Any]


def check_commands(commands: Any) -> None:
    """Refuse a list of commands that Discord would refuse."""
    form = Form()
    if not isinstance(commands, list):
        form.fail((), "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
        form.raise_if_wrong()
    for number, command in enumerate(commands):
        _check_command(form, (number,), command)
    kinds = Counter(command.get("type", CHAT_INPUT) for command in commands)
    for kind, most in MOST.items():
        if kinds[kind] > most:
            said = f"Maximum number of application commands reached ({most})."
            form.fail((), "APPLICATION_COMMANDS_LIMIT", said)
    names = Counter((command.get("type", CHAT_INPUT), command.get("name")) for command in commands)
    for number, command in enumerate(commands):
        if names[command.get("type", CHAT_INPUT), command.get("name")] > 1:
            said = "Application command names must be unique"
            form.fail((number,), "APPLICATION_COMMANDS_DUPLICATE_NAME", said)
    form.raise_if_wrong()


def check_choices(choices: Any, kind: int | None = None, path: Path = ()) -> None:
    """Refuse an autocomplete answer that Discord would refuse."""
    form = Form()
    _check_choices(form, (*path, "choices"), choices or [], kind)
    form.raise_if_wrong()


def _check_command(form: Form, path: Path, command: Command) -> None:
    kind = command.get("type", CHAT_INPUT)
    if not form.choice((*path, "type"), kind, tuple(MOST)):
        return
    if kind == CHAT_INPUT:
        _check_naming(form, path, command)
        _check_options(form, (*path, "options"), command.get("options") or [], depth=0)
        if _text_size(command) > MOST_TEXT:
            said = f"Command exceeds maximum size ({MOST_TEXT})"
            form.fail(path, "APPLICATION_COMMAND_TOO_LARGE", said)
    else:
        form.text((*path, "name"), command.get("name"), 32, low=1)
        _check_localized(form, (*path, "name_localizations"), command, 32)
        if command.get("description"):
            said = "Context menu commands cannot have description"
            form.fail((*path, "description"), "APPLICATION_COMMAND_INVALID_DESCRIPTION", said)
        if command.get("options"):
            said = "Context menu commands cannot have options"
            form.fail((*path, "options"), "APPLICATION_COMMAND_INVALID_OPTIONS", said)
    for key, allowed in (("contexts", (0, 1, 2)), ("integration_types", (0, 1))):
        for number, value in enumerate(command.get(key) or []):
            form.choice((*path, key, number), value, allowed)
    permissions = command.get("default_member_permissions")
    if permissions is not None and not str(permissions).isdigit():
        said = "Could not interpret as a permission set."
        form.fail((*path, "default_member_permissions"), "BITFIELD_TYPE_CONVERT", said)


def _check_naming(form: Form, path: Path, thing: Command) -> None:
    names = {None: thing.get("name"), **(thing.get("name_localizations") or {})}
    for locale, name in names.items():
        place = (*path, "name") if locale is None else (*path, "name_localizations", locale)
        if locale is not None:
            form.choice(place, locale, LOCALES)
        if form.text(place, name, 32, low=1) and not (
            _NAME.fullmatch(name or "") and name == name.lower()
        ):
            said = "Command name is invalid"
            form.fail(place, "APPLICATION_COMMAND_INVALID_NAME", said)
    form.text((*path, "description"), thing.get("description"), 100, low=1)
    _check_localized(form, (*path, "description_localizations"), thing, 100)


def _check_localized(form: Form, path: Path, thing: Command, most: int) -> None:
    for locale, text in (thing.get(str(path[-1])) or {}).items():
        form.choice((*path, locale), locale, LOCALES)
        form.text((*path, locale), text, most, low=1)


def _names(thing: Command) -> set[tuple[str | None, Any]]:
    return {(None, thing.get("name")), *(thing.get("name_localizations") or {}).items()}


def _check_options(form: Form, path: Path, options: list[Command], depth: int) -> None:
    form.length(path, len(options), 25)
    seen: set[tuple[str | None, Any]] = set()
    optional = False
    for number, option in enumerate(options):
        place = (*path, number)
        _check_naming(form, place, option)
        kind = option.get("type")
        nested = kind in (SUBCOMMAND, GROUP)
        if form.choice((*place, "type"), kind, (*range(1, 12),)) and nested:
            if depth > 1 or (depth == 1 and kind == GROUP):
                said = "Sub-command groups cannot be nested"
                form.fail((*place, "type"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", said)
            _check_options(form, (*place, "options"), option.get("options") or [], depth + 1)
        if any((other.get("type") in (SUBCOMMAND, GROUP)) != nested for other in options):
            said = "Sub-command and sub-command group option types are mutually exclusive to others"
            form.fail(place, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", said)
        if option.get("required") and optional:
            said = "Required options must be placed before non-required options"
            form.fail(place, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", said)
        optional = optional or not option.get("required")
        if _names(option) & seen:
            said = "Option name already exists"
            form.fail(place, "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", said)
        seen |= _names(option)
        _check_value(form, place, option)


def _check_value(form: Form, path: Path, option: Command) -> None:
    kind = option.get("type")
    choices = option.get("choices") or []
    if choices and kind in (STRING, INTEGER, NUMBER):
        _check_choices(form, (*path, "choices"), choices, kind)
    if (choices or option.get("autocomplete")) and kind not in (STRING, INTEGER, NUMBER):
        said = "Only string, integer and number options can offer choices"
        form.fail(path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", said)
    if choices and option.get("autocomplete"):
        said = "Autocomplete and choices are mutually exclusive"
        form.fail(path, "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID", said)
    for low, high, bound in (("min_value", "max_value", None), ("min_length", "max_length", 6000)):
        least, most = option.get(low), option.get(high)
        if least is not None and most is not None and least > most:
            said = f"The {low} must not exceed the {high}"
            form.fail((*path, low), "APPLICATION_COMMAND_OPTIONS_BOUNDS_INVALID", said)
        if bound is not None and max(least or 0, most or 0) > bound:
            form.fail((*path, high), "NUMBER_TYPE_MAX", f"int value should be at most {bound}.")


def _check_choices(form: Form, path: Path, choices: Any, kind: int | None) -> None:
    form.length(path, len(choices), 25)
    for number, choice in enumerate(choices):
        place = (*path, number)
        form.text((*place, "name"), choice.get("name"), 100, low=1)
        _check_localized(form, (*place, "name_localizations"), choice, 100)
        value = choice.get("value")
        if kind == STRING or (kind is None and isinstance(value, str)):
            form.text((*place, "value"), value, 100, low=1)
        elif not isinstance(value, int | float):
            said = f"Could not interpret {value!r} as number."
            form.fail((*place, "value"), "NUMBER_TYPE_COERCE", said)


def _text_size(thing: Command) -> int:
    size = _longest(thing, "name") + _longest(thing, "description")
    size += sum(
        _longest(choice, "name") + len(str(choice.get("value")))
        for choice in thing.get("choices") or []
    )
    return size + sum(map(_text_size, thing.get("options") or []))


def _longest(thing: Command, key: str) -> int:
    """Return the length that counts: that of the longest among a text and its translations."""
    texts = [thing.get(key), *(thing.get(f"{key}_localizations") or {}).values()]
    return max(len(text or "") for text in texts)
