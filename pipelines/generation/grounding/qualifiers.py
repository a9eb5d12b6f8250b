"""What limits a quantity: "up to", "from", "at least", "about", "until" and the like, before or behind it."""

from __future__ import annotations

import re

_BEFORE = {
    "atleast": r"at least|minimum(?: of)?|min\.?|no less than|no fewer than|not less than",
    "from": (
        r"starting from|starting at|starts at|start at|starts from|beginning at|as low as|as little as"
        r"|from as little as|prices from|priced from|as soon as it reaches|reaches|reach|available from|from only"
        r"|from just|from"
    ),
    "upto": (
        r"up to|at most|at the most|maximum(?: of)?|max\.?|no more than|not more than|as much as|as many as|as long as"
        r"|as high as|≤"
    ),
    "over": (r"more than|over|above|exceeding|exceeds|exceed|upwards of|in excess of|beyond|longer than|well over|>"),
    "under": r"less than|fewer than|under|below|just under|shorter than|<",
    "about": (
        r"about|approximately|approx\.?|around|roughly|nearly|almost|circa|ca\.?|c\.|some|close to|just over|~|≈"
    ),
    "within": r"within|in under|inside|in only|in just|in",
    "until": r"until|till|by|through|before|no later than|not later than|ends? on|ending|expires? on|up until|to",
    "since": r"since|as of|as from|starting|starts on|beginning|begins on|onwards from",
    "after": r"after|later than",
    "only": r"only",
}
_BETWEEN = (
    "the|a|an|just|only|last|first|next|about|on|order|value|orders|usual|full|whole|entire|our|your|of|net|gross|minimum"
    "|total|amount|purchase|purchases|worth|price"
)
_LEFT = re.compile(
    r"(?:^|(?<=[^\w]))(?:" + "|".join(f"(?P<{name}>{ways})" for name, ways in _BEFORE.items()) + r")"
    rf"(?:\s+(?:{_BETWEEN}))*\s*$",
    re.IGNORECASE,
)
_RIGHT = re.compile(
    r"\s*(?:(?P<atleast>\+|(?:or|and) (?:more|above|over)|(?:and )?upwards|and up|minimum|at least)"
    r"|(?P<upto>or less|or fewer|at most|maximum|at the most|tops)|(?P<about>or so))(?!\w)",
    re.IGNORECASE,
)
# "20 pieces upwards": what is counted stands between, and is no part of the quantity.
_FURTHER_RIGHT = re.compile(r" (?:[a-z]+ ){1,2}(?:upwards|or more|and more|and up|and above)\b", re.IGNORECASE)
_OF_TIMES = {"from": "since", "until": "until", "since": "since", "after": "after", "upto": "until", "about": "about"}
_DURATIONS = frozenset({"hour", "workday", "month"})
_AS_THEY_ARE = frozenset({"atleast", "from", "upto", "over", "under", "about", "within"})
_REACH = 48


def qualifier_before(text: str, start: int, unit: str) -> tuple[str, int]:
    """The qualifier before a quantity of this unit, and where it begins; else nothing, and the same place."""
    offset = max(0, start - _REACH)
    match = _LEFT.search(text[offset:start])
    if match is None:
        return "", start
    name = next(group for group, written in match.groupdict().items() if written)
    meant = _for_unit(name, match[name].lower(), unit)
    return (meant, offset + match.start(name)) if meant else ("", start)


def qualifier_behind(text: str, end: int) -> tuple[str, int]:
    """The qualifier that stands behind a quantity, and where it ends."""
    match = _RIGHT.match(text, end)
    if match is not None:
        return match.lastgroup or "", match.end()
    return ("atleast" if _FURTHER_RIGHT.match(text, end) else ""), end


def _for_unit(name: str, word: str, unit: str) -> str:
    """What a word means before this unit: "from 79 EUR" is the lowest price, "from 1 May" a beginning."""
    if unit in ("date", "clock", "weekday"):
        return "before" if word == "before" and unit == "date" else _OF_TIMES.get(name, "")
    if word in ("in", "some") or (name == "from" and unit == "%"):
        return ""
    if word in ("until", "till"):
        return "upto"
    if name == "only":
        return "only" if unit == "count" else ""
    if name == "after":
        return "after" if unit in _DURATIONS else ""
    return name if name in _AS_THEY_ARE else ""
