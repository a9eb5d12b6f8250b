"""What speaks against a true sentence in copy: limits, defects, tales of the past, talk of oneself, orders."""

from __future__ import annotations

import re

_LIMITS = re.compile(
    r"\b(?:cannot|can['’]t|must(?:n['’]t)?|excluded|exceptions?|lost|not covered|closed|deduct|charge \d|only if|"
    r"as long as|no discount|net prices|VAT is added|does not apply|not possible|"
    r"do(?:es)? not (?:count|deliver|have to|tolerate|travel)|no longer|below that|deposit|"
    r"fee|legal rights|expires? after|tax adviser|minimum order|at least \d+ hours|are not|is not)\b",
    re.IGNORECASE,
)
_DEFECTS = re.compile(
    r"\b(?:damages?|defects?|moths?|stains?|cracks?|failing|swollen|findings?|complaints?|squints?|dull|mistakes?|"
    r"delays?|problems?|forgotten|callers|waited|customs|import tax|response rate)\b",
    re.IGNORECASE,
)
# What a part or a service costs is no reason to buy.
_SMALL_CHANGE = re.compile(
    r"\b(?:spare|replacement|single|replacing|mending|oiling|collecting|sending|assembly|deliver(?:y|ies)|parcels?|"
    r"visit|wrapping)\b.*\bcosts?\b|^postage\b",
    re.IGNORECASE,
)
_TIMETABLE = re.compile(r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?\b")
_PAST = re.compile(
    r"\b(?:was|were|had|took|paid|arrived|bought|opened|applied|collected|replaced|visited|came|became|sent)\b"
)
_PRESENT = re.compile(r"\b(?:is|are|can|costs?|has|have|receive|reach)\b")
_INWARD = re.compile(
    r"\b(?:our sales|employees|shares|subscribers|turnover|founders?|has \w+ people|test number|"
    r"(?:we|workshop) (?:equipped|repaired|sent|sold) [\d,]+)\b",
    re.IGNORECASE,
)
_NUMBER_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_OURS = re.compile(r"\b(?:we|our)\b", re.IGNORECASE)
_TO_THE_READER = re.compile(
    r"^(?:If |When |Before |After )?(?:add|air|apply|avoid|boil|book|close|choose|clean|contact|dab|dry|dust|enter|"
    r"exchange|fill|find|hand|hang|hold|join|keep|leave|let|measure|move|oil|open|order|polish|place|press|print|put|"
    r"register|remove|renew|rinse|rub|select|send|set|sign|spin|store|switch|take|test|try|tumble-dry|turn|use|wait|wash|"
    r"wear|wipe)\b",
    re.IGNORECASE,
)
_DATED = re.compile(r"\bcode [A-Z0-9]{4,}\b|\b20\d\d\b")


def dullness(text: str) -> float:
    """How much a sentence loses in the choice; from 1 on it stands in no subject or preheader."""
    dull = 0.0
    if _LIMITS.search(text):
        dull += 1.6
    if _DEFECTS.search(text):
        dull += 0.8
    if _SMALL_CHANGE.search(text):
        dull += 1.0
    if _TIMETABLE.search(text):
        dull += 1.0
    if _PAST.search(text):
        dull += 0.3
    if _TO_THE_READER.match(text):
        dull += 0.8
    if _INWARD.search(text):
        dull += 1.0
    if text.count(",") > 2:
        dull += 0.3
    return dull


def is_order(text: str) -> bool:
    """Whether a sentence tells the reader what to do, and is no invitation with a code or a date."""
    return bool(_TO_THE_READER.match(text)) and not _DATED.search(text)


def tells_a_tale(text: str) -> bool:
    """Whether a sentence is part of a story, told in the past without a year: alone it hangs in the air."""
    past = _PAST.search(text)
    if past is None or _PRESENT.search(text[: past.start()]):
        return False
    return not _NUMBER_YEAR.search(text) and not _OURS.search(text)
