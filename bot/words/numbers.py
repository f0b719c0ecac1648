"""Numbers as a language writes and counts them."""

from __future__ import annotations

from dataclasses import dataclass

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Numbers:
    """How a language writes numbers, and which form of a word they ask for.

    Attributes
    ----------
    group : str
        What stands between groups of three digits.
    grouped_from : int
        The least number that is grouped.
    decimal : str
        What stands before the decimals.
    percent : str
        A per cent, with `{number}` for the number.
    singular : tuple of int
        The numbers that ask for the form `one`; Unicode's plural rules (CLDR) list them.
    """

    group: str
    grouped_from: int
    decimal: str
    percent: str
    singular: tuple[int, ...]

    def write(self, value: float, places: int | None = None) -> str:
        """Write a number.

        Parameters
        ----------
        value : int or float
        places : int or None
            Decimals that are shown; None for all there are, at most two.
        """
        if isinstance(value, int) and places is None:
            text = f"{value:,}"
        elif places is None:
            text = f"{value:,.2f}".rstrip("0").rstrip(".")
        else:
            text = f"{value:,.{places}f}"
        group = self.group if abs(value) >= self.grouped_from else ""
        return self.decimal.join(part.replace(",", group) for part in text.split("."))

    def write_percent(self, probability: float) -> str:
        """Write a probability in [0, 1] as a per cent, none of which is a certainty."""
        whole = min(max(round(100 * probability), 1), 99)
        return self.percent.replace("{number}", str(whole))

    def form(self, count: int) -> str:
        """Return which form of a word a count asks for: `one`, `many` or `other`.

        `many` is that of whole millions, which some languages tell apart: *un million de titres*.
        """
        if count in self.singular:
            return "one"
        return "many" if count and count % _MILLION == 0 else "other"
