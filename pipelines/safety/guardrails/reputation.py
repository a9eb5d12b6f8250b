"""Sender reputation: which share of what went out bounced or was complained about."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.safety.guardrails.policy import Reputation
from pipelines.safety.guardrails.reasons import SPAM
from pipelines.safety.guardrails.verdicts import GuardrailVerdict, Sent


def judge_reputation(whose: str, sent: Sent, limits: Reputation) -> Iterator[GuardrailVerdict]:
    """What the shares of one sender, or of one campaign, lead to; nothing where they are good."""
    if not sent.messages:
        return
    bounced, complained = sent.bounces / sent.messages, sent.complaints / sent.messages
    if sent.bounces >= limits.fewest_bounces and bounced >= limits.bounces_below:
        yield _verdict("block", "bounces_too_high", whose, "bounced", sent.bounces, sent, limits.bounces_below)
    if sent.complaints >= limits.fewest_complaints and complained >= limits.complaints_below:
        most = limits.complaints_below
        yield _verdict("block", "complaints_too_high", whose, "brought complaints", sent.complaints, sent, most)
    elif complained >= limits.complaints_warning:
        most = limits.complaints_warning
        yield _verdict("review", "complaints_rising", whose, "brought complaints", sent.complaints, sent, most)


def _verdict(decision: str, code: str, whose: str, what: str, number: int, sent: Sent, most: float) -> GuardrailVerdict:
    so = f"{number:,} of {sent.messages:,} messages of {whose} {what} ({number / sent.messages:.2%})"
    blocks = decision == "block"
    then = "the campaign stops" if blocks else "a person looks at it"
    sentence = f"{so}; from {most:.1%} on {then}."
    evidence = f"{number}/{sent.messages}"
    if blocks:
        return GuardrailVerdict(SPAM, "block", code, sentence, evidence, asks="reputation", stops=True)
    return GuardrailVerdict(SPAM, "review", code, sentence, evidence, asks="reputation")
