"""The state: what the bot remembers from one start to the next, in `state.sqlite`.

To keep something more, write a store: a file with a `Migration` that makes its table and says in
a `Kept` what is in there, whose, why and for how long; and a class that reads and writes it
through `State`, as `Answers` does. Then put its migration at the end of the list below. `/privacy`
reads out, hands over and deletes from whatever is in the list.
"""

from __future__ import annotations

from pathlib import Path

from index import answers, choices, libraries, likes, shown
from index.state_file import State

MIGRATIONS = (
    answers.MIGRATION,
    likes.MIGRATION,
    shown.MIGRATION,
    choices.MIGRATION,
    libraries.MIGRATION,
    libraries.LEAVING,
)
"""Every step of the schema, in the order they were made; none is ever taken out."""


def open_state(path: Path) -> State:
    """Open the state, bring its tables up to today's, or make it; to be closed.

    A damaged file is moved aside, never overwritten, and the state's note says so.

    Raises
    ------
    StateError
        The file cannot be opened or written, or is of a newer Soundalike.
    """
    return State(path, MIGRATIONS)
