"""What an edit changed, place by place."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher

from pipelines.contracts import Json


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[Json]:
    """Each place whose text is another, with its words in runs: kept, taken out or put in."""
    places = [*before, *(place for place in after if place not in before)]
    return [
        {"place": place, "before": before.get(place), "after": after.get(place), "runs": _runs(before, after, place)}
        for place in places
        if before.get(place) != after.get(place)
    ]


def _runs(before: Mapping[str, str], after: Mapping[str, str], place: str) -> list[tuple[str, str]]:
    old, new = before.get(place, "").split(), after.get(place, "").split()
    runs: list[tuple[str, str]] = []
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            runs.append(("kept", " ".join(old[i:j])))
        if kind in ("delete", "replace"):
            runs.append(("out", " ".join(old[i:j])))
        if kind in ("insert", "replace"):
            runs.append(("in", " ".join(new[k:m])))
    return runs
