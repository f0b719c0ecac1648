"""The JSON of an answer, key by key: programs depend on it."""

from __future__ import annotations

import json

import numpy as np

from bot.as_json import as_json
from models.types import ClipHeard, Recommendation, Recommendations, Track


def test_the_shape_is_kept(results: tuple[Recommendation, ...]) -> None:
    heard = ClipHeard(
        "clip.wav", 15.000001, 30.0, 45.000001, "vggish-small", np.zeros((2, 64), np.float32)
    )
    timing = {"decode": 0.01234567, "total": np.float64(0.05)}
    answer = Recommendations(heard, Track("77", "Same"), results, timing)
    assert json.dumps(as_json(answer)) == (
        '{"clip": {"seconds": 15.0, "start": 30.0, "end": 45.0, "model": "vggish-small"}, '
        '"is": {"track": "77", "title": "Same", "artist": "", "url": "", "labels": []}, '
        '"results": ['
        '{"rank": 1, "track": "a1b2c3", "title": "Bells", "artist": "Ann", "similarity": 0.9123, '
        '"match": null, "at": 12.35, "url": "https://example.org/bells", "labels": ["bells"]}, '
        '{"rank": 2, "track": "d4e5f6", "title": "Untitled", "artist": "", "similarity": 0.5, '
        '"match": null, "at": 0.0, "url": "", "labels": []}], '
        '"timing": {"decode": 0.0123, "total": 0.05}}'
    )


def test_nothing_recognised_is_null() -> None:
    heard = ClipHeard("c", np.float32(9.6), 0.0, 9.6, "m", np.zeros((0, 0), np.float32))
    hit = Recommendation(1, Track("1", "T"), np.float32(0.25), np.float32(4.8), 0.31416)
    shape = as_json(Recommendations(heard, None, (hit,), {}))
    assert shape["is"] is None
    assert shape["results"][0]["match"] == 0.3142
    assert json.loads(json.dumps(shape)) == shape
