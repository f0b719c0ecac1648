"""A file that took no part in something, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that took no part on its own, and why, in a sentence."""

    path: str
    sentence: str
