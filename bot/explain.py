"""Errors to sentences: the one place that decides what a person reads when something fails."""

from __future__ import annotations

import logging
import traceback

from discord import app_commands

from bot.gate import BusyError
from bot.words import Saying, Words
from models.types import ClipError, RequestError, SoundalikeError, StateError

_log = logging.getLogger(__name__)


def explain(error: BaseException, words: Words) -> Saying:
    """Say what went wrong, to the person who asked; the log gets what the host should know.

    Errors are raised in English; `words` are those of the person.

    The first that fits is said:

    1. an error that discord.py wrapped around another one: what lies inside;
    2. a `ClipError`, a `RequestError` or a `BusyError`: its own sentence and fix, for they are
       about what the person handed in or asked for, and when;
    3. a `StateError`: a word that nothing can be remembered now, and the host is needed;
    4. another `SoundalikeError` (model, catalogue, settings): a word that the host is needed;
    5. a time-out: it took too long;
    6. a command that Discord still shows in an older form: reload Discord;
    7. anything else: something went wrong, and the log says what.
    """
    if isinstance(error, app_commands.CommandInvokeError):
        error = error.original
    match error:
        case ClipError() | RequestError() | BusyError():
            return Saying(words.translate(error.sentence), words.translate(error.fix))
        case StateError():
            _log.error("%s", error)
            return words.say("trouble.forgetful")
        case SoundalikeError():
            _log.error("%s", error)
            return words.say("trouble.host_needed")
        case TimeoutError():
            return words.say("trouble.too_slow")
        case app_commands.CommandSignatureMismatch() | app_commands.CommandNotFound():
            return words.say("trouble.command_changed")
    _log_trace(error)
    return words.say("trouble.unexpected")


def _log_trace(error: BaseException) -> None:
    # Where it happened, but not the error's own words: those may quote what a person wrote.
    places = "".join(traceback.format_tb(error.__traceback__))
    _log.error("unexpected %s\n%s", type(error).__name__, places)
