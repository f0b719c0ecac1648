"""What the bot says on Discord, in one place: the card's words and every sentence of its own."""

from __future__ import annotations

from typing import NamedTuple


class Saying(NamedTuple):
    """What happened, and what to do about it: the two halves of an error a person meets."""

    sentence: str
    fix: str


SPECTRUM = "The clip as a mel spectrogram: time to the right, pitch upward, loudness as light."
NOTHING_ALIKE = "Nothing in the catalogue sounds like it."
NOTHING_ELSE = "Nothing else in the catalogue sounds like it."
LISTEN = "listen"
UNTITLED = "untitled"
CLIP = "a clip"
VOICE = "voice message"

COMMAND = "Find the tracks that sound like a clip"
FILE = "The clip: an audio or video file, a voice message"
LINK = "Or a link to an audio file"
START = "Where to begin listening: 1:23, 83 or 1m23s"
END = "Where to stop listening: 1:23, 83 or 1m23s"
COUNT = "How many tracks to show, 1 to 10 (5 if you don't say)"

NO_CLIP = Saying("I need a clip to listen to.", "Give me a file, or a link to an audio file.")
TWO_CLIPS = Saying(
    "You gave me a file and a link, and I can listen to one at a time.", "Leave one of them out."
)
CLIP_GONE = Saying("Discord no longer has that file.", "Upload it again.")
CLIP_STUCK = Saying("Discord did not hand me the file.", "Try again in a moment.")
BUSY = Saying("I have my ears full: too many people are asking at once.", "Ask again in a minute.")
BUSY_WITH_YOURS = Saying(
    "I am still busy with your last clips.", "Wait for their answers, then ask again."
)
RESTARTING = Saying("I am being restarted.", "Ask again in a minute.")
TOO_SLOW = Saying(
    "That took too long, so I stopped.", "Try a shorter part with start and end, or ask again."
)
HOST_NEEDED = Saying(
    "My catalogue is out of order right now, so I cannot look anything up.",
    "Whoever runs me finds the reason in my log.",
)
FORGETFUL = Saying(
    "I cannot remember anything right now, so buttons and likes do not work.",
    "Whoever runs me finds the reason in my log.",
)
COMMAND_CHANGED = Saying(
    "This command has changed since your Discord loaded it.",
    "Restart Discord (Ctrl+R or ⌘R) and use it again.",
)
UNEXPECTED = Saying(
    "Something went wrong on my side.",
    "Try again; if it stays so, tell whoever runs me: there is a note in my log.",
)

_MATCHES = (
    (0.8, "a very close match"),
    (0.6, "a close match"),
    (0.4, "a fair match"),
    (-1.0, "a loose match"),
)
_SIMILARITIES = (
    (0.9, "nearly the same sound"),
    (0.75, "very similar"),
    (0.55, "similar"),
    (0.35, "somewhat similar"),
    (-1.0, "distantly similar"),
)


def match(probability: float) -> str:
    """Word a match in [0, 1]: `87 % · a very close match`."""
    return f"{percent(probability)} · {_word(probability, _MATCHES)}"


def percent(probability: float) -> str:
    """Write a probability in [0, 1] as a per cent, none of which is a certainty: `87 %`."""
    return f"{min(max(round(100 * probability), 1), 99)} %"


def similarity(value: float) -> str:
    """Word a similarity in [-1, 1]: `very similar (0.81)`."""
    return f"{_word(value, _SIMILARITIES)} ({value:.2f})"


def sounds_like_it_at(clock: str) -> str:
    """Say where in a track it sounds most alike."""
    return f"*sounds like it at {clock}*"


def heard(start: str, end: str) -> str:
    """Say which part of the clip was listened to."""
    return f"heard {start} – {end}"


def this_is(who: str) -> str:
    """Name the track that the clip is a part of."""
    return f"🎯 This is {who}."


def tracks(count: int) -> str:
    """Say how large the catalogue is."""
    return f"{count:,} {'track' if count == 1 else 'tracks'}"


def drop_here(*, command: bool) -> Saying:
    """Greet in a DM; `command` says whether /similar is known there."""
    part = "; with /similar you can also say which part to listen to" if command else ""
    return Saying(
        "Drop an audio clip here and I'll find the tracks that sound like it.",
        f"A file, a voice message or a link to an audio file will do{part}.",
    )


def no_clip_in_mention(*, command: bool) -> Saying:
    """Help who called the bot without a clip."""
    other = ", or use /similar" if command else ""
    return Saying(
        "You called me, but I see no clip.",
        f"Mention me in a message that has the audio file or a link to one{other}.",
    )


def reply_unreadable(*, command: bool) -> Saying:
    """Help who called the bot in a reply to a message that it may not read."""
    other = ", or use /similar" if command else ""
    return Saying(
        "Discord does not show me the message you replied to.",
        f"Mention me in a message that has the clip itself{other}.",
    )


def not_audio(name: str) -> Saying:
    """Refuse a file whose type says that nothing can be heard in it."""
    return Saying(
        f"{name} is not audio.",
        "Give me a sound or a video, for example an mp3, ogg, wav, flac, m4a or mp4 file.",
    )


def too_large(size: int, limit: int) -> Saying:
    """Refuse a file by its size, in bytes."""
    return Saying(
        f"That file has {size / 1e6:.0f} MB, and I take {limit / 1e6:g} MB at most.",
        "Cut out the part you mean, or save it as mp3 or ogg.",
    )


def may_not_write(channel: str) -> Saying:
    """Tell a person in private why there is no answer in public."""
    return Saying(
        f"You called me in {channel}, but I may not write there.",
        "Ask the server's admins to let me send messages there, or drop the clip here.",
    )


def _word(value: float, steps: tuple[tuple[float, str], ...]) -> str:
    return next((word for least, word in steps if value >= least), steps[-1][1])
