"""What a sentence leans on: some are only understood right after the one before, some after what introduces them."""

from __future__ import annotations

import re
from typing import Literal

from pipelines.adapters.language_model.composer.appeal import tells_a_tale
from pipelines.adapters.language_model.composer.english import stems

# `alone`: needs nothing. `after`: needs the fact that introduces it. `next`: needs exactly the sentence before it.
Stand = Literal["alone", "after", "next"]

_POINTS_BACK = re.compile(
    r"^(?:it|they|this|these|those|that|he|she|its|their|his|her|both|such|elsewhere|"
    r"there(?! (?:is|are|was|were|will)\b)|of (?:these|those|them)|"
    r"(?:after|below|above|before|in|at|from|for) (?:that|this|these|those)\b|"
    r"for (?:all |any )?other|in the same|the (?:same|other|former|latter|usual|rest|remaining|\d+))\b"
    r"|^(?:\S+\s+){1,3}(?:it|they|these|those)\b|\b(?:these|those|the latter|the former)\b|\b(?:there|more)\.$"
    r"|^(?:after|at|before|between|by|during|for|from|in|on|since|until|with|within|without)\b[^,;]*\b(?:it|they)\b"
    r"|\bthis\b(?! (?:week|month|year|winter|spring|summer|autumn|season))"
    r"|\b(?:then|otherwise|instead(?! of)|also(?! (?:after|at|before|during|for|from|if|in|on|when|with)))\b"
    r"|\b(?:that|it) is \d|\bthat is [\d€$£]|\bthat it\b|\b(?:is|are) included\b"
    r"|\bboth\b(?! (?:ways|ends|sides|hands)\b)(?!.*\band\b)",
    re.IGNORECASE,
)
# A plural before it in the same sentence: "return goods within 30 days of receiving them".
_THEM = re.compile(r"\bthem\b", re.IGNORECASE)
_PLURAL = re.compile(r"\b(?!days|weeks|months|years|hours|minutes|percent)[a-z]{3,}s\b[^.]*\bthem\b")
_KNOWN_ONLY = re.compile(
    r"\bthe (?:reduced|special|lower|higher|new|old|other|free|same) (?:price|offer|rate|engraving|delivery|tables|"
    r"lamps)\b"
    r"|\bthe (?:offers?|promotion|campaign|deal|limit|period|weeks|voucher|code|loan|proof|visit|poll|result|company|"
    r"firm|owner|share|jury|auditor|mill|practice|project|winner|module|quote)\b(?! (?:of|for) (?:the|our|your|an?) )"
    r"|\b(?:larger|smaller|bigger|higher|lower|longer|shorter|further|cheaper|better|faster)\b(?!.*\bthan\b)"
    r"|\byou save\b(?!.*\b(?:instead|than|one by one)\b)"
    r"|^(?!.*\b(?:return|guarantee))(?=.*\brefund)",
    re.IGNORECASE,
)
_THE_NOUN = re.compile(r"\bthe ([a-zà-ÿ]{3,})\b(?! (?:of|for|in|from|same)\b)", re.IGNORECASE)
_BEGINS_KNOWN = re.compile(r"(?:The|All(?! our\b)) (?=[a-zà-ÿ])((?:\S+ ){0,4}\S+)")
_BEGINS_COUNTED = re.compile(
    r"(?:An?|Each|One|Two|Three|Four|Five|Six|Ten|Twelve|\d+)(?: (?:and|or|to) \w+)?"
    r"(?: further| spare| single| replacement)? ([a-zà-ÿ]{3,})\b"
)
_OUT_OF_A_PROCESS = re.compile(r"(?:We|You)\b(?:\W+\w+){0,8}\W*$")
_MARK_OF_A_NAME = re.compile(r"[A-ZÀ-Þ\"“]")
_NAMED_BEFORE = re.compile(
    r"\b(?:the|an?|one|each|every|our|your) [A-ZÀ-Þ][a-zà-ÿ]+ "
    r"((?!and\b|can\b|for\b|from\b|has\b|may\b|that\b|was\b|who\b|will\b|with\b|won\b|took\b|\w+s\b)[a-zà-ÿ]{3,})\b",
    re.IGNORECASE,
)
# It only sets the scene for what comes next.
_SETS_THE_SCENE = re.compile(r"\bwe asked\b|\b(?:magazine|institute) \S+ (?:tested|compared)\b", re.IGNORECASE)


def standing_of(text: str, product: str | None, earlier: str) -> Stand:
    """How a sentence stands; `product` is what its passage is about, `earlier` what the passage said before."""
    if _POINTS_BACK.search(text) or (_THEM.search(text) and not _PLURAL.search(text)):
        return "next"
    if tells_a_tale(text) or _KNOWN_ONLY.search(text):
        return "after"
    if product is not None and product.lower() not in text.lower():
        return "after"
    return "after" if _speaks_of_the_known(text, product, earlier) else "alone"


def sets_the_scene(text: str) -> bool:
    """Whether a sentence says nothing yet without the one after it."""
    return _SETS_THE_SCENE.search(text) is not None


def _speaks_of_the_known(text: str, product: str | None, earlier: str) -> bool:
    """Whether something is named as if the reader knew it, and nothing in the sentence says which one is meant."""
    begins = _BEGINS_KNOWN.match(text)
    if begins and not _MARK_OF_A_NAME.search(begins[1]):
        return True
    if not earlier:
        return False
    if product is None and _OUT_OF_A_PROCESS.match(text):
        return True
    before = stems(earlier) - stems(product or "")
    counted = _BEGINS_COUNTED.match(text)
    if counted and stems(counted[1]) & before:
        return True
    if any(stems(noun) & before for noun in _THE_NOUN.findall(text)):
        return True
    # "One lamp uses" after "The Desk lamp gives".
    heads = {head.lower() for head in _NAMED_BEFORE.findall(earlier)}
    return any(re.search(rf"\b[a-zà-ÿ0-9]+ {head}s?\b", text) and not _named(head, text) for head in heads)


def _named(head: str, text: str) -> bool:
    return re.search(rf"\b[A-ZÀ-Þ][a-zà-ÿ]+ {head}", text) is not None
