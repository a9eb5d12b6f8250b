"""Every quantity of a sentence: codes and telephone numbers, dates and times, fractions, amounts, counts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pipelines.generation.grounding.amounts import RANGE, amounts_in, between
from pipelines.generation.grounding.lexicon.claims import kind_of_claim
from pipelines.generation.grounding.lexicon.filler import IMPERATIVES
from pipelines.generation.grounding.lexicon.function_words import STOP
from pipelines.generation.grounding.lexicon.verbs import VERBS
from pipelines.generation.grounding.moments import Moment, moments_in
from pipelines.generation.grounding.qualifiers import qualifier_before
from pipelines.generation.grounding.quantity import Quantity
from pipelines.generation.grounding.shares import shares_in

_PHONE = re.compile(r"(?<!\w)(?:\+|00)\d[\d ()/-]{5,}\d")
_CODE = re.compile(r"\b24/7\b|(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*(?![\w-])")
_MODEL = re.compile(r"\b(?P<name>[A-Z][a-z]+) \d{1,4}(?![\w%°]|[.,:]\d| ?[x×€$£%°-])")
_NEXT_WORD = re.compile(r" ?([^\W\d_]+)")
_TAKEN = "\x01"
_ADDRESS = re.compile(r"https?://\S+|www\.\S+|\S+@\S+")


def quantities_in(text: str) -> list[Quantity]:
    """Every quantity of a sentence in its order; spans do not overlap."""
    found = list(_named(text))
    free = _blanked(text, ((quantity.start, quantity.end) for quantity in found))
    free = _blanked(free, (match.span() for match in _ADDRESS.finditer(free)))
    for read in (_moments, shares_in, amounts_in):
        more = list(read(free))
        found += more
        free = _blanked(free, ((quantity.start, quantity.end) for quantity in more))
    return sorted(found, key=lambda quantity: quantity.start)


def _blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + _TAKEN * (end - start) + text[end:]
    return text


def _named(text: str) -> Iterator[Quantity]:
    """Telephone numbers and codes such as WINTER10 or ISO-9001: borne out letter by letter."""
    taken = _blanked(text, (match.span() for match in _PHONE.finditer(text)))
    for match in _PHONE.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        yield Quantity(f"phone:{digits}", (0,), "", "one", match.start(), match.end(), match.group())
    models = [match for match in _MODEL.finditer(taken) if _is_model(taken, match)]
    for match in models:
        yield Quantity(f"code:{match.group().casefold()}", (0,), "", "one", match.start(), match.end(), match.group())
    taken = _blanked(taken, (match.span() for match in models))
    for match in _CODE.finditer(taken):
        code = match.group().casefold()
        yield Quantity(f"code:{code}", (0,), "", "one", match.start(), match.end(), match.group())


def _is_model(text: str, match: re.Match[str]) -> bool:
    """ "The Swift 3 costs …" names a model; "Only 3 left" and "Room 12 chairs" count."""
    name = match["name"].lower()
    if (
        name.endswith("s")
        or name in STOP | IMPERATIVES
        or kind_of_claim(name)
        or moments_in(match.group())
        or len(name) < 3
    ):
        return False
    after = _NEXT_WORD.match(text, match.end())
    return after is None or after[1].lower() in STOP | VERBS


def _moments(text: str) -> Iterator[Quantity]:
    """Dates, weekdays and times of day with what limits them; opening hours are ranges."""
    moments = moments_in(text)
    at = 0
    while at < len(moments):
        one, other = moments[at], moments[at + 1] if at + 1 < len(moments) else None
        if other and one.kind == other.kind != "date" and _joined(text, one, other):
            end = other.end
            yield Quantity(one.kind, (*one.value, *other.value), "", "range", one.start, end, text[one.start : end])
            at += 2
            continue
        yield _moment(text, moments, at)
        at += 1


def _joined(text: str, one: Moment, other: Moment) -> bool:
    """Whether two moments are the ends of one span; "and" joins them only after "between"."""
    link = text[one.end : other.start]
    return bool(RANGE.fullmatch(link)) and ("and" not in link or between(text, one.start))


def _moment(text: str, moments: list[Moment], at: int) -> Quantity:
    one = moments[at]
    qualifier, start = qualifier_before(text, one.start, one.kind)
    value = one.value
    if one.kind == "date":
        before = moments[at - 1] if at else None
        after = moments[at + 1] if at + 1 < len(moments) else None
        # Who ends a span begins no other: "between 1 and 24 December until 15 January".
        if before and before.kind == "date" and _joined(text, before, one):
            qualifier = "until"
        elif after and after.kind == "date" and _joined(text, one, after):
            value, qualifier = (value[0] or after.value[0], *value[1:]), qualifier or "since"
    return Quantity(one.kind, value, qualifier, "one", start, one.end, text[start : one.end].strip())
