"""Whether an answer is to one clip: of several sounds, or of likes, no part was heard."""

from __future__ import annotations

from models.types import ClipHeard


def is_one_clip(heard: ClipHeard) -> bool:
    """Return whether a part of one clip was heard, whose moments can be shown."""
    return heard.end > heard.start
