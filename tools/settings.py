"""The settings of a command: the environment's, over those of a file .env in this folder."""

from __future__ import annotations

import os
from pathlib import Path

import dotenv

from bot.settings import Settings
from models.types import SettingsError


def read_settings() -> Settings:
    """Read the settings every command goes by; SettingsError where one makes no sense."""
    return Settings.from_mapping(environment())


def without_default(fix: str) -> str:
    """Return what is to be done with the index left away where it is the one that is set."""
    try:
        index = read_settings().index
    except SettingsError:
        return fix
    return fix.replace(f" --out {index}`", "`")


def environment() -> dict[str, str]:
    """Return the environment and, below it, what a file .env in this folder says.

    Raises
    ------
    SettingsError
        The file cannot be read.
    """
    file = Path(".env")
    if not file.exists():
        return dict(os.environ)
    try:
        found = dotenv.dotenv_values(file, interpolate=False)
    except (OSError, UnicodeDecodeError):
        raise SettingsError(
            f"The settings file {file} cannot be read.",
            "Mend its permissions, and write it as plain text: one NAME=value a line.",
        ) from None
    return {name: value for name, value in found.items() if value is not None} | dict(os.environ)
