"""What a guardrail answers about a campaign, and the facts that it answers by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from pipelines.safety.guardrails.policy import Kind

Decision = Literal["pass", "review", "block"]
STRICTNESS: tuple[Decision, ...] = ("pass", "review", "block")


@dataclass(frozen=True, slots=True)
class GuardrailVerdict:
    """One answer: a code for machines, a sentence for people, what it was seen by.

    `asks` is the kind of question that it puts to a person; `stops` says that a campaign under way pauses at once.
    """

    guardrail: str
    decision: Decision
    code: str
    sentence: str
    evidence: str = ""
    asks: Kind | None = None
    stops: bool = False

    def to_json(self) -> dict[str, Any]:
        """For a machine."""
        return asdict(self)


def strictest(verdicts: Sequence[GuardrailVerdict]) -> Decision:
    """What becomes of it all: the strictest answer."""
    return max((verdict.decision for verdict in verdicts), key=STRICTNESS.index, default="pass")


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the campaign and what its screening says; None where it has none under the policy in force."""

    variant_id: str
    content_hash: str
    decision: Decision | None = None
    cleared: bool = False
    checks: frozenset[str] = frozenset()
    channel: str = "email"


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of messages that went out."""

    messages: int = 0
    bounces: int = 0
    complaints: int = 0


@dataclass(frozen=True, slots=True)
class Settled:
    """How a person answered a question."""

    settlement: Literal["approved", "rejected"]
    by: str


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    """Everything that the guardrails look at of one campaign."""

    campaign_id: str
    channel: str
    offer: str = ""
    texts: tuple[Text, ...] = ()
    own: Sent = Sent()
    sender: Sent = Sent()
    this_hour: int = 0
    may_log: bool = True
    spent: float = 0.0
    spent_on_channel: float = 0.0
    audience: int = 0
    included: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    settled: Mapping[tuple[Kind, str], Settled] = field(default_factory=dict)
