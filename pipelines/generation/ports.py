"""What drafting asks of the outside: who finds passages, who says a question in other words, and who writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel

from pipelines.contracts import Found, Passage, PassageFilters, Question, Refusal
from pipelines.database import Database
from pipelines.generation.brand import Brand
from pipelines.generation.briefs import Brief, brief_hash
from pipelines.generation.message import Message
from pipelines.generation.prices import Prices
from pipelines.generation.questions import Rewording, Wordings

M = TypeVar("M", bound=BaseModel)
M_contra = TypeVar("M_contra", bound=BaseModel, contravariant=True)
P_contra = TypeVar("P_contra", contravariant=True)

UnitKind = Literal["segment", "persona", "account", "person"]
Key = tuple[str, str, str]
"""Kind of unit, its id, and the strategy: one variant."""

Another = Callable[[int], str]
"""Asked before the ask of that index is tried again while its last try may be charged for: why not, or nothing."""

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
class Learning:
    """Something that worked or did not, accepted by a person; `effect` says how much more or less it earned."""

    insight_id: str
    dimension: str
    value: str
    segment: str | None
    effect: float
    statement: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """What the verifier held against one sentence of the first round."""

    place: str
    text: str
    reason: str


class Prompt(Protocol[M_contra]):
    """What a model is asked, and in which form it shall answer."""

    @property
    def messages(self) -> Sequence[Mapping[str, str]]:
        """The conversation."""

    @property
    def seed(self) -> int:
        """What fixes chance, where a model lets it be fixed."""

    @property
    def temperature(self) -> float:
        """How much chance there is."""

    @property
    def most_output_tokens(self) -> int:
        """How long the answer may be."""

    def unfit(self, message: M_contra) -> str:
        """What a well-formed answer lacks all the same; empty if nothing."""


class Call(Prompt[Any], Protocol):
    """A prompt with what the log keeps of it."""

    @property
    def key(self) -> Key:
        """What it is for."""

    @property
    def passage_ids(self) -> list[str]:
        """The passages that the answer may cite."""

    @property
    def besides(self) -> list[Any]:
        """What decides the answer besides the prompt."""


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
    learnings: tuple[Learning, ...] = ()

    @property
    def key(self) -> Key:
        """Which variant it is for."""
        return self.unit.kind, self.unit.unit_id, self.strategy

    @property
    def passage_ids(self) -> list[str]:
        """The passages that the answer may cite."""
        return [passage.passage_id for passage in self.passages]

    @property
    def besides(self) -> list[Any]:
        """What decides the answer besides the prompt."""
        return [
            brief_hash(self.brief), self.unit.unit_id, self.strategy, self.passage_ids,
            [complaint.text for complaint in self.complaints],
            # What nothing was learnt for is answered from memory as it was before.
            *([[one.insight_id for one in self.learnings]] if self.learnings else []),
        ]  # fmt: skip

    @property
    def prefers_questions(self) -> bool:
        """Whether people accepted that subjects which ask a question earn more."""
        asking = [one for one in self.learnings if (one.dimension, one.value) == ("subject_pattern", "ask a question")]
        return any(one.effect > 0 for one in asking)

    def unfit(self, message: Message) -> str:
        """Whether the body or a sentence is empty."""
        whole = message.blocks and all(one.text.strip() for _, one in message.sentences())
        return "" if whole else "left sentences or the whole body empty"


@dataclass(frozen=True, slots=True)
class Sent:
    """What was really sent of a wish; a server that refuses a part of it gets the rest."""

    seed: int | None
    temperature: float | None
    structured: bool


# Without slots: one that is frozen, generic and slotted cannot be made by the name of its alias.
@dataclass(frozen=True)
class Reply(Generic[M]):
    """What came of one prompt; `message` only when the outcome is `written`, else `detail` says what happened.

    `unheard` of the tries may have been answered, and charged for, although the answer never arrived.
    """

    outcome: Outcome
    message: M | None
    detail: str
    raw: str
    model: str
    request_id: str | None
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    latency_ms: int
    tries: int
    sent: Sent | None = None
    unheard: int = 0


Answer = Reply[Message]


def freely(_: int) -> str:
    """For a caller who reckons no cost: whatever may be tried again is."""
    return ""


class Model(Protocol[P_contra, M]):
    """Somebody who answers prompts: a language model, or what stands in for it offline."""

    provider: str
    model: str
    version: str

    def write(self, asks: Sequence[P_contra], another: Another = freely) -> Iterator[tuple[int, Reply[M]]]:
        """One answer an ask, with the ask's index, as they come; trouble is an outcome, never an exception."""
        ...


@dataclass(frozen=True, slots=True)
class StillRunning:
    """A batch that is not ready; how much of it is."""

    status: str
    done: int
    total: int


class PerhapsSubmitted(Refusal):
    """Nobody knows whether the batch runs: it may be answered, and paid for."""


class Batches(Protocol):
    """A vendor's endpoint for large runs: cheaper, and answered within a day."""

    def submit(self, asks: Sequence[Ask]) -> str:
        """The id of the new batch; a batch that cannot be made is refused."""
        ...

    def collect(self, batch_id: str, asks: Sequence[Ask]) -> StillRunning | Iterator[tuple[int, Answer]]:
        """An answer to each of the asks that were submitted, with its index; or how far the batch is."""
        ...


Writer = Model[Ask, Message]
Rewriter = Model[Rewording, Wordings]


class Searching(Protocol):
    """Somebody who finds passages of one tenant, for as long as the questions last."""

    def ask_all(self, questions: Sequence[Question], filters: PassageFilters, limit: int) -> Sequence[Sequence[Found]]:
        """For each question the passages that answer best and pass every filter, best first."""
        ...

    def missing(self, filters: PassageFilters) -> Sequence[str]:
        """What the filters name and approved content does not hold, each in words that say how to mend it."""
        ...


class Expected(Protocol):
    """The live model of how people respond, beside the readers of a campaign."""

    @property
    def version(self) -> int:
        """Which version of the model is live."""

    def expects(self, unit: tuple[str, str], message: Mapping[str, Any]) -> float | None:
        """The share of a unit's readers who will engage; None where nobody of it is known."""
        ...


@dataclass(frozen=True, slots=True)
class Studio:
    """Where copy is drafted, and what it is held to."""

    database: Database
    searching: Callable[[str, str], AbstractContextManager[Searching]]
    passages: Callable[[str, Sequence[str]], Sequence[Passage]]
    writer: Writer
    prices: Prices
    brand_of: Callable[[str], Brand]
    policies: Path
    monthly_budget: Decimal
    clock: Callable[[], datetime]
    # What briefs of a tenant may be about.
    topics_of: Callable[[str], Sequence[str]]
    rewriter: Rewriter | None = None
    batches: Batches | None = None
    # For the readers of a tenant's campaign; None as long as no model of responses is live.
    responses: Callable[[str, str], Expected | None] = lambda tenant, campaign_id: None
