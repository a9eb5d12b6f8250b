"""The seven guardrails of a campaign as a whole, each by the facts alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from pipelines.safety.guardrails.money import judge_budgets, judge_discount
from pipelines.safety.guardrails.policy import GuardrailPolicy
from pipelines.safety.guardrails.rates import hours_for, room_left
from pipelines.safety.guardrails.reasons import (
    AUDIT,
    BY_CODE,
    COMPLIANCE,
    GUARDRAILS,
    MONEY,
    PREFERENCES,
    RATES,
    SPAM,
    TONE,
)
from pipelines.safety.guardrails.reputation import judge_reputation
from pipelines.safety.guardrails.verdicts import CampaignFacts, Decision, GuardrailVerdict

# Which guardrail the findings of a content check belong to; all others are tone and brand.
SPAM_CHECKS = frozenset({"spam_words", "forbidden_words", "shouting", "image_share", "hidden_text"})
COMPLIANCE_CHECKS = frozenset({"postal_address", "unsubscribe", "deceptive_subject", "personal_data"})

Verdicts = Iterator[GuardrailVerdict]


def judge(facts: CampaignFacts, policy: GuardrailPolicy) -> tuple[GuardrailVerdict, ...]:
    """At least one verdict of each guardrail, in their order; a question that a person answered is not put again."""
    return tuple(
        verdict for guardrail in GUARDRAILS for verdict in _judged(guardrail, RULES[guardrail](facts, policy), facts)
    )


def _judged(guardrail: str, found: Verdicts, facts: CampaignFacts) -> Verdicts:
    answered = [_answered(verdict, facts) for verdict in found]
    yield from answered or [_passed(guardrail, facts)]


def _passed(guardrail: str, facts: CampaignFacts) -> GuardrailVerdict:
    held = {code: n for code, n in facts.reasons.items() if BY_CODE[code].guardrail == guardrail}
    if not held:
        return GuardrailVerdict(guardrail, "pass", "pass", "Nothing is held against the campaign or anybody in it.")
    listed = ", ".join(f"{code} {n:,}" for code, n in held.items())
    return GuardrailVerdict(guardrail, "pass", "pass", "The campaign may go on without those named.", listed)


def _answered(verdict: GuardrailVerdict, facts: CampaignFacts) -> GuardrailVerdict:
    # What stops a campaign by itself is not for anybody to wave through.
    settled = facts.settled.get((verdict.asks, verdict.code)) if verdict.asks and not verdict.stops else None
    if settled is None:
        return verdict
    # People who are not to be written to are left out; the campaign goes on without them.
    decision: Decision = "pass" if settled.settlement == "approved" or verdict.asks == "vip" else "block"
    sentence = f"{verdict.sentence} {settled.by} {settled.settlement} it."
    return replace(verdict, decision=decision, sentence=sentence, asks=None)


def _spam(facts: CampaignFacts, policy: GuardrailPolicy) -> Verdicts:
    limits = policy.spam.reputation
    yield from judge_reputation("this campaign", facts.own, limits)
    yield from judge_reputation(f"this tenant on the channel {facts.channel}", facts.sender, limits)
    yield from _content(SPAM, facts, lambda check: check in SPAM_CHECKS)


def _compliance(facts: CampaignFacts, policy: GuardrailPolicy) -> Verdicts:
    if missing := [text.variant_id for text in facts.texts if text.decision is None]:
        yield GuardrailVerdict(
            COMPLIANCE, "block", "not_screened",
            f"{len(missing)} of {len(facts.texts)} texts have no screening under the policy in force; screen them.",
            ", ".join(missing[:5]),
        )  # fmt: skip
    yield from _content(COMPLIANCE, facts, lambda check: check in COMPLIANCE_CHECKS)
    known = set(policy.whatsapp_templates)
    loose = [text.variant_id for text in facts.texts if text.channel == "whatsapp" and text.content_hash not in known]
    if loose:
        sentence = f"{len(loose)} texts are no templates that WhatsApp approved, and it takes no others."
        yield GuardrailVerdict(
            COMPLIANCE, "review", "template_not_approved", sentence, ", ".join(loose[:5]), asks="compliance"
        )


def _tone(facts: CampaignFacts, _: GuardrailPolicy) -> Verdicts:
    if not facts.texts:
        yield GuardrailVerdict(TONE, "block", "no_text", "The campaign has no text that could be sent; draft one.")
    elif all(text.decision == "block" for text in facts.texts):
        yield GuardrailVerdict(TONE, "block", "every_text_blocked", "Screening blocked every text of the campaign.")
    yield from _content(TONE, facts, lambda check: check not in SPAM_CHECKS | COMPLIANCE_CHECKS)


def _content(guardrail: str, facts: CampaignFacts, mine: Callable[[str], bool]) -> Verdicts:
    """Texts that wait for a person because of this guardrail's checks; screening has put the question already."""
    waiting = [text for text in facts.texts if text.decision == "review" and not text.cleared]
    if held := [text for text in waiting if any(map(mine, text.checks))]:
        checks = sorted({check for text in held for check in text.checks if mine(check)})
        sentence = f"{len(held)} of {len(facts.texts)} texts wait for a reviewer because of {', '.join(checks)}."
        evidence = ", ".join(text.variant_id for text in held[:5])
        yield GuardrailVerdict(guardrail, "review", "text_in_review", sentence, evidence)


def _audit(facts: CampaignFacts, _: GuardrailPolicy) -> Verdicts:
    if not facts.may_log:
        sentence = "The audit ledger cannot be written, and what cannot be logged is not done."
        yield GuardrailVerdict(AUDIT, "block", "ledger_closed", sentence)


def _rates(facts: CampaignFacts, policy: GuardrailPolicy) -> Verdicts:
    most = policy.rates.messages_an_hour
    if facts.included > room_left(most, facts.this_hour):
        hours = hours_for(facts.included + facts.this_hour, most)
        sentence = f"{facts.included:,} messages are more than this hour has room for; they spread over {hours} hours."
        yield GuardrailVerdict(RATES, "pass", "spread_over_hours", sentence, f"{facts.this_hour} sent this hour")


def _preferences(facts: CampaignFacts, _: GuardrailPolicy) -> Verdicts:
    if not facts.included:
        sentence = f"Nobody of the {facts.audience:,} people in the audience may be sent to; see the reasons."
        yield GuardrailVerdict(PREFERENCES, "block", "nobody_included", sentence)


def _money(facts: CampaignFacts, policy: GuardrailPolicy) -> Verdicts:
    yield from judge_discount(facts.offer, policy.money.discounts)
    yield from judge_budgets(facts.channel, facts.spent, facts.spent_on_channel, policy.money.budgets)
    if vips := facts.reasons.get("vip"):
        sentence = f"{vips:,} very important people wait until a human decides on messages to them."
        yield GuardrailVerdict(MONEY, "review", "vip", sentence, asks="vip")


RULES: dict[str, Callable[[CampaignFacts, GuardrailPolicy], Verdicts]] = {
    SPAM: _spam, COMPLIANCE: _compliance, TONE: _tone, AUDIT: _audit, RATES: _rates, PREFERENCES: _preferences,
    MONEY: _money,
}  # fmt: skip
