"""A subject that pretends an answer or an alarm is opened once and never trusted again; the law forbids it besides."""

from __future__ import annotations

import re
from functools import lru_cache

from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Finding, shown
from pipelines.safety.house_rules import HouseRules
from pipelines.safety.wording.folding import folded


def check(context: ScreeningContext, rules: HouseRules) -> tuple[Finding, ...]:
    """“Re:” and “Fwd:” need a thread; marketing gives no notices about accounts, in subject or preheader."""
    found = []
    subject = folded(context.subject)
    if context.thread_id is None and (reply := _reply(rules.told.subject.replies).match(subject)):
        sentence = f"The subject begins with “{reply['mark']}:” as if it answered something, and there is no thread."
        found.append(Finding("deceptive_subject", "false_reply", "block", sentence, shown(context.subject)))
    if context.marketing:
        for place, text in (("subject", subject), ("preheader", folded(context.preheader))):
            if notices := rules.account_notices.find(text):
                sentence = (
                    f"The {place} sounds like a notice about an account (“{notices[0].phrase}”), which this is not."
                )
                found.append(Finding("deceptive_subject", "false_account_notice", "block", sentence, shown(text)))
    return tuple(found)


@lru_cache(maxsize=64)
def _reply(marks: tuple[str, ...]) -> re.Pattern[str]:
    either = "|".join(sorted((re.escape(folded(mark)) for mark in marks), key=len, reverse=True))
    return re.compile(
        rf"(?:[^\w{{]|\[[^\]]*\]|\{{\{{[^{{}}]*\}}\}})*(?P<mark>{either})\.?\s*(?:\[\d*\]|\(\d*\)|\^\d+|\d+)?\s*[:;]"
    )
