"""What the safety step asks of the outside: somebody who judges how harmful a text is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Category = Literal["Hate", "SelfHarm", "Sexual", "Violence"]
CATEGORIES: tuple[Category, ...] = ("Hate", "SelfHarm", "Sexual", "Violence")


@dataclass(frozen=True, slots=True)
class Judged:
    """How severe a text is in one category, 0, 2, 4 or 6, with codes that say why; None: the screen could not tell."""

    severity: int | None
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Severities:
    """What a screen says of one text; a category that it does not name is undecided."""

    judged: Mapping[Category, Judged]
    blocklist_hits: tuple[str, ...] = ()

    def of(self, category: Category) -> Judged:
        """The judgement in one category."""
        return self.judged.get(category, Judged(None, ("no_answer",)))


def undecided(*codes: str) -> Severities:
    """What is said of a text that could not be judged at all."""
    return Severities(dict.fromkeys(CATEGORIES, Judged(None, codes)))


class ContentSafety(Protocol):
    """A screen of texts. What a text is judged depends on nothing but the text."""

    @property
    def name(self) -> str:
        """The provider, as the settings call it."""
        ...

    @property
    def version(self) -> str:
        """Which model and weights judged."""
        ...

    def explain(self, code: str) -> str:
        """What a code of an answer means and what mends it, in a sentence; empty where the code says all."""
        ...

    def screen(self, texts: Sequence[str]) -> list[Severities]:
        """One answer a text, in their order; trouble is an undecided answer, never an exception."""
        ...
