"""What becomes of one variant: what the screen says of its texts and what our own checks found, as one decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Decision, Finding, decision
from pipelines.safety.policy import ScreeningPolicy
from pipelines.safety.ports import CATEGORIES, ContentSafety, Severities, undecided
from pipelines.safety.screening import DECISIONS, Verdict, verdict_on
from pipelines.safety.wording.slots import SLOT

SCREEN = "content_screen"
# A block for one of these alone may end otherwise when it is looked at again.
UNDECIDED = frozenset({"undecided", "check_failed", "citation_withdrawn"})


@dataclass(frozen=True, slots=True)
class Decided:
    """The decision on a variant with all that it rests on; `code` and `reason` are of what decided."""

    decision: Decision
    undecided: bool
    code: str
    reason: str
    category: str | None
    severity: int | None
    severities: dict[str, int | None]
    blocklist_hits: tuple[str, ...]
    findings: tuple[Finding, ...]


def texts_of(context: ScreeningContext) -> tuple[tuple[str, str], ...]:
    """Every text of a variant, seen or not, with its place; what a slot says when it stays empty is read too."""
    return tuple((place, SLOT.sub(lambda slot: slot["fallback"] or " ", text)) for place, text in context.everything)


def judged(
    places: Sequence[str],
    answers: Sequence[Severities],
    found: Sequence[Finding],
    policy: ScreeningPolicy,
    screen: ContentSafety,
    tenant: str,
) -> Decided:
    """The strictest of all that was said; a variant of which nothing was read is undecided, and that blocks."""
    said = list(answers) or [undecided("nothing_to_read")]
    where = list(places) or ["variant"]
    verdicts = [verdict_on(one, screen, policy, tenant) for one in said]
    worst = max(verdicts, key=_weight)
    findings = (*_of_screen(where, verdicts), *found)
    outcome = decision(findings)
    deciding = [one for one in findings if one.severity == outcome]
    more = f" (and {len(deciding) - 1} more)" if len(deciding) > 1 else ""
    return Decided(
        decision=outcome,
        undecided=outcome == "block" and all(one.code in UNDECIDED for one in deciding),
        code=deciding[0].code if deciding else "",
        reason=f"{deciding[0].sentence}{more}" if deciding else worst.reason,
        category=None if worst.decision == "pass" else worst.category,
        severity=None if worst.decision == "pass" else worst.severity,
        severities=_highest(said),
        blocklist_hits=tuple(dict.fromkeys(hit for one in said for hit in one.blocklist_hits)),
        findings=findings,
    )


def _weight(verdict: Verdict) -> tuple[int, int]:
    return DECISIONS.index(verdict.decision), -1 if verdict.severity is None else verdict.severity


def _of_screen(places: Sequence[str], verdicts: Sequence[Verdict]) -> tuple[Finding, ...]:
    """One finding for each thing that the screen holds against the texts, with the first place where it does."""
    found: dict[tuple[str, str], Finding] = {}
    for place, verdict in zip(places, verdicts, strict=True):
        if verdict.decision != "pass":
            code = "undecided" if "undecided" in verdict.codes else verdict.category
            evidence = " ".join((f"{place}:", *verdict.codes))
            finding = Finding(SCREEN, code, verdict.decision, verdict.reason, evidence)
            found.setdefault((code, verdict.reason), finding)
    return tuple(found.values())


def _highest(said: Sequence[Severities]) -> dict[str, int | None]:
    """The highest severity in each category; None where it is not known of every text."""
    highest: dict[str, int | None] = {}
    for category in CATEGORIES:
        known = [one.of(category).severity for one in said]
        highest[category] = None if None in known else max(filter(None, known), default=0)
    return highest
