"""The languages that are spoken here, and which of them a person is answered in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.words.speaking import Words

if TYPE_CHECKING:
    import discord  # takes longer to load than many a command runs

LANGUAGES = ("en", "de", "es", "fr", "pt-BR")
"""Every language there is a catalogue of."""

_WORDS = {locale: Words(locale) for locale in LANGUAGES}

ENGLISH = _WORDS["en"]
"""What errors are raised in, and what those hear whose language is not spoken here."""

_BY_LANGUAGE = {locale.partition("-")[0]: words for locale, words in _WORDS.items()}


def words_for(locale: discord.Locale | str | None) -> Words:
    """Return the words of the language nearest to a locale: es-419 hears es, pt-PT pt-BR."""
    text = str(locale)
    return _WORDS.get(text) or _BY_LANGUAGE.get(text.partition("-")[0], ENGLISH)


def words_in(guild: discord.Guild | None) -> Words:
    """Return the words of a server, where messages say nobody's language; English in a DM."""
    return words_for(guild.preferred_locale) if guild else ENGLISH
