"""Places in a text that code fills for each reader; the list is fixed, and what fills a place is never read as text."""

from __future__ import annotations

import difflib
import html
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from pipelines.contracts import Refusal
from pipelines.generation.links import clickable_elsewhere
from pipelines.generation.slot_values import SLOTS, clean_value

__all__ = [
    "SLOT", "SLOTS", "Use", "at_usual_length", "clean_value", "fill", "slots_in", "substitutions", "unknown_slots",
]  # fmt: skip

Escape = Literal["text", "html"]


# As customers' systems spell them; case and underscores do not matter anyway.
_ELSEWHERE = {
    "contactname": "contact.name", "contact.fullname": "contact.name", "contact.title": "contact.job_title",
    "contact.mailingcity": "contact.city", "contact.mailingcountry": "contact.country",
    "contact.account.name": "account.name", "firstname": "contact.first_name", "lastname": "contact.last_name",
    "fullname": "contact.name", "company": "contact.company", "companyname": "contact.company",
    "jobtitle": "contact.job_title", "accountname": "account.name", "sendername": "sender.name",
    "unsubscribelink": "unsubscribe.link",
}  # fmt: skip
_SPELLINGS = {name.replace("_", ""): name for name in SLOTS} | _ELSEWHERE

SLOT = re.compile(r"(?<!\{)\{\{(?!\{)(?P<inside>[^{}]*)\}\}(?!\})")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*){0,2}")
# At most three words and no figure: it stands in a sentence that is verified without it.
_FALLBACK = re.compile(r"""(?=.*\w)(?!.*\d)(?!(?:\S+\s+){3}\S)[^{}|<>&"%()\x00-\x1f]{1,60}""")
_FILTERS = {"safe", "upper", "lower", "title", "capitalize", "trim", "escape", "e", "default", "striptags", "urlize"}
_SUSPECT = re.compile(
    r"(?P<command>\{%.*?(?:%\}|$)|\{#.*?(?:#\}|$)|<%.*?(?:%>|$))"
    rf"|(?P<slot>{SLOT.pattern})"
    r"|(?P<brace>[{｛]+[^{}｛｝]*[}｝]*|[}｝]+)"
    r"|(?P<foreign>\*\|.*?\|\*|%{1,2}[A-Z][A-Z_]{2,}%{1,2}"
    r"|\[\[?\s*(?i:your|insert|recipient|name|link|(?:first|last|full|company|customer|contact|sender)[ _]?name)\b"
    r"[^\]\n]{0,60}\]\]?)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Use:
    """A slot as it stands in a text."""

    name: str
    fallback: str | None


def slots_in(text: str) -> tuple[str, ...]:
    """The names of the slots of a text, each once, in order."""
    uses = (_read(found["inside"]) for found in SLOT.finditer(text))
    return tuple(dict.fromkeys(use.name for use in uses if isinstance(use, Use)))


def unknown_slots(text: str) -> tuple[str, ...]:
    """A sentence about everything in a text that would be sent unfilled, or would be a command elsewhere."""
    found = ((each[0], _trouble(each)) for each in _SUSPECT.finditer(text))
    return tuple(f"{shown if len(shown) <= 60 else shown[:57] + '...'} {why}" for shown, why in found if why)


def _trouble(found: re.Match[str]) -> str | None:
    if found["command"]:
        return "is a command of a template language; only slots may stand here"
    if found["brace"]:
        return _about_braces(found["brace"])
    if found["foreign"]:
        return "is a placeholder that nothing fills; write a slot such as {{contact.first_name|there}}"
    read = _read(found["inside"])
    return read if isinstance(read, str) else None


def _about_braces(braces: str) -> str:
    if braces.startswith(("{{{", "｛")):
        return "has the wrong braces; a slot has two plain ones on either side"
    if braces.startswith("{{"):
        return "never closes, or has another slot inside; write {{name|fallback}}"
    return "is a single brace; a slot has two on either side, and no other brace may stand in a text"


def _read(inside: str) -> Use | str:
    """The slot, or why it is none."""
    name, bar, fallback = (part.strip() for part in inside.partition("|"))
    known = _SPELLINGS.get(re.sub(r"[_\s]", "", name).lower())
    if not _NAME.fullmatch(name):
        return "is not written as a slot is; write {{name}} or {{name|fallback}}"
    if known is None:
        near = difflib.get_close_matches(name.lower(), SLOTS, 1, 0.6)
        return f"is no slot; did you mean {near[0]}?" if near else f"is no slot; slots are {', '.join(SLOTS)}"
    if not bar:
        return Use(known, None)
    if SLOTS[known].always_given:
        return f"has a fallback; {known} is always given and takes none"
    if not _FALLBACK.fullmatch(fallback):
        return "has a fallback that is empty, too long or not just words, three at most; write {{name|fallback}}"
    if any(clickable_elsewhere(fallback, ())):
        return "has a fallback that mail programs make a link of; write the words to use where nothing is known"
    if fallback.lower() in _FILTERS:
        return f"has the filter {fallback!r}; slots know no filters, only the words to use where nothing is known"
    return Use(known, fallback)


def substitutions(text: str, columns: Collection[str] | None = None) -> tuple[str | Use, ...]:
    """Literal parts and slots in turn; every slot has one of the columns or a fallback, if columns are given."""
    parts: list[str | Use] = []
    end = 0
    for found in SLOT.finditer(text):
        use = _read(found["inside"])
        if isinstance(use, str):
            raise Refusal(f"{found[0]} {use}.")
        if columns is not None and use.name not in columns and use.fallback is None:
            raise Refusal(f"{found[0]} has no fallback and there is no {use.name} for anybody; add one of the two.")
        parts += [text[end : found.start()], use]
        end = found.end()
    parts.append(text[end:])
    if any("{{" in part for part in parts if isinstance(part, str)):
        raise Refusal("A slot in the text never closes; write {{name}} or {{name|fallback}}.")
    return tuple(part for part in parts if part)


def fill(text: str, values: Mapping[str, str | None], escape: Escape = "text") -> str:
    """The text with every slot filled in one pass; a value is cleaned, capped and never looked at again."""
    if unknown := sorted(values.keys() - SLOTS.keys()):
        raise Refusal(f"Values are given for {', '.join(unknown)}, which are no slots; slots are {', '.join(SLOTS)}.")
    parts = substitutions(text)
    return "".join(part if isinstance(part, str) else _filled(part, values, escape) for part in parts)


def _filled(use: Use, values: Mapping[str, str | None], escape: Escape) -> str:
    found = clean_value(use.name, values.get(use.name)) or use.fallback
    if found is None:
        raise Refusal(
            f"The slot {{{{{use.name}}}}} has neither a value that may be sent nor a fallback for this reader."
        )
    return html.escape(found) if escape == "html" else found


def at_usual_length(text: str, known: Mapping[str, str] | None = None) -> str:
    """The text as long as it usually gets: known values, else fallbacks, else as many letters as such a value has."""

    def usual(found: re.Match[str]) -> str:
        use = _read(found["inside"])
        if isinstance(use, str):
            return found[0]
        return (known or {}).get(use.name) or use.fallback or "x" * SLOTS[use.name].typical

    return SLOT.sub(usual, text)
