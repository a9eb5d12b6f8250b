"""Places that code fills for each reader: which stand in a text, and how long the text usually gets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from pipelines.safety.links import clickable

SLOT = re.compile(r"(?<!\{)\{\{(?!\{)(?P<name>[^{}|]*)(?:\|(?P<fallback>[^{}]*))?\}\}(?!\})")
_WRITTEN = re.compile(r"\s*[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*){0,2}\s*")
_FALLBACK = re.compile(r"""(?=.*\w)(?!.*\d)(?!(?:\S+\s+){3}\S)[^{}|<>&"%()\x00-\x1f]{1,60}""")

Trouble = Literal["unknown_slot", "slot_without_fallback", "unusable_fallback"]


@dataclass(frozen=True, slots=True, eq=False)
class Slots:
    """The slots that there are: how many letters each usually takes, and which are always given."""

    typical: Mapping[str, int]
    always_given: frozenset[str]
    spellings: Mapping[str, str]

    def name_of(self, found: re.Match[str]) -> str:
        """The slot that is meant, however it is spelled; empty if there is none."""
        if not _WRITTEN.fullmatch(found["name"]):
            return ""
        return self.spellings.get(re.sub(r"[_\s]", "", found["name"]).lower(), "")

    def name_of_whole(self, text: str) -> str:
        """The slot that a text is, if it is one slot and nothing else; else empty."""
        found = SLOT.fullmatch(text.strip())
        return self.name_of(found) if found and found["fallback"] is None else ""

    def names_in(self, text: str) -> tuple[str, ...]:
        """The names of the slots of a text, in order."""
        return tuple(filter(None, map(self.name_of, SLOT.finditer(text))))

    def as_usual(self, text: str, known: Mapping[str, str] | None = None) -> str:
        """The text as long as it usually gets: known values, else fallbacks, else as many letters as usual."""

        def usual(found: re.Match[str]) -> str:
            name = self.name_of(found)
            fallback = (found["fallback"] or "").strip()
            return (known or {}).get(name) or fallback or "x" * self.typical.get(name, len(found[0]))

        return SLOT.sub(usual, text)

    def misused(self, text: str) -> Iterator[tuple[Trouble, str]]:
        """Each slot that would stay empty or stop the sending."""
        for found in SLOT.finditer(text):
            name, fallback = self.name_of(found), found["fallback"]
            if not name:
                yield "unknown_slot", found[0]
            elif fallback is None:
                if name not in self.always_given and not name.startswith("sender."):
                    yield "slot_without_fallback", found[0]
            elif name in self.always_given or not _FALLBACK.fullmatch(fallback.strip()) or any(clickable(fallback)):
                yield "unusable_fallback", found[0]


def without_slots(text: str, instead: str = " ") -> str:
    """The text with a blank, or something else, for every slot."""
    return SLOT.sub(instead, text) if "{{" in text else text
