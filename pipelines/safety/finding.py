"""What a check has to say against a variant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["review", "block"]
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check holds against a variant: a code for machines, a sentence for people, what was seen."""

    check: str
    code: str
    severity: Severity
    sentence: str
    evidence: str = ""


Decision = Literal["pass", "review", "block"]
Findings = Finding | tuple[Finding, ...] | None


def decision(findings: Iterable[Finding]) -> Decision:
    """What becomes of a variant: the strictest that any finding asks for."""
    asked = {finding.severity for finding in findings}
    return "block" if "block" in asked else "review" if asked else "pass"


def shown(text: str, longest: int = _LONGEST) -> str:
    """A piece of a variant as evidence: on one line, short, and with what cannot be seen written out."""
    line = " ".join(text.split())
    seen = "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in line[: longest * 2])
    return seen if len(seen) <= longest else f"{seen[: longest - 1]}…"


def masked(text: str) -> str:
    """Personal data as evidence: enough to find it again, too little to pass it on."""
    plain = text.strip()
    return f"{plain[:2]}…{plain[-2:]} ({len(plain)} characters)"
