"""Frozen types that cross steps, and the one way in which Liftline says no."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

if TYPE_CHECKING:
    import polars as pl

# What a spreadsheet runs as a formula, whatever apostrophes stand before it; the same for Python, Rust and PostgreSQL.
FORMULA = "^('*[=+\\-@\\t\\r\\n\uff1d\uff0b\uff0d\uff20])"
TENANT_ID = re.compile(r"[a-z][a-z0-9_-]{0,62}")
# What a person or a key may be in a tenant.
Role = Literal[
    "operator", "reviewer", "qa", "compliance", "analyst", "ai_template_manager", "manager", "director", "admin",
]  # fmt: skip
ROLES: tuple[str, ...] = get_args(Role)

# How a campaign ends: nothing more of it is approved, queued or sent.
ENDED = ("cancelled", "completed")
# Where a customer stands, as profiles say it.
LifecycleStage = Literal["new", "active", "at_risk", "churned"]

# What an experiment can be judged by: what people did, in the words of engagement, and what they spent. Opens are not
# among them, for machines open mail.
Metric = Literal["clicked", "replied", "converted", "revenue", "unsubscribed", "complained", "bounced"]
RATES = ("clicked", "replied", "converted", "unsubscribed", "complained", "bounced")
LESS_IS_BETTER = ("unsubscribed", "complained", "bounced")


class Refusal(Exception):
    """What was asked cannot be done; the message is one sentence that says what, where and how to mend it."""


class Busy(Refusal):
    """What was asked can be done, once somebody else has ended."""


class Changed(Refusal):
    """What somebody decided on is no longer what stands."""


class Mistaken(Refusal):
    """A refusal of what somebody filled in, which besides says what is wrong at each place."""

    def __init__(self, sentence: str, mistakes: Sequence[tuple[str, str]]) -> None:
        super().__init__(sentence)
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True, slots=True)
class Refusals:
    """What refused among many: it holds up none of the others, and all are named at the end."""

    said: list[str] = field(default_factory=list)

    @contextmanager
    def of(self, whose: str) -> Iterator[None]:
        """Keep a refusal under the name of whom it is about, and go on."""
        try:
            yield
        except Refusal as refusal:
            self.said.append(f"{whose}: {refusal}")

    def tell(self) -> None:
        """Refuse in the words of all that refused, if any did."""
        if self.said:
            raise Refusal(" ".join(self.said))


def no_such_tenant(tenant: str) -> Refusal:
    """The one sentence for a tenant that is not there."""
    return Refusal(f"There is no tenant {tenant}; create it with `liftline tenants create {tenant}`.")


def in_snake_case(words: str) -> str:
    """As an import writes the names of events and purposes: `Added to Cart` as `added_to_cart`."""
    return "_".join(re.findall(r"[^\W_]+", words.lower()))


def event_spellings(names: Iterable[str]) -> list[str]:
    """Under which names events may stand that a policy calls so: in lower case, and as an import writes them."""
    spelt = (spelling for name in names for spelling in (name.strip().lower(), in_snake_case(name)))
    return [spelling for spelling in dict.fromkeys(spelt) if spelling]


def factor_words(effect: Mapping[str, Any]) -> tuple[str, str]:
    """An effect in a factorial design as people read it: its factors, and its levels beside the control's."""
    return " and ".join(effect["factors"]), f"{' with '.join(effect['levels'])} beside {effect['against'][0]}"


def ended_offer(brief: Mapping[str, Any] | None, today: date) -> str | None:
    """Why what a brief offers is to be had no more on that day; None where it is, or nothing is offered."""
    ends = ((brief or {}).get("offer") or {}).get("ends")
    return f"The offer ended on {ends}." if ends and date.fromisoformat(ends) < today else None


@dataclass(frozen=True, slots=True)
class Tenant:
    """A company whose data nobody else may see."""

    tenant_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Probe:
    """What the doctor found of one service."""

    service: str
    provider: str
    healthy: bool
    detail: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of approved content: what a sentence cites. Its id is made of its text, so other words make another."""

    passage_id: str
    document_id: str
    title: str
    text: str
    heading: str = ""
    kind: Literal["prose", "row", "quote", "caption"] = "prose"
    source: str = ""
    product: str | None = None
    audience: tuple[str, ...] = ()
    locale: str = "en"
    approved_by: str | None = None
    approved_at: date | None = None
    expires_at: date | None = None
    withdrawn: bool = False

    def refused_on(self, day: date) -> str | None:
        """Why it may not be cited on that day; None if it may."""
        if self.withdrawn:
            return f"{self.document_id} was withdrawn"
        if self.approved_by is None or self.approved_at is None:
            return f"{self.document_id} is not approved"
        if self.approved_at > day:
            return f"{self.document_id} is approved only from {self.approved_at} on"
        if self.expires_at is not None and self.expires_at < day:
            return f"{self.document_id} expired on {self.expires_at}"
        return None


@dataclass(frozen=True, slots=True)
class PassageFilters:
    """Which passages may be found; tenant, approval and expiry are always asked for besides."""

    on: date
    audience: tuple[str, ...] = ()
    locale: str | None = None
    products: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What to look for; `traits` are words that passages for this audience may hold, `audience` says who it is."""

    text: str
    traits: tuple[str, ...] = ()
    audience: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that answers a query, with its rank by words and by meaning (None: not among those found that way)."""

    passage: Passage
    score: float
    keyword_rank: int | None
    vector_rank: int | None


class Slice(Protocol):
    """Consecutive lines of a table: their cells as text, their line numbers, and what could not be read."""

    @property
    def cells(self) -> pl.DataFrame: ...
    @property
    def lines(self) -> pl.Series: ...
    @property
    def refused(self) -> Sequence[Any]: ...


class Table(Protocol):
    """A file whose header is known and whose slices can be read once."""

    @property
    def header(self) -> list[str]: ...
    @property
    def slices(self) -> Iterable[Slice]: ...


Json = dict[str, Any]
