"""From severities to a decision: pass, review or block, with the category that decided and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pipelines.safety.policy import ScreeningPolicy
from pipelines.safety.ports import CATEGORIES, Category, ContentSafety, Judged, Severities

Decision = Literal["pass", "review", "block"]
DECISIONS: tuple[Decision, ...] = ("pass", "review", "block")
BLOCKLIST = "Blocklist"
_HIT = "blocklist:"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a text; `severity` is None where a category was undecided or a blocklist decided."""

    decision: Decision
    category: str
    severity: int | None
    codes: tuple[str, ...]
    reason: str


def judge(
    texts: Sequence[str], screen: ContentSafety, policy: ScreeningPolicy, tenant: str | None = None
) -> list[Verdict]:
    """One verdict a text, in their order."""
    return [verdict_on(said, screen, policy, tenant) for said in answers(texts, screen, policy)]


def answers(texts: Sequence[str], screen: ContentSafety, policy: ScreeningPolicy) -> list[Severities]:
    """What the screen says of each text, with the hits of the policy's own blocklist whoever screens."""
    judged = screen.screen(texts)
    return [_with_hits(said, policy.hits(text)) for text, said in zip(texts, judged, strict=True)]


def verdict_on(said: Severities, screen: ContentSafety, policy: ScreeningPolicy, tenant: str | None = None) -> Verdict:
    """The decision, with what the screen's codes mean in its reason."""
    return _explained(decide(said, policy, screen.name, tenant), screen)


def _with_hits(said: Severities, hits: tuple[str, ...]) -> Severities:
    return replace(said, blocklist_hits=tuple(dict.fromkeys((*said.blocklist_hits, *hits)))) if hits else said


def _explained(verdict: Verdict, screen: ContentSafety) -> Verdict:
    if verdict.decision == "pass":
        return verdict
    meant = [screen.explain(code.removeprefix(_HIT)) for code in verdict.codes]
    return replace(verdict, reason=" ".join([verdict.reason, *dict.fromkeys(filter(None, meant))]))


def decide(severities: Severities, policy: ScreeningPolicy, screen: str, tenant: str | None = None) -> Verdict:
    """The strictest of what each category and the blocklists demand; undecided blocks, whatever the policy says."""
    demanded = [_by_severity(category, severities.of(category), policy, screen, tenant) for category in CATEGORIES]
    demanded += _by_blocklist(severities, policy)
    return max(demanded, key=_weight)


def _weight(verdict: Verdict) -> tuple[int, int, int]:
    # Among equals a known severity says more than an unknown one, and the first category is named.
    known = -1 if verdict.severity is None else verdict.severity
    return DECISIONS.index(verdict.decision), known, -_order(verdict.category)


def _order(category: str) -> int:
    return [*CATEGORIES, BLOCKLIST].index(category)


def _by_severity(
    category: Category, judged: Judged, policy: ScreeningPolicy, screen: str, tenant: str | None
) -> Verdict:
    severity = judged.severity
    if severity is None:
        reason = f"The screen {screen} could not judge {category}, and what is not judged is blocked."
        return Verdict("block", category, None, ("undecided", *judged.codes), reason)
    threshold = policy.threshold(category, screen, tenant)
    if severity >= threshold.block_at:
        reason = f"{category} has severity {severity}; from {threshold.block_at} on it is blocked."
        return Verdict("block", category, severity, judged.codes, reason)
    if severity >= threshold.review_at:
        reason = f"{category} has severity {severity}; from {threshold.review_at} on a person decides."
        return Verdict("review", category, severity, judged.codes, reason)
    reason = f"No category reaches its threshold; the highest severity is {severity}."
    return Verdict("pass", category, severity, judged.codes, reason)


def _by_blocklist(severities: Severities, policy: ScreeningPolicy) -> Iterator[Verdict]:
    if severities.blocklist_hits:
        codes = tuple(f"{_HIT}{hit}" for hit in severities.blocklist_hits)
        reason = f"It is forbidden by name: {', '.join(severities.blocklist_hits)}."
        yield Verdict(policy.blocklist_hit, BLOCKLIST, None, codes, reason)
