"""What files that hold audio are called."""

from __future__ import annotations

# Some of these no decoder here reads: they are audio all the same, and who hands one in is told.
AUDIO_ENDINGS = tuple(
    f".{ending}"
    for group in (
        ("aif", "aifc", "aiff", "au", "caf", "rf64", "snd", "w64", "wav", "wave"),
        ("alac", "ape", "dsf", "flac", "mpc", "oga", "ogg", "opus", "tta", "wv"),
        ("3gp", "aac", "amr", "asf", "m4a", "m4b", "mka", "mp2", "mp3", "mp4", "webm", "wma"),
    )
    for ending in group
)
