"""What becomes of segments with too few people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.segmentation.policies import SmallSegments
from pipelines.segmentation.rules import Placement


@dataclass(frozen=True, slots=True)
class Settled:
    """A segment as it stands after small ones were merged or flagged."""

    segment: str
    description: str
    customers: int
    flag: str | None


@dataclass(frozen=True, slots=True)
class Settlement:
    """The final segment and the note for each number, and the segments that are left."""

    segment_of: list[str]
    note_of: list[str]
    segments: list[Settled]


def settle(
    placements: Sequence[Placement], counts: Mapping[int, int], policy: SmallSegments, default: str
) -> Settlement:
    """Merge or flag what is smaller than the policy allows, the smallest first."""
    total = sum(counts.values())
    names = [placement.segment for placement in placements]
    size = {name: counts.get(number, 0) for number, name in enumerate(names)}
    least = max(policy.min_size, policy.min_share * total)
    into: dict[str, str] = {}
    if policy.action == "merge":
        while small := [
            (name, target)
            for n, name in sorted((n, name) for name, n in size.items())
            if 0 < n < least and (target := _target(name, policy, default, into))
        ]:
            name, into[small[0][0]] = small[0]
            size[into[name]] += size[name]
            size[name] = 0
    return _settlement(placements, counts, size, into, least, total)


def _target(name: str, policy: SmallSegments, default: str, into: Mapping[str, str]) -> str:
    """Where a small segment goes: the named one, else the default; empty where that is itself."""
    for wanted in (policy.merge_into or default, default):
        end = _end(wanted, into)
        if end != name:
            return end
    return ""


def _end(name: str, into: Mapping[str, str]) -> str:
    while name in into:
        name = into[name]
    return name


def _settlement(
    placements: Sequence[Placement],
    counts: Mapping[int, int],
    size: Mapping[str, int],
    into: Mapping[str, str],
    least: float,
    total: int,
) -> Settlement:
    original = {placement.segment: counts.get(number, 0) for number, placement in enumerate(placements)}
    notes, flags = [], {}
    for placement in placements:
        name = placement.segment
        few = f"{_people(original[name])} of {total}, fewer than the {least:g} that a segment needs"
        notes.append(f"; merged from '{name}', which had only {few}" if name in into else "")
        taken = [f"'{small}' ({original[small]})" for small in into if _end(small, into) == name]
        parts = [f"took in {', '.join(taken)}"] if taken and name not in into else []
        if 0 < size[name] < least:
            parts.append(f"small: {_people(size[name])} of {total}, fewer than {least:g}")
        flags[name] = "; ".join(parts) or None
    settled = [Settled(p.segment, p.description, size[p.segment], flags[p.segment]) for p in placements]
    return Settlement([_end(p.segment, into) for p in placements], notes, [s for s in settled if s.customers])


def _people(n: int) -> str:
    return "1 customer" if n == 1 else f"{n} customers"
