"""Commands in every language: their names, descriptions, options and choices.

A command's table is `commands.` and its name, in lower case, with `_` for spaces:
`commands.similar`, `commands.library_add`. Decorators say none of it: `describe_commands` puts in
the English, and the translator gives Discord the rest.
"""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.app_commands import Choice, Parameter, TranslationContextLocation, locale_str

from bot.words.languages import ENGLISH, words_for

Named = app_commands.Command[Any, ..., Any] | app_commands.Group | app_commands.ContextMenu

_DESCRIPTIONS = (
    TranslationContextLocation.command_description,
    TranslationContextLocation.group_description,
    TranslationContextLocation.parameter_description,
)


def describe_commands(tree: app_commands.CommandTree[Any]) -> None:
    """Describe the tree's global slash commands in English; to be called once all are there.

    Raises
    ------
    KeyError
        The catalogue does not describe a command, an option or a choice.
    """
    for command in tree.walk_commands(type=discord.AppCommandType.chat_input):
        key = key_of(command)
        command.description = ENGLISH(f"{key}.description")
        if isinstance(command, app_commands.Command):
            _describe_options(command, f"{key}.options")


class CommandTranslator(app_commands.Translator):
    """Tells Discord what commands are called and described as in each of its languages."""

    async def translate(
        self,
        string: locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """Return a string in a language; None for English, and what the language lacks."""
        words = words_for(locale)
        key = _key(string, context)
        return None if words is ENGLISH or key is None else words.own(key)


def key_of(command: Named) -> str:
    """Return the key of a command's table."""
    return f"commands.{command.qualified_name.lower().replace(' ', '_')}"


def _describe_options(command: app_commands.Command[Any, ..., Any], key: str) -> None:
    descriptions, choices = {}, {}
    for option in command.parameters:
        about = f"{key}.{option.name}"
        descriptions[option.name] = locale_str(ENGLISH(f"{about}.description"))
        if option.choices:
            choices[option.name] = [_named(choice, f"{about}.choices") for choice in option.choices]
    app_commands.describe(**descriptions)(command)
    app_commands.choices(**choices)(command)


def _named(choice: Choice[Any], key: str) -> Choice[Any]:
    # A choice does not know its option, so it carries its key along.
    key = f"{key}.{choice.value}"
    return Choice(name=locale_str(ENGLISH(key), key=key), value=choice.value)


def _key(string: locale_str, context: app_commands.TranslationContextTypes) -> str | None:
    about = "description" if context.location in _DESCRIPTIONS else "name"
    match context.data:
        case Parameter() as option:
            return f"{key_of(option.command)}.options.{option.name}.{about}"
        case app_commands.Command() | app_commands.Group() | app_commands.ContextMenu() as command:
            return f"{key_of(command)}.{about}"
        case _:
            key = string.extras.get("key")
            return key if isinstance(key, str) else None
