"""Discord's markdown as lines of words: headings, small print, bold, italic, links, escapes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tools.painting.emoji import draw_emoji, is_emoji
from tools.painting.ink import FAINT, INK, LINK, WHITE, Canvas, Colour, font_for, width_of

_BODY, _SMALL, _HEADING = 15.5, 13.0, 19.0
_LEADING = 1.36
_KINDS: dict[str, tuple[float, Colour, bool]] = {
    "": (_BODY, INK, False),
    "### ": (_HEADING, WHITE, True),
    "-# ": (_SMALL, FAINT, False),
}
_TOKEN = re.compile(
    r"\\(?P<escaped>[^a-zA-Z0-9\s])|(?P<bold>\*\*)|(?P<italic>\*)|\[(?P<label>(?:\\.|[^\]])*)\]\((?P<url>[^)]*)\)"
    r"|(?P<letter>.)",
    re.DOTALL,
)
_EMOJI_ALONE = re.compile(r"([🎧🎯▶💾🔍🔬👍👎🏠📚🔒]) ?")
_INVISIBLE = dict.fromkeys(map(ord, "\u2068\u2069\ufe0f\u200d"))


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of text that is not broken, with the space after it."""

    text: str
    size: float
    colour: Colour
    bold: bool = False
    space: bool = False

    @property
    def width(self) -> float:
        """Without the space."""
        if is_emoji(self.text):
            return self.size * 1.25
        font = font_for(self.text, self.size, bold=self.bold)
        return width_of(self.text, font, bold=self.bold)

    @property
    def advance(self) -> float:
        """With the space."""
        return self.width + (self.size * 0.27 if self.space else 0.0)


@dataclass(slots=True)
class Line:
    """Words beside each other."""

    size: float
    words: list[Word] = field(default_factory=list)

    @property
    def height(self) -> float:
        """From this line to the next."""
        return self.size * _LEADING

    @property
    def width(self) -> float:
        """Of all its words."""
        return sum(word.advance for word in self.words)


def lines_of(text: str, width: float) -> list[Line]:
    """Break text into lines no wider than `width`."""
    found: list[Line] = []
    for paragraph in text.translate(_INVISIBLE).split("\n"):
        head = re.match(r"(### |-# )?", paragraph)
        assert head is not None
        size, colour, bold = _KINDS[head[0]]
        line = Line(size)
        for word in _words(paragraph[head.end() :], size, colour, bold=bold):
            if line.words and line.width + word.width > width:
                found.append(line)
                line = Line(size)
            line.words.append(word)
        found.append(line)
    return found


def height_of(lines: list[Line]) -> float:
    """Return how high lines are together."""
    return sum(line.height for line in lines)


def draw_lines(canvas: Canvas, lines: list[Line], left: float, top: float) -> None:
    """Write lines below each other."""
    for line in lines:
        baseline = top + line.size * 1.02
        x = left
        for word in line.words:
            draw_word(canvas, word, x, baseline)
            x += word.advance
        top += line.height


def draw_word(canvas: Canvas, word: Word, left: float, baseline: float) -> None:
    """Write a word, or draw it where it is an emoji."""
    if is_emoji(word.text):
        draw_emoji(canvas, word.text, left, baseline - word.size * 0.95, word.size * 1.15)
        return
    font = font_for(word.text, word.size, bold=word.bold)
    canvas.text((left, baseline), word.text, font, word.colour, bold=word.bold)


def _words(text: str, size: float, colour: Colour, *, bold: bool) -> Iterator[Word]:
    for piece, strong, link in _styled(text):
        ink = LINK if link else WHITE if strong else colour
        for found in re.finditer(r"(\S*)(\s*)", _EMOJI_ALONE.sub(r"\1 ", piece)):
            if found[0]:
                yield Word(found[1], size, ink, strong or bold, space=bool(found[2]))


def _styled(text: str) -> Iterator[tuple[str, bool, bool]]:
    """Yield pieces of text, whether each is bold, and whether it is a link."""
    strong, held = False, ""
    for token in _TOKEN.finditer(text):
        if token["bold"]:
            yield held, strong, False
            strong, held = not strong, ""
        elif token["label"] is not None:
            yield held, strong, False
            held = ""
            yield re.sub(r"\\(.)", r"\1", token["label"]), strong, True
        elif not token["italic"]:
            held += token["escaped"] or token["letter"] or ""
    yield held, strong, False
