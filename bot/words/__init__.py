"""What the bot says on Discord: every sentence, in one catalogue per language.

To say something new:

1. Put it into `en.toml`, in the table of the feature: `heard = "heard {start} – {end}"`.
2. Put it into the other catalogues, under the same key and with the same `{placeholders}`.
3. Say it: `words("card.heard", start=..., end=...)`.

A command is named by the key of its table, `{/library_add}`, and said as the language calls it:
`/library add`, `/bibliothek hinzufügen`.

Three shapes of entry are told apart by their keys:

| entry of the catalogue | in the code | |
|---|---|---|
| `key = "…"` | `words("table.key", name=value)` | the text |
| a table with `sentence` and `fix` | `words.say("table.key", name=value)` | a `Saying` |
| a table with `one` and `other` | `words.count("table.key", number)` | the form for it |

A count says its number as `{count}`. Values are texts, or numbers, which are written as the
language writes them. `words` is that of the person who reads: `words_for(interaction.locale)`, or
`words_in(message.guild)` where nobody's language is known. Errors are raised in English,
`ClipError(*ENGLISH.say("ask.no_clip"))`, and put into the reader's language where they are told.
What a language lacks is said in English; the tests name what is missing.

A key that has `button`, `select`, `placeholder`, `modal` or `label` among its words, such as
`card.like_button`, is held to the length that Discord allows there. Commands are described by
`[commands.NAME]` alone: see `bot/words/commands.py`.
"""

from __future__ import annotations

from bot.words.languages import ENGLISH, LANGUAGES, words_for, words_in
from bot.words.speaking import Saying, Words

__all__ = ["ENGLISH", "LANGUAGES", "Saying", "Words", "words_for", "words_in"]
