"""Every reason that the guardrails can give about one customer, in the order in which they count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

Effect = Literal["excluded", "review", "later"]
RecipientVerdict = Literal["included", "review", "excluded", "later"]
INCLUDED = "included"
INCLUDED_SENTENCE = "No guardrail holds anything against it."

SPAM, COMPLIANCE, TONE, AUDIT, RATES, PREFERENCES, MONEY = (
    "spam_control", "compliance", "tone_and_brand", "audit_logger", "rate_limits", "consent_and_preferences", "money",
)  # fmt: skip
GUARDRAILS = (SPAM, COMPLIANCE, TONE, AUDIT, RATES, PREFERENCES, MONEY)
"""The seven, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: its guardrail, what it does, and the sentence that a person reads."""

    code: str
    guardrail: str
    effect: Effect
    sentence: str


# What cannot be undone comes first, then law, then wishes, then measure, then what a person decides, then what waits.
REASONS = (
    Reason("campaign_stopped", RATES, "excluded", "The campaign is paused, cancelled or completed."),
    Reason("unknown_customer", PREFERENCES, "excluded", "Nobody of this id is known now; erased, or merged."),
    Reason("erased", COMPLIANCE, "excluded", "The person asked to be erased."),
    Reason("no_address", PREFERENCES, "excluded", "No address is known for the channel of the campaign."),
    Reason("unsubscribed", PREFERENCES, "excluded", "The address was unsubscribed from this channel."),
    Reason("complained", SPAM, "excluded", "The address complained about a message as spam."),
    Reason("hard_bounced", SPAM, "excluded", "The address takes no messages: one bounced for good."),
    Reason("blocked", PREFERENCES, "excluded", "The address is on the list of permanent blocks."),
    Reason("objected", COMPLIANCE, "excluded", "The person objected to direct marketing."),
    Reason("consent_withdrawn", COMPLIANCE, "excluded", "The person denied or withdrew consent for this channel."),
    Reason("sale_opt_out", COMPLIANCE, "excluded", "The person opted out of the sale of their data, a right there."),
    Reason("no_consent", COMPLIANCE, "excluded", "The law there demands consent for this channel; none is recorded."),
    Reason("wrong_purpose", COMPLIANCE, "excluded", "Consent is recorded for this channel, but for another purpose."),
    Reason("consent_too_old", COMPLIANCE, "excluded", "The consent is older than the law there lets it count."),
    Reason("forbidden_number", COMPLIANCE, "excluded", "The channel takes no marketing to numbers of that country."),
    Reason("other_channel_only", PREFERENCES, "excluded", "The person wants to hear from us by another channel only."),
    Reason("other_topic_only", PREFERENCES, "excluded", "The person wants to hear about another topic only."),
    Reason("soft_opt_out", SPAM, "excluded", "So many messages bounced for good that the person counts as gone."),
    Reason("day_cap", RATES, "excluded", "As many campaigns as a day may hold wrote to the person already."),
    Reason("frequency_cap", SPAM, "excluded", "The person got as many marketing messages as are allowed already."),
    Reason("digest_not_due", PREFERENCES, "excluded", "The person wants one message a week; this week's was sent."),
    Reason("low_engagement", SPAM, "excluded", "The person shows too little interest in what is sent."),
    Reason("vip", MONEY, "review", "The person has spent so much that a human decides on messages to them."),
    Reason("quiet_hours", COMPLIANCE, "later", "It is night where the person lives; ask again when it is day."),
)

BY_CODE = {reason.code: reason for reason in REASONS}
BITS = {reason.code: 1 << place for place, reason in enumerate(REASONS)}
"""What SQL adds up for each customer: the lowest bit is the first reason."""


Counted = tuple[int, int, str]
"""A mask of reasons, how many customers have it, and one of them."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of one customer: the first reason, and all of them in their order."""

    verdict: RecipientVerdict
    code: str
    codes: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """Why, in words."""
        return sentence_of(self.code)


def sentence_of(code: str) -> str:
    """The sentence of a code."""
    return INCLUDED_SENTENCE if code == INCLUDED else BY_CODE[code].sentence


@cache
def outcome_of(mask: int) -> Outcome:
    """The outcome of the reasons that are set in a mask."""
    held = [reason for place, reason in enumerate(REASONS) if mask >> place & 1]
    if not held:
        return Outcome("included", INCLUDED, ())
    effects = {reason.effect for reason in held}
    strictest: Effect = next(effect for effect in ("excluded", "review", "later") if effect in effects)  # type: ignore[misc]
    first = next(reason for reason in held if reason.effect == strictest)
    return Outcome(strictest, first.code, tuple(reason.code for reason in held))


def first_reasons(counted: Iterable[Counted]) -> dict[str, int]:
    """How many customers are left out for which first reason, in the order of the reasons."""
    found: dict[str, int] = {}
    for mask, customers, _ in counted:
        outcome = outcome_of(mask)
        if outcome.codes:
            found[outcome.code] = found.get(outcome.code, 0) + customers
    return found
