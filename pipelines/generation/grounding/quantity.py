"""One quantity of a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

Value = tuple[Fraction | int | None, ...]


@dataclass(frozen=True, slots=True)
class Quantity:
    """How much of what; `value` has two parts for a range, more for a size or a date; `parts` are those of a share."""

    unit: str
    value: Value
    qualifier: str
    shape: str
    start: int
    end: int
    text: str
    parts: tuple[Fraction, ...] = ()

    @property
    def key(self) -> str:
        """The same for the same quantity, however it is written."""
        return f"{self.unit}|{self.shape}|{','.join(map(str, self.value))}"
