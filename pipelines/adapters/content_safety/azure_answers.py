"""What Azure AI Content Safety answered, read strictly: what is not said plainly was not said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipelines.adapters.content_safety.azure_faults import Fault
from pipelines.adapters.content_safety.azure_requests import Levels
from pipelines.safety.ports import CATEGORIES, Category, Evidence, Judged, Severities, undecided

SCALES: Mapping[Levels, frozenset[int]] = {"four": frozenset({0, 2, 4, 6}), "eight": frozenset(range(8))}
UNREADABLE = "azure_unreadable"
LONGEST_HIT = 128


def severities(answer: object, levels: Levels) -> Severities:
    """The verdict on one piece; any doubt about a category leaves it undecided, any about the answer all four."""
    if isinstance(answer, Fault):
        return undecided(answer.code)
    told = answer.get("categoriesAnalysis") if isinstance(answer, dict) else None
    if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
        return undecided(UNREADABLE)
    names = [one.get("category") for one in told]
    if any(name not in CATEGORIES for name in names):
        return undecided("unknown_category")
    hits = _hits(answer)
    if hits is None:
        return undecided("unreadable_blocklist_hit")
    return Severities({category: _judged(category, told, SCALES[levels]) for category in CATEGORIES}, hits)


def _judged(category: Category, told: Sequence[dict[str, Any]], scale: frozenset[int]) -> Judged:
    mine = [one.get("severity") for one in told if one["category"] == category]
    if len(mine) != 1:
        return Judged(None, ("category_twice" if mine else "no_answer",))
    severity = mine[0]
    if severity is None:
        return Judged(None, ("no_severity",))
    # True is an int too.
    if type(severity) is not int or severity not in scale:
        return Judged(None, ("unknown_severity",))
    return Judged(severity, ("azure",) if severity else ())


def _hits(answer: Any) -> tuple[str, ...] | None:
    told = answer.get("blocklistsMatch") or []
    if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
        return None
    named = [(one.get("blocklistName"), one.get("blocklistItemText") or one.get("blocklistItemId")) for one in told]
    if not all(isinstance(name, str) and isinstance(item, str) for name, item in named):
        return None
    return tuple(dict.fromkeys(f"{name}/{item[:LONGEST_HIT]}" for name, item in named))


def worst(parts: Sequence[Severities]) -> Severities:
    """The verdict on a text by those on its pieces: undecided where one is, else the highest severity."""
    if not parts:
        return Severities(dict.fromkeys(CATEGORIES, Judged(0)))
    hits = tuple(dict.fromkeys(hit for part in parts for hit in part.blocklist_hits))
    return Severities({category: _worst([part.of(category) for part in parts]) for category in CATEGORIES}, hits)


def _worst(judged: Sequence[Judged]) -> Judged:
    open_ones = [one for one in judged if one.severity is None]
    if open_ones:
        return Judged(None, tuple(dict.fromkeys(code for one in open_ones for code in one.codes)))
    return max(judged, key=lambda one: one.severity or 0)


def with_evidence(verdict: Severities, evidence: Evidence) -> Severities:
    """The verdict with what a further check said: what it found counts as a hit, what it left open leaves all open."""
    if evidence.found is None:
        codes = {one: (*verdict.of(one).codes, *evidence.codes) for one in CATEGORIES}
        return Severities({one: Judged(None, codes[one]) for one in CATEGORIES}, verdict.blocklist_hits)
    return Severities(verdict.judged, (*verdict.blocklist_hits, *(evidence.codes if evidence.found else ())))


def any_of(parts: Sequence[Evidence]) -> Evidence:
    """Found if one piece has it, else open if one is open, else not found."""
    for state in (True, None):
        codes = [code for part in parts if part.found is state for code in part.codes]
        if codes:
            return Evidence(state, tuple(dict.fromkeys(codes)))
    return Evidence(False)


def attack_in_document(answer: object) -> Evidence:
    """Whether Prompt Shields sees an attack in the one document that it was given."""

    def only(told: Any) -> object:
        [document] = told["documentsAnalysis"]
        return document["attackDetected"]

    return _flag(answer, only, "document_attack")


def protected_material(answer: object) -> Evidence:
    """Whether the text is known to belong to somebody."""
    return _flag(answer, lambda told: told["protectedMaterialAnalysis"]["detected"], "protected_material")


def claims_without_source(answer: object) -> Evidence:
    """Whether the text says what its sources do not."""
    return _flag(answer, lambda told: told["ungroundedDetected"], "ungrounded")


def _flag(answer: object, read: Callable[[Any], object], code: str) -> Evidence:
    if isinstance(answer, Fault):
        return Evidence(None, (answer.code,))
    try:
        flag = read(answer)
    except (KeyError, IndexError, TypeError, ValueError):
        return Evidence(None, (UNREADABLE,))
    if not isinstance(flag, bool):
        return Evidence(None, (UNREADABLE,))
    return Evidence(flag, (code,) if flag else ())
