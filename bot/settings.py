"""What a host can set: one frozen value, read from any mapping of names to text."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import platformdirs

from bot.token import token_problem
from models.sites import SITES as KNOWN_SITES
from models.types import SettingsError

_MEGABYTE = 1_000_000


class Setting(NamedTuple):
    """A row of the settings table: name, default as words, meaning."""

    name: str
    default: str
    meaning: str


HOME = Setting(
    "SOUNDALIKE_HOME",
    "the platform's user data folder",
    "The one folder everything is kept in: fetched models, indexes, state, cache.",
)
TOKEN = Setting(
    "DISCORD_TOKEN",
    "none",
    "The bot's token from the Discord Developer Portal; only `soundalike run` needs it.",
)
INDEX = Setting("SOUNDALIKE_INDEX", "indexes/main in the home", "The index that is asked.")
MODEL = Setting("SOUNDALIKE_MODEL", "vggish-small", "The model that listens.")
GUILD = Setting(
    "SOUNDALIKE_GUILD",
    "every server",
    "A server's id: its commands appear there at once and nowhere else, good for trying out.",
)
CLIP_MB = Setting("SOUNDALIKE_CLIP_MB", "25", "The largest clip taken, in megabytes; at most 200.")
CLIP_SECONDS = Setting(
    "SOUNDALIKE_CLIP_SECONDS",
    "600",
    "The most that is listened to of one clip, in seconds; at most 3600.",
)
APPLICATION = Setting(
    "SOUNDALIKE_APPLICATION_ID",
    "read from the token",
    "The application's id, by which `soundalike doctor` makes the invite link without a token.",
)
JOBS = Setting(
    "SOUNDALIKE_JOBS", "the machine's cores, at most 4", "Clips that are worked on at once."
)
QUEUE = Setting(
    "SOUNDALIKE_QUEUE", "100", "Asks that may wait their turn; beyond it people are asked to wait."
)
PER_MINUTE = Setting(
    "SOUNDALIKE_PER_MINUTE",
    "12",
    "Asks that a person may make in a minute, and a server five times as many; at most 600. The "
    "application's owner is not limited.",
)
LIBRARY = Setting(
    "SOUNDALIKE_LIBRARY",
    "500",
    "Tracks of its own that a Discord server may add, for its members alone; about 300 kB each, at "
    "most 20000. 0 for none: then there is no `/library`.",
)
KEEP = Setting(
    "SOUNDALIKE_KEEP",
    "2",
    "Older generations of an index that are kept, for `soundalike index rollback`; 1 to 1000.",
)
SITES = Setting(
    "SOUNDALIKE_SITES",
    "none",
    "Sites whose pages people may link to, such as `youtube, soundcloud, bandcamp`; read by yt-dlp "
    "of the extra `links`. Whether their terms allow that is yours to know.",
)

STORE = Setting(
    "SOUNDALIKE_STORE",
    "none",
    "The address of a PostgreSQL database, `postgresql://…`, whose index is asked instead: many "
    "bots may share it. Needs the extra `postgres`.",
)

SETTINGS = (
    *(TOKEN, APPLICATION, HOME, INDEX, STORE, MODEL, GUILD),
    *(CLIP_MB, CLIP_SECONDS, JOBS, QUEUE, PER_MINUTE, LIBRARY, KEEP, SITES),
)
"""Every setting there is, in the order the README and `doctor` show them."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a host can set.

    Attributes
    ----------
    home, index : Path
        The data directory, and the index that is asked.
    store : str
        Address of the store whose index is asked instead; empty for none. It may hold a password,
        so it is never part of the `repr`.
    model : str
        Name of the model that listens.
    token : str
        The bot's token, empty where none is set; never part of the `repr`.
    application : int or None
        The application's id where it is set; None where it is to be read from the token.
    guild : int or None
        The one server to sync commands to; None for all of them.
    clip_bytes : int
        The largest clip taken.
    clip_seconds : float
        The most that is listened to of one clip.
    jobs : int
        Clips that are worked on at once.
    queue : int
        Asks that may wait their turn.
    per_minute : int
        Asks that a person may make in a minute.
    library : int
        Tracks of its own that a Discord server may have.
    keep : int
        Older generations of an index that are kept.
    sites : tuple of str
        Names of sites whose pages people may link to.
    """

    home: Path
    index: Path
    store: str = field(repr=False)
    model: str
    token: str = field(repr=False)
    application: int | None
    guild: int | None
    clip_bytes: int
    clip_seconds: float
    jobs: int
    queue: int
    per_minute: int
    library: int
    keep: int
    sites: tuple[str, ...]

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, str]) -> Settings:
        """Read the settings from names and their text; an empty text counts as not set.

        Raises
        ------
        SettingsError
            A value makes no sense; the sentence names the setting.
        """
        given = {s.name: mapping.get(s.name, "").strip() for s in SETTINGS}
        home = (
            expanded(given[HOME.name])
            if given[HOME.name]
            else platformdirs.user_data_path("soundalike", appauthor=False)
        )
        index = given[INDEX.name]
        return cls(
            home=home,
            index=expanded(index) if index else home / "indexes" / "main",
            store=given[STORE.name],
            model=given[MODEL.name] or MODEL.default,
            token=_token(given[TOKEN.name]),
            application=_id(
                APPLICATION,
                given,
                "an application",
                "Copy the Application ID from your application's page on discord.com/developers.",
            ),
            guild=_id(
                GUILD,
                given,
                "a server",
                "Turn on Developer Mode in Discord, right-click the server and copy its id.",
            ),
            clip_bytes=_whole(CLIP_MB, given, 1, 200) * _MEGABYTE,
            clip_seconds=_whole(CLIP_SECONDS, given, 1, 3_600),
            jobs=_whole(JOBS, given, 1, 256, default=min(os.cpu_count() or 1, 4)),
            queue=_whole(QUEUE, given, 1, 10_000),
            per_minute=_whole(PER_MINUTE, given, 1, 600),
            library=_whole(LIBRARY, given, 0, 20_000),
            keep=_whole(KEEP, given, 1, 1_000),
            sites=_sites(given),
        )

    def missing(self) -> tuple[SettingsError, ...]:
        """List what `soundalike run` still needs, one error with its fix a thing."""
        lacks: list[SettingsError] = []
        if not self.token:
            lacks.append(
                SettingsError(
                    "There is no Discord token yet.",
                    f"Set {TOKEN.name}, in the environment or in a file named .env, to the token "
                    "from your application's Bot page on discord.com/developers.",
                )
            )
        elif problem := token_problem(self.token):
            lacks.append(problem)
        if not (self.store or self.index.is_dir()):
            lacks.append(
                SettingsError(
                    f"There is no index at {self.index}.",
                    "Make one with `soundalike index build YOUR-MUSIC`, "
                    f"or point {INDEX.name} at one.",
                )
            )
        return tuple(lacks)


def expanded(path: str | Path) -> Path:
    """Return a path with a `~` at its beginning written out.

    Raises
    ------
    SettingsError
        Nobody on this machine is called so.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise SettingsError(
            f"This machine knows no home folder for {path}.", "Write the whole path out, without ~."
        ) from None


def _token(text: str) -> str:
    # The text goes into an HTTP header; it is never repeated in an error.
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise SettingsError(
            f"{TOKEN.name} is not a token: it has a space or a character no token has.",
            "Copy the token again from your application's Bot page, without quotes around it.",
        )
    return text


def _id(setting: Setting, given: Mapping[str, str], whose: str, fix: str) -> int | None:
    text = given[setting.name]
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 15 <= len(text) <= 20):
        raise SettingsError(f"{setting.name} is {text!r}, which is not {whose}'s id.", fix)
    return int(text)


def _sites(given: Mapping[str, str]) -> tuple[str, ...]:
    named = [name.strip().lower() for name in given[SITES.name].split(",")]
    chosen = tuple(dict.fromkeys(name for name in named if name not in ("", SITES.default)))
    unknown = [name for name in chosen if name not in KNOWN_SITES]
    if unknown:
        raise SettingsError(
            f"{SITES.name} names {unknown[0]!r}, a site I do not know.",
            f"I know {', '.join(KNOWN_SITES)}; leave it out for none.",
        )
    return chosen


def _whole(
    setting: Setting, given: Mapping[str, str], low: int, high: int, default: int | None = None
) -> int:
    text = given[setting.name]
    if not text:
        return int(setting.default) if default is None else default
    if not (text.isascii() and text.isdigit() and low <= int(text[:9]) <= high and len(text) <= 9):
        raise SettingsError(
            f"{setting.name} is {text!r}, which is not a whole number from {low} to {high}.",
            f"Leave it out for the default: {setting.default}.",
        )
    return int(text)
