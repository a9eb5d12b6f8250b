"""What a variant states as fact beside the passages that it cites, where the screen can hold one against the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.safety.finding import Finding
from pipelines.safety.ports import Claim, ContentSafety, Evidence

CHECK = "groundedness"


def claim_of(row: Mapping[str, Any]) -> Claim | None:
    """Every sentence that was found supported, with all that it cites; None where nothing was stated in English."""
    if not (row["locale"] or "en").startswith("en"):
        return None
    stated = [text for _, text, verdict, _, _ in row["verdicts"] if verdict == "supported"]
    return Claim(" ".join(stated), tuple(row["sources"])) if stated else None


def groundless(rows: Sequence[Mapping[str, Any]], screen: ContentSafety) -> list[tuple[Finding, ...]]:
    """What the screen holds against the claims of each row: a second opinion, so a person decides between the two."""
    claims = [claim_of(row) for row in rows]
    asked = list(dict.fromkeys(claim for claim in claims if claim))
    told = screen.ungrounded(asked) if asked else None
    if told is None:
        return [()] * len(rows)
    findings = {
        claim: _finding(evidence, screen)
        for claim, evidence in zip(asked, told, strict=True)
        if evidence.found is not False
    }
    return [(findings[claim],) if claim in findings else () for claim in claims]


def _finding(evidence: Evidence, screen: ContentSafety) -> Finding:
    meant = " ".join(filter(None, map(screen.explain, evidence.codes)))
    if evidence.found:
        return Finding(CHECK, "ungrounded", "review", f"The screen {screen.name} doubts a claim. {meant}".strip())
    said = f"The screen {screen.name} could not hold it against its sources, and what is not judged is blocked. {meant}"
    return Finding(CHECK, "undecided", "block", said.strip(), " ".join(evidence.codes))
