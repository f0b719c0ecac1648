"""`Recommendations` as plain JSON values: what `ask --json` prints and programs read."""

from __future__ import annotations

from typing import Any

from models.types import Recommendation, Recommendations, Track


def as_json(answer: Recommendations) -> dict[str, Any]:
    """Render an answer as a dictionary that `json.dumps` takes.

    Returns
    -------
    dict
        `clip` (seconds, start, end, model), `is` (a track or None), `results` (rank, track,
        title, artist, similarity in [-1, 1], match in [0, 1] or None, at in seconds, url,
        labels) and `timing` (stage: seconds). Times are cut to a hundredth of a second,
        similarities to four places, timings to a tenth of a millisecond.
    """
    clip = answer.clip
    return {
        "clip": {
            "seconds": round(float(clip.seconds), 2),
            "start": round(float(clip.start), 2),
            "end": round(float(clip.end), 2),
            "model": clip.model,
        },
        "is": None if answer.same is None else _track(answer.same),
        "results": [_result(result) for result in answer.results],
        "timing": {stage: round(float(took), 4) for stage, took in answer.timing.items()},
    }


def _track(track: Track) -> dict[str, Any]:
    return {
        "track": track.id,
        "title": track.title,
        "artist": track.artist,
        "url": track.url,
        "labels": list(track.labels),
    }


def _result(result: Recommendation) -> dict[str, Any]:
    track = _track(result.track)
    return {
        "rank": result.rank,
        "track": track["track"],
        "title": track["title"],
        "artist": track["artist"],
        "similarity": round(float(result.similarity), 4),
        "match": None if result.match is None else round(float(result.match), 4),
        "at": round(float(result.at), 2),
        "url": track["url"],
        "labels": track["labels"],
    }
