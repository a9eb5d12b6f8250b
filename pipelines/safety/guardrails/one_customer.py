"""All seven guardrails about one customer in one campaign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from pipelines.contracts import Json
from pipelines.safety.guardrails.reasons import BY_CODE, GUARDRAILS, Outcome, RecipientVerdict
from pipelines.safety.guardrails.verdicts import STRICTNESS, Decision, GuardrailVerdict

# What is said of a campaign because of others in its audience says nothing about this one.
ABOUT_OTHERS = frozenset({"vip", "nobody_included"})
AS_VERDICT: dict[Decision, RecipientVerdict] = {"pass": "included", "review": "review", "block": "excluded"}
RANK: dict[RecipientVerdict, int] = {"included": 0, "later": 1, "review": 2, "excluded": 3}


@dataclass(frozen=True, slots=True)
class CustomerDecision:
    """What becomes of one customer at one moment, the strictest of the seven answers, and all reasons of their own."""

    campaign_id: str
    customer_id: str
    verdict: RecipientVerdict
    code: str
    codes: tuple[str, ...]
    sentence: str
    guardrails: tuple[GuardrailVerdict, ...]

    def to_json(self) -> Json:
        """For a machine."""
        return asdict(self)


def of_one(
    campaign_id: str, customer_id: str, outcome: Outcome, of_campaign: Sequence[GuardrailVerdict]
) -> CustomerDecision:
    """The customer's own reasons beside what holds for the whole campaign."""
    general = [one for one in of_campaign if one.code not in ABOUT_OTHERS]
    own = [_own(code) for code in outcome.codes]
    answers = tuple(_answer(guardrail, [*own, *general]) for guardrail in GUARDRAILS)
    verdict, code, sentence = outcome.verdict, outcome.code, outcome.sentence
    worst = max(general, key=_strictness)
    if RANK[AS_VERDICT[worst.decision]] > RANK[verdict]:
        verdict, code, sentence = AS_VERDICT[worst.decision], worst.code, worst.sentence
    return CustomerDecision(campaign_id, customer_id, verdict, code, outcome.codes, sentence, answers)


def _own(code: str) -> GuardrailVerdict:
    reason = BY_CODE[code]
    return GuardrailVerdict(reason.guardrail, "review" if reason.effect == "review" else "block", code, reason.sentence)


def _answer(guardrail: str, said: Sequence[GuardrailVerdict]) -> GuardrailVerdict:
    mine = [one for one in said if one.guardrail == guardrail]
    if all(one.decision == "pass" for one in mine):
        return GuardrailVerdict(guardrail, "pass", "pass", "Nothing is held against it.")
    return replace(max(mine, key=_strictness), asks=None)


def _strictness(verdict: GuardrailVerdict) -> int:
    return STRICTNESS.index(verdict.decision)
