"""What the safety step asks of the outside: who judges how harmful a text is, and who tells people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol

from pipelines.contracts import Probe

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


@dataclass(frozen=True, slots=True)
class Evidence:
    """Whether a further check found what it looks for; None: it could not tell, and the codes say why."""

    found: bool | None
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """What a variant states as fact, and the passages that it cites for it."""

    text: str
    sources: tuple[str, ...]


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

    def ungrounded(self, claims: Sequence[Claim]) -> list[Evidence] | None:
        """Of each claim whether it says what its sources do not; None from a screen that does not look."""
        ...


class NotDelivered(Exception):
    """A notice did not arrive; the message says why, and it is tried again."""


@dataclass(frozen=True, slots=True)
class Notice:
    """That something waits for a person: how much, how urgent, and where to look. Never what it says."""

    tenant_id: str
    kind: str
    campaign_id: str | None
    waiting: int
    priority: int
    due_at: datetime
    link: str

    @property
    def sentence(self) -> str:
        """The notice in words."""
        things = "1 decision waits" if self.waiting == 1 else f"{self.waiting} decisions wait"
        of = f" of campaign {self.campaign_id}" if self.campaign_id else ""
        due = f"{self.due_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        return f"{things} for a person ({self.kind}{of}, tenant {self.tenant_id}, priority {self.priority}), due {due}."


@dataclass(frozen=True, slots=True)
class Alarm(Notice):
    """That something broke which a person must mend: of no single tenant, in words of its own."""

    said: str

    @property
    def sentence(self) -> str:
        """What broke."""
        return self.said


class Notifier(Protocol):
    """Somebody who tells people that something waits."""

    @property
    def name(self) -> str:
        """The provider, as the settings call it."""
        ...

    def tell(self, notice: Notice) -> None:
        """Deliver one notice, or raise NotDelivered; an unclear end counts as not delivered and is told again."""
        ...

    def probe(self) -> Probe:
        """Whether notices would arrive, without sending one."""
        ...
