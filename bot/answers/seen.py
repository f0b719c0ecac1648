"""What may be seen where: a server's own tracks are there and nowhere else."""

from __future__ import annotations

from dataclasses import replace

from index.answers import KeptAnswer
from models.types import Recommendations, Track


def seen_in(kept: KeptAnswer, guild: int | None) -> KeptAnswer:
    """Return a kept answer as it may be seen in a server, or in a direct message.

    Cards with buttons stay where they were sent, so that it mostly is all of it; an id that was
    carried elsewhere opens nothing of another server's.
    """
    answer = kept.answer

    def is_seen(track: Track) -> bool:
        return track.library in ("", str(guild))

    results = tuple(one for one in answer.results if is_seen(one.track))
    same = answer.same if answer.same and is_seen(answer.same) else None
    seen: Recommendations = replace(answer, results=results, same=same)
    return replace(kept, answer=seen)
