"""What has to be in place before Soundalike can listen, ask and talk, looked at one by one."""

from __future__ import annotations

import difflib
import importlib.metadata
import platform
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from bot.invite import invite_url
from bot.settings import INDEX, MODEL, SETTINGS, STORE, Settings
from bot.stamps import compare_stamps
from bot.token import application_id, token_problem
from models.card import ModelCard, ModelFile, check_file
from models.cards import load_card
from models.choice import candidates, known_choice
from models.ffmpeg import find_ffmpeg
from models.types import CatalogueError, ModelStamp, SoundalikeError
from tools.imported import asker_of, importer_of, mending
from tools.settings import without_default
from tools.stores import opener_of, read_store

PACKAGES = (
    "aiohttp",
    "discord.py",
    "librosa",
    "mutagen",
    "numpy",
    "onnxruntime",
    "pillow",
    "scipy",
    "soundfile",
    "soxr",
    "usearch",
)
MEASURED_AGAINST = ("pydub",)
_PREFIX = "SOUNDALIKE_"
_OF_TESTS = "SOUNDALIKE_TEST_DATA"
_LITTLE_SPACE = 1_000_000_000


class State(Enum):
    """How a thing stands: in place, in place but mind this, or missing."""

    GOOD = "✓"
    MIND = "!"
    BAD = "✗"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor: what was looked at, what was found, and what mends it."""

    what: str
    state: State
    found: str
    fix: str = ""


def all_checks(settings: Settings, names: Iterable[str] = ()) -> Iterator[Check]:
    """Look at everything in turn; `names` of whatever is set are looked through for slips."""
    yield from _misspelt(names)
    yield _system()
    yield _packages()
    yield _ffmpeg()
    yield _disk(settings.home)
    stamp = None
    try:
        card = load_card(settings.model, settings.home / "models")
        # Only looked at: timing the files and laying one out is for the first use, which says so.
        file = known_choice(card, settings.home / "cache") or next(iter(candidates(card)), None)
        found = _describe(card, file)
        stamp = card.stamp(file)
        yield Check("model", State.GOOD, found, _switch(settings))
    except SoundalikeError as error:
        yield Check("model", State.BAD, error.sentence, error.fix)
    yield _index(settings, stamp)
    yield from _discord(settings.token, settings.application)


def _misspelt(names: Iterable[str]) -> Iterator[Check]:
    """Name what is set, looks like a setting and is none: nothing else would ever say so."""
    known = [setting.name for setting in SETTINGS]
    for name in sorted(names):
        if not name.upper().startswith(_PREFIX) or name in (*known, _OF_TESTS):
            continue
        rest = name.upper().removeprefix(_PREFIX)
        alike = difflib.get_close_matches(rest, (one.removeprefix(_PREFIX) for one in known), 1)
        meant = f"did you mean {_PREFIX}{alike[0]}?" if alike else "it does nothing."
        fix = "Mend its name, or remove it." if alike else "The README lists the settings."
        yield Check("setting", State.MIND, f"{name} is not a setting; {meant}", fix)


def _system() -> Check:
    known = sys.platform in ("linux", "darwin")
    found = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    if known:
        return Check("system", State.GOOD, found)
    return Check("system", State.MIND, found, "Use Linux or macOS; on Windows, WSL or Docker.")


def _packages() -> Check:
    found, missing = [], []
    for name in (*PACKAGES, *MEASURED_AGAINST):
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if not missing:
        return Check("packages", State.GOOD, ", ".join(found))
    needed = not set(missing) <= set(MEASURED_AGAINST)
    known = f"missing: {', '.join(missing)}{'' if needed else ' (only for `soundalike bench`)'}"
    return Check("packages", State.BAD if needed else State.MIND, known, "Run `make setup`.")


def _ffmpeg() -> Check:
    found = find_ffmpeg()
    if found is None:
        return Check(
            "ffmpeg",
            State.MIND,
            "none: m4a, mp4, webm and wma cannot be heard",
            "Install ffmpeg with your system's packages, or run `make setup`.",
        )
    return Check("ffmpeg", State.GOOD, str(found))


def _disk(home: Path) -> Check:
    try:
        place = next(folder for folder in (home, *home.absolute().parents) if folder.exists())
        free = shutil.disk_usage(place).free
    except OSError as error:
        return Check("disk", State.BAD, f"{home}: {error.strerror}", "Mend its permissions.")
    if not place.is_dir():
        return Check("disk", State.BAD, f"{place} is no folder", "Set SOUNDALIKE_HOME to another.")
    found = f"{free / 1e9:,.1f} GB free for {home}"
    if free < _LITTLE_SPACE:
        return Check(
            "disk", State.MIND, found, "Make room, or set SOUNDALIKE_HOME to another disk."
        )
    return Check("disk", State.GOOD, found)


def _index(settings: Settings, model: ModelStamp | None) -> Check:
    try:
        with closing(opener_of(settings)()) as index:
            stamp, others = index.stamp, index.others
            found = f"{len(index):,} tracks in {_place(settings)}, made with {stamp.model}"
    except SoundalikeError as error:
        fix = without_default(error.fix)
        mends = fix if settings.store else mending(fix, settings.index)
        return Check("index", State.BAD, error.sentence, mends)
    if model is None:
        return Check("index", State.GOOD, found)
    try:
        note = compare_stamps(model, stamp, others)
    except CatalogueError as error:
        importer = importer_of((stamp, *others))
        fix = (
            _ask_imported(settings, stamp, importer) if importer else _again(settings, model, stamp)
        )
        return Check("index", State.BAD, error.sentence, fix)
    return Check("index", State.MIND if note else State.GOOD, note or found)


def _again(settings: Settings, model: ModelStamp, made: ModelStamp) -> str:
    again = f"`soundalike index build YOUR-MUSIC --model {model.model}`"
    push = f" and push it to {_place(settings)}" if settings.store else ""
    before = f"listen as before: SOUNDALIKE_MODEL={made.model}"
    return f"Build it again with {again}{push}, or {before}."


def _ask_imported(settings: Settings, made: ModelStamp, importer: str) -> str:
    """Say how vectors are asked that no listening makes: to build them again is no way."""
    setting = STORE if settings.store else INDEX
    other = f"set {setting.name} to an index of your own music."
    asker = asker_of(made, settings.home / "models")
    if asker is None:
        return f"`{importer}` made it, and only its own tracks can ask it. For clips, {other}"
    fetch = "" if asker.installed else "`soundalike model fetch vggish`, then "
    listen = f"{fetch}SOUNDALIKE_MODEL={asker.name}"
    return f"`{importer}` made it, so listen with the model that can ask it: {listen}. Or {other}"


def _place(settings: Settings) -> str:
    return read_store(settings.store).name if settings.store else str(settings.index)


def _describe(card: ModelCard, file: ModelFile | None) -> str:
    """Say what a model is; ModelError where its file is not what it should be."""
    known = f"{card.name} {card.version} ({card.space})"
    doubt = "" if card.verified else ", unverified"
    if file is None:
        return f"{known}{doubt}, which needs no file"
    check_file(file)
    if card.metric is not None:
        check_file(card.metric.file)
    return f"{known}, {file.size / 1e6:.1f} MB{doubt}, its file is the one the card describes"


def _switch(settings: Settings) -> str:
    """Return how to change to the full VGGish; empty where another model was chosen."""
    if settings.model != MODEL.default:
        return ""
    if (settings.home / "models" / "vggish.toml").is_file():
        return (
            "To listen with the full VGGish, which is here: `soundalike index build YOUR-MUSIC "
            "--model vggish`, then SOUNDALIKE_MODEL=vggish."
        )
    return "For the full VGGish, `soundalike model fetch vggish`; it says how to go on."


def _discord(token: str, application: int | None) -> Iterator[Check]:
    problem = token_problem(token) if token else None
    if problem:
        yield Check("token", State.BAD, problem.sentence, problem.fix)
    elif token:
        yield Check("token", State.GOOD, "DISCORD_TOKEN is set (it is never shown)")
    else:
        yield Check(
            "token",
            State.MIND,
            "DISCORD_TOKEN is not set: `soundalike run` needs it",
            "Put DISCORD_TOKEN=… into .env, from your application's Bot page on "
            "discord.com/developers.",
        )
    yield Check("intents", State.GOOD, "no privileged one is needed: leave all three switches off")
    known = application or application_id(token)
    if known:
        yield Check("invite", State.GOOD, invite_url(known))
    else:
        yield Check(
            "invite",
            State.MIND,
            "no application's id to make the invite link of",
            "Set DISCORD_TOKEN to the bot's own, or SOUNDALIKE_APPLICATION_ID to the id on your "
            "application's page.",
        )
