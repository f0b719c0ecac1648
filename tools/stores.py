"""Which index is asked: a folder's, or that of a store; what a store needs is loaded only then."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.settings import STORE, Settings
from index.opened import open_index
from models.types import SettingsError
from tools import options
from tools.settings import read_settings

if TYPE_CHECKING:
    from bot.live import OpenedIndex
    from index.postgres.address import StoreAddress

_SCHEMES = ("postgresql://", "postgres://")


def settings_for(directory: Path | None, store: str | None) -> Settings:
    """Return the settings of a command that may name an index or a store, but not both.

    The one that is named counts more than what is set; `store` of what is returned is empty where
    a folder is asked.

    Raises
    ------
    click.UsageError
        Both are named.
    SettingsError
        A setting makes no sense.
    """
    if directory and store:
        raise click.UsageError("Name the folder of an index or a store, not both.")
    settings = read_settings()
    if directory:
        return replace(settings, index=directory, store="")
    return replace(settings, store=store) if store else settings


def asked(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that name an index or a store; a command gets both as `settings`."""

    @options.index
    @options.store
    @wraps(command)
    def wrapped(directory: Path | None, store: str | None, **others: Any) -> None:
        command(settings=settings_for(directory, store), **others)

    return wrapped


def opener_of(settings: Settings) -> Callable[[], OpenedIndex]:
    """Return what opens the newest generation of the index that is asked."""
    if not settings.store:
        return partial(open_index, settings.index)
    address = read_store(settings.store)
    from index.postgres.opened import open_store  # noqa: PLC0415  (needs the `postgres` extra)

    return partial(open_store, address)


def read_store(text: str) -> StoreAddress:
    """Read the address of a store.

    Raises
    ------
    SettingsError
        It is none, or what speaks to PostgreSQL is not installed.
    """
    if not text.startswith(_SCHEMES):
        # It may hold a password, so it is not repeated.
        raise SettingsError(
            "The address of the store does not begin with postgresql://.",
            f"Write {STORE.name}, or --store, as postgresql://USER:PASSWORD@HOST:PORT/DATABASE.",
        )
    try:
        importlib.import_module("psycopg")
    except ImportError:
        raise SettingsError(
            "An index in PostgreSQL is asked through psycopg, which is not installed here.",
            "Install it: `.venv/bin/pip install -e '.[postgres]'`.",
        ) from None
    from index.postgres.address import read_address  # noqa: PLC0415

    return read_address(text)
