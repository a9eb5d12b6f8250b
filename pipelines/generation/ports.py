"""What drafting asks of the outside: somebody who finds passages, and somebody who writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal, Protocol

from pipelines.contracts import Found, Passage, PassageFilters
from pipelines.database import Database
from pipelines.generation.brand import Brand
from pipelines.generation.briefs import Brief
from pipelines.generation.message import Message
from pipelines.generation.prices import Prices

UnitKind = Literal["segment", "persona", "account", "person"]
Outcome = Literal["written", "refused", "truncated", "filtered", "malformed", "unavailable"]


@dataclass(frozen=True, slots=True)
class Unit:
    """The audience of one message; `traits` is what is known of it, without anything that names a person."""

    kind: UnitKind
    unit_id: str
    label: str
    description: str
    traits: Mapping[str, str] = field(default_factory=dict)
    size: int = 0


@dataclass(frozen=True, slots=True)
class Complaint:
    """What the verifier held against one sentence of the first round."""

    place: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Everything that decides one variant: a model reads `messages`, the offline composer the rest."""

    brief: Brief
    unit: Unit
    strategy: str
    passages: tuple[Passage, ...]
    messages: tuple[Mapping[str, str], ...]
    seed: int
    temperature: float
    most_output_tokens: int
    complaints: tuple[Complaint, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one ask; `message` only when the outcome is `written`, else `detail` says what happened."""

    outcome: Outcome
    message: Message | None
    detail: str
    raw: str
    model: str
    request_id: str | None
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    latency_ms: int
    tries: int


class Writer(Protocol):
    """A language model, or the offline composer."""

    provider: str
    model: str
    version: str

    def write(self, asks: Sequence[Ask]) -> Iterator[tuple[int, Answer]]:
        """One answer an ask, with the ask's index, as they come; trouble is an outcome, never an exception."""
        ...


class Searching(Protocol):
    """Somebody who finds passages of one tenant, for as long as the questions last."""

    def ask(self, text: str, filters: PassageFilters, limit: int, traits: Iterable[str] = ()) -> Sequence[Found]:
        """The passages that answer best and pass every filter, best first; `traits` are words that help."""
        ...


@dataclass(frozen=True, slots=True)
class Studio:
    """Where copy is drafted, and what it is held to."""

    database: Database
    searching: Callable[[str], AbstractContextManager[Searching]]
    passages: Callable[[str, Sequence[str]], Sequence[Passage]]
    writer: Writer
    prices: Prices
    brand_of: Callable[[str], Brand]
    policies: Path
    monthly_budget: Decimal
    clock: Callable[[], datetime]
