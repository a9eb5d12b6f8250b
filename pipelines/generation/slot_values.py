"""Which slots there are, and what of a customer's data may stand in one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pipelines.contracts import Refusal
from pipelines.generation.links import clickable_elsewhere, host_of
from pipelines.generation.wording import one_line

# So many figures are a telephone number, which telephones make clickable; nobody is called so.
_TELEPHONE = re.compile(r"\d(?:[ ()./-]{0,3}\d){6,}")
# What a name never holds: mark-up, commands of template languages, and what a broken export left of a letter.
_NO_NAME = re.compile("[<>{}｛｝\ufffd]")
# How systems write that they know nothing. Nan may be somebody, NaN is not.
_NOTHING = frozenset({"null", "(null)", "none", "n/a", "#n/a", "undefined", "unknown"})
# Latin letters are joined by nothing.
_JOINED = re.compile("(?<=[A-Za-z\u00c0-\u024f])[\u200c\u200d]+")
_MOST_MARKS = 3


@dataclass(frozen=True, slots=True)
class Slot:
    """One place: what stands there, how much of it at most, and how much of it usually."""

    meaning: str
    longest: int
    typical: int
    kind: Literal["word", "company", "link", "address"] = "word"

    @property
    def always_given(self) -> bool:
        """Whether code always knows it, so that it needs no fallback and has no place in a subject."""
        return self.kind in ("link", "address")


SLOTS: Mapping[str, Slot] = {
    "contact.first_name": Slot("the reader's first name", 40, 6),
    "contact.last_name": Slot("the reader's last name", 60, 8),
    "contact.name": Slot("the reader's full name", 80, 14),
    "contact.company": Slot("the company that the reader works for", 80, 18, "company"),
    "contact.job_title": Slot("the reader's job title", 80, 16),
    "contact.city": Slot("the reader's city", 60, 8),
    "contact.country": Slot("the reader's country", 60, 8),
    "account.name": Slot("the account's name", 80, 18, "company"),
    "sender.name": Slot("who writes", 60, 12),
    "sender.company": Slot("the company that writes", 80, 12, "company"),
    "campaign.link": Slot("where the call to action leads", 2000, 40, "link"),
    "unsubscribe.link": Slot("where the reader says stop", 2000, 60, "link"),
    "preferences.link": Slot("where the reader chooses what they get", 2000, 60, "link"),
    "postal.address": Slot("the sender's postal address", 200, 60, "address"),
}


def clean_value(name: str, value: str | None) -> str | None:
    """What may stand in a slot: one line without braces and within its length; None where nothing may be said."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise Refusal(f"The value for {{{{{name}}}}} is {type(value).__name__}, not text; convert it first.")
    slot = SLOTS[name]
    if slot.kind == "link":
        return _link(name, value)
    if (slot.kind == "word" and _NO_NAME.search(value)) or value.strip().lower() in _NOTHING or value.strip() == "NaN":
        return None
    lines = (line.strip(" ,\t") for line in value.splitlines()) if slot.kind == "address" else (value,)
    plain = re.sub("[{}｛｝]", "", one_line(", ".join(filter(None, lines)))).strip()
    plain = plain if plain.isascii() else _legible(plain)
    if not any(letter.isalnum() for letter in plain) or _leads_away(plain, slot):
        return None
    return _cut(plain, slot.longest)


def _leads_away(value: str, slot: Slot) -> bool:
    """Whether it holds a link, as people sign up under to have it sent on; Booking.com may be a company's name."""
    if slot.kind == "word" and _TELEPHONE.search(value):
        return True
    links = () if slot.kind == "address" else clickable_elsewhere(value, ())
    return any(slot.kind == "word" or re.search(r"[/@:?#。．｡]|^www\W", link, re.IGNORECASE) for link in links)


def _legible(text: str) -> str:
    """Without marks that are heaped on one letter until they cover what stands around it."""
    kept: list[str] = []
    marks = 0
    for letter in _JOINED.sub("", text):
        marks = marks + 1 if unicodedata.category(letter) in ("Mn", "Me") else 0
        if marks <= _MOST_MARKS:
            kept.append(letter)
    return "".join(kept)


def _link(name: str, link: str) -> str | None:
    if not link.strip():
        return None
    try:
        host_of(link)
    except ValueError as error:
        raise Refusal(f"The link for {{{{{name}}}}} may not be sent: {error}.") from error
    return link


def _cut(text: str, longest: int) -> str:
    """Not longer than that, and not in the middle of a letter with its marks or of a joined emoji."""
    end = min(longest, len(text))
    while 0 < end < len(text) and (_joins(text[end]) or text[end - 1] == "\u200d"):
        end -= 1
    return text[: end or longest].strip()


def _joins(letter: str) -> bool:
    return bool(unicodedata.combining(letter)) or letter in "\u200c\u200d\ufe0e\ufe0f" or "🏻" <= letter <= "🏿"
