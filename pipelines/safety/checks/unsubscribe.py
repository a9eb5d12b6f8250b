"""Whoever wants no more must find the way out and it must work: else people report spam instead."""

from __future__ import annotations

import re

from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Finding, shown
from pipelines.safety.house_rules import HouseRules
from pipelines.safety.page import Link
from pipelines.safety.wording.folding import folded

SLOT = "unsubscribe.link"


def check(context: ScreeningContext, rules: HouseRules) -> tuple[Finding, ...]:
    """A mail links its way out visibly and with words, in page and text part; text messages name the word."""
    needs = rules.channel(context.channel).needs
    if not context.marketing:
        return ()
    found: list[Finding | None] = []
    if "unsubscribe link" in needs:
        found += [_in_page(context, rules), _in_text(context, rules)]
    if "way out in words" in needs and not rules.way_out.find(folded(context.text)):
        sentence = "The message does not say how to stop it; end it with a word such as “Reply STOP to opt out”."
        found.append(Finding("unsubscribe", "way_out_missing", "block", sentence))
    return tuple(one for one in found if one is not None)


def _in_page(context: ScreeningContext, rules: HouseRules) -> Finding | None:
    links = [link for link in context.page.links if rules.slots.names_in(link.url)[:1] == (SLOT,)]
    alive = [link for link in links if rules.slots.name_of_whole(link.url) == SLOT]
    if not links:
        code, sentence = _why_missing(context, rules)
        return Finding("unsubscribe", code, "block", sentence)
    if not alive:
        sentence = "The unsubscribe link has more in it than {{unsubscribe.link}}, so it leads nowhere."
        return Finding("unsubscribe", "unsubscribe_dead", "block", sentence, shown(links[0].url))
    if any(_readable(link) for link in alive):
        return _unclear(alive, rules)
    if any(link.seen for link in alive):
        sentence = "The unsubscribe link has no words that could be clicked."
        return Finding("unsubscribe", "unsubscribe_without_words", "block", sentence)
    sentence = "The unsubscribe link stands where readers cannot see it."
    return Finding("unsubscribe", "unsubscribe_hidden", "block", sentence)


def _readable(link: Link) -> bool:
    return any(letter.isalnum() for letter in link.words)


def _unclear(links: list[Link], rules: HouseRules) -> Finding | None:
    if any(rules.way_out.find(folded(" ".join((link.words, *link.names)))) for link in links):
        return None
    sentence = "The unsubscribe link does not say that it ends the messages."
    return Finding("unsubscribe", "unsubscribe_unclear", "review", sentence, shown(links[0].words))


def _why_missing(context: ScreeningContext, rules: HouseRules) -> tuple[str, str]:
    if any(SLOT in rules.slots.names_in(comment) for comment in context.page.comments):
        return "unsubscribe_in_comment", "The unsubscribe link stands inside a comment, so nobody can click it."
    if any(re.search(r"\s|unsubscribe|abmeld|opt-?out", link.url, re.IGNORECASE) for link in context.page.links):
        return (
            "unsubscribe_dead",
            "The way out is an address written by hand, which knows no reader; link {{unsubscribe.link}}.",
        )
    return "unsubscribe_missing", "The mail has no unsubscribe link; link {{unsubscribe.link}} where readers see it."


def _in_text(context: ScreeningContext, rules: HouseRules) -> Finding | None:
    if SLOT in rules.slots.names_in(context.text):
        return None
    sentence = "The text part has no unsubscribe link; put {{unsubscribe.link}} there."
    return Finding("unsubscribe", "unsubscribe_missing_in_text", "block", sentence)
