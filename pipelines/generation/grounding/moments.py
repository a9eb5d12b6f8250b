"""Dates, years, weekdays and times of day, in the ways in which people write them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipelines.generation.grounding.lexicon.units import currency_at, unit_at

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_MONTH = "|".join(f"{name}|{name[:3]}\\.?" for name in _MONTHS).replace("|sep\\.?", "|sept?\\.?")
_TH = r"(?:st|nd|rd|th)?"
_YEAR = r"(?:19|20|21)\d\d"
_TO = r"\s*(?:-|–|—|to|until|till|and|through)\s*"

# "March" and "may" are other words too, unless one of these stands before them.
_LED = "|".join(rf"(?<={word} )" for word in ("in", "of", "until", "since", "to", "from", "by", "this", "and"))
_DATE = re.compile(
    rf"\b(?P<iso>{_YEAR}-\d\d-\d\d)\b"
    rf"|(?<![\w.,])(?:(?P<from>\d\d?){_TH}{_TO})?(?P<d1>\d\d?){_TH}(?: of)? (?P<m1>{_MONTH})\b(?:,? (?P<y1>{_YEAR})\b)?"
    rf"|\b(?P<m2>{_MONTH}) (?P<d2>\d\d?){_TH}\b(?!\s?(?:%|percent|[a-z]))(?:,? (?P<y2>{_YEAR})\b)?"
    rf"|\b(?P<m3>{_MONTH}),?(?: of)? (?P<y3>{_YEAR})\b"
    rf"|(?<![\w.])(?P<d4>\d\d?)[./](?P<m4>\d\d?)[./](?P<y4>{_YEAR})\b"
    rf"|\b(?P<m5>January|February|April|June|July|August|September|October|November|December)\b"
    rf"|\b(?:{_LED})(?P<m6>March|May)\b",
    re.IGNORECASE,
)
_LONE_YEAR = re.compile(rf"(?<![\w.,€$£-])(?P<year>{_YEAR})(?![\w%]|[.,]\d|\s?(?:%|EUR|€|kg|g|mm|cm|ml|l|km|m|W)\b)")
_THINGS = re.compile(r" ([a-z]+s|people|children)\b")
_NO_THINGS = frozenset({"was", "is", "has", "does", "this", "its", "us", "as", "always", "perhaps"})
_WEEKDAY = re.compile(r"\b(?P<day>" + "|".join(rf"{n}s?|{n[:3]}\.?" for n in _DAYS) + r"|tues|thurs?|weds)\b\.?", re.I)
_CLOCK = re.compile(
    r"(?<![\w.:,])(?P<h>[01]?\d|2[0-4])(?:[:.](?P<m>[0-5]\d))?\s?(?P<half>a\.?m\b\.?|p\.?m\b\.?|o'clock|(?<=\d\d)h\b)"
    r"|(?<![\w.:,])(?P<h2>[01]?\d|2[0-4]):(?P<m2>[0-5]\d)(?!\d)(?: h\b| hours\b)?"
    r"|\b(?P<word>noon|midday|midnight)\b",
    re.IGNORECASE,
)
_OPENS = re.compile(rf"(?<![\w.:,])(?P<h>[01]?\d|2[0-4])(?:[:.](?P<m>[0-5]\d))?{_TO}$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Moment:
    """A date (year, month, day; None where it is not said), a weekday or a time of day in minutes."""

    kind: str
    value: tuple[int | None, ...]
    start: int
    end: int


def moments_in(text: str) -> list[Moment]:
    """Every moment of a text in its order; spans do not overlap."""
    found = _dates(text)
    free = _blanked(text, found)
    found += _clocks(free)
    free = _blanked(text, found)
    found += [
        Moment("weekday", (_weekday(match["day"]),), match.start(), match.end())
        for match in _WEEKDAY.finditer(free)
        if match["day"][0].isupper()
        and not match["day"].lower().startswith(("sun.", "sat.", "wed."))
        and (len(match["day"]) > 3 or match["day"].lower() in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
    ]
    free = _blanked(text, found)
    found += [Moment("date", (int(m["year"]), None, None), m.start(), m.end()) for m in _LONE_YEAR.finditer(free)
              if not _counts(free, m.end())]  # fmt: skip
    return sorted(found, key=lambda moment: moment.start)


def _counts(text: str, at: int) -> bool:
    """Whether a number that looks like a year counts or measures something: "1900 days", "2000 parcels"."""
    things = _THINGS.match(text, at)
    return bool(unit_at(text, at) or currency_at(text, at) or (things and things[1] not in _NO_THINGS))


def _blanked(text: str, moments: list[Moment]) -> str:
    for moment in moments:
        text = text[: moment.start] + "\x01" * (moment.end - moment.start) + text[moment.end :]
    return text


def _dates(text: str) -> list[Moment]:
    found = []
    for match in _DATE.finditer(text):
        parts = match.groupdict()
        day, month, year = _read(parts)
        if month is None or not 1 <= month <= 12 or (day is not None and not 1 <= day <= 31):
            continue
        if (parts["m5"] or parts["m6"]) and match.group()[0].islower():
            continue
        start = match.start()
        if parts["from"]:
            found.append(
                Moment("date", (year, month, int(parts["from"])), start, match.start("from") + len(parts["from"]))
            )
            start = match.start("d1")
        found.append(Moment("date", (year, month, day), start, match.end()))
    return found


def _read(parts: dict[str, str | None]) -> tuple[int | None, int | None, int | None]:
    if parts["iso"]:
        iso = [int(part) for part in parts["iso"].split("-")]
        return iso[2], iso[1], iso[0]
    if parts["m4"]:
        first, second = int(parts["d4"] or 0), int(parts["m4"])
        return (second, first, int(parts["y4"] or 0)) if second > 12 else (first, second, int(parts["y4"] or 0))
    for at in "12356":
        if parts.get(f"m{at}"):
            day, year = parts.get(f"d{at}"), parts.get(f"y{at}")
            return (int(day) if day else None, _month(parts[f"m{at}"] or ""), int(year) if year else None)
    return None, None, None


def _month(name: str) -> int:
    return next(number for number, month in enumerate(_MONTHS, 1) if month.startswith(name.lower().rstrip(".")[:3]))


def _weekday(name: str) -> int:
    return next(number for number, day in enumerate(_DAYS) if day.startswith(name.lower()[:3]))


def _clocks(text: str) -> list[Moment]:
    found: list[Moment] = []
    for match in _CLOCK.finditer(text):
        minutes = _minutes(match)
        if minutes is None:
            continue
        opens = _OPENS.search(text, max(0, match.start() - 14), match.start())
        if opens and not (found and found[-1].end > opens.start()):
            first = int(opens["h"]) * 60 + int(opens["m"] or 0)
            afternoon = (match["half"] or "").lower().startswith("p") and first + 720 < minutes
            # "9 to 5 p.m." opens in the morning, "1 to 5 p.m." in the afternoon.
            first += 720 if afternoon and first < 420 else 0
            found.append(Moment("clock", (first,), opens.start(), opens.end("m") if opens["m"] else opens.end("h")))
        found.append(Moment("clock", (minutes,), match.start(), match.end()))
    return found


def _minutes(match: re.Match[str]) -> int | None:
    if match["word"]:
        return 0 if match["word"].lower() == "midnight" else 720
    hours, minutes = int(match["h"] or match["h2"]), int(match["m"] or match["m2"] or 0)
    half = (match["half"] or "").lower()[:1]
    if half in ("a", "p") and hours > 12:
        return None
    hours = hours % 12 + 12 if half == "p" else hours % 12 if half == "a" else hours
    return hours * 60 + minutes
