"""Draws cards as Discord shows them, for those who work on them and for the documentation.

`python -m tools.painting FOLDER` draws every kind of card there is. The picture is made from what
goes over the wire, so what is missing in it is missing on Discord too.
"""

from tools.painting.card import paint

__all__ = ["paint"]
