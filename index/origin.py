"""What vectors come from, and whether those of two origins may stand in one index."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from models.types import ModelStamp


@dataclass(frozen=True, slots=True)
class Origin:
    """What vectors come from: a model, and windows of some length."""

    stamp: ModelStamp
    window_seconds: float
    hop_seconds: float

    def fits(self, other: Origin) -> bool:
        """Whether vectors of both may stand in one index: all is the same but the model's file."""
        ours, theirs = (
            (one.stamp.model, one.stamp.version, one.stamp.space, one.stamp.dim)
            for one in (self, other)
        )
        windows = (other.window_seconds, other.hop_seconds)
        return ours == theirs and (self.window_seconds, self.hop_seconds) == windows


def each_file_once(stamps: Iterable[ModelStamp]) -> list[ModelStamp]:
    """Name each file of a model once; older records know it without its precision."""
    known: dict[str, ModelStamp] = {}
    for stamp in stamps:
        if not known.setdefault(stamp.sha512, stamp).precision:
            known[stamp.sha512] = stamp
    return list(known.values())
