"""Lists as Python or JSON writes them, in the cell of a table."""

from __future__ import annotations

import ast
import warnings
from typing import Final

_LONGEST: Final = 10_000


def read_list(text: str) -> list[str]:
    """Return the texts and whole numbers of a list such as ``[21, 'Folk']``, as texts.

    Returns
    -------
    list of str
        Empty where the text is no such list.
    """
    if len(text) > _LONGEST or not text.lstrip().startswith(("[", "(")):
        return []
    try:
        with warnings.catch_warnings():
            # Python has opinions on how to write a backslash.
            warnings.simplefilter("ignore")
            found = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return []
    return [str(one) for one in found if isinstance(one, str | int)] if _is_row(found) else []


def _is_row(found: object) -> bool:
    return isinstance(found, list | tuple)
