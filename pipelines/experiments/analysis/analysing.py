"""One analysis: every metric, every arm against the control, every segment, judged together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipelines.contracts import Json
from pipelines.experiments.analysis.health import Finding, invalid_because
from pipelines.experiments.analysis.statistics import Moments, estimate
from pipelines.experiments.analysis.verdicts import Asked, Comparison, Terms, judged, settled

EXPLORATORY = "Exploratory, found by looking into segments: "


@dataclass(frozen=True, slots=True)
class Measured:
    """One metric in every arm, and in every arm of every segment."""

    asked: Asked
    arms: Mapping[str, Moments]
    segments: Mapping[str, Mapping[str, Moments]] = field(default_factory=dict)
    covariate: bool = False
    against: str | None = None
    strata: Sequence[Mapping[str, Moments]] = ()

    def terms(self, terms: Terms) -> Terms:
        """The terms of the analysis, with the arm that this metric is compared with."""
        return replace(terms, control=self.against) if self.against else terms


@dataclass(frozen=True, slots=True)
class Analysis:
    """What is known of the arms, what can be said of their differences, and whether it can be believed."""

    arms: list[Json]
    comparisons: list[Comparison]
    health: list[Finding]
    warnings: list[str]

    def to_json(self) -> Json:
        """The one object that `--json` prints and a read-out keeps."""
        return {
            "arms": self.arms,
            "comparisons": [one.to_json() for one in self.comparisons],
            "health": [one.to_json() for one in self.health],
            "warnings": self.warnings,
        }


def analyse(
    units: Mapping[str, int],
    measured: Sequence[Measured],
    terms: Terms,
    *,
    health: Sequence[Finding] = (),
    warnings: Sequence[str] = (),
) -> Analysis:
    """Judge every metric; where the experiment itself cannot be believed, nothing wins."""
    invalid = invalid_because(health)
    comparisons: list[Comparison] = []
    for one in measured:
        family = judged(one.asked, dict(one.arms), one.terms(terms), covariate=one.covariate, strata=one.strata)
        comparisons += settled(family, one.asked, terms, invalid)
    for one in measured:
        comparisons += _in_segments(one, terms, invalid)
    return Analysis(_arms(units, measured, terms), comparisons, list(health), list(warnings))


def _in_segments(one: Measured, terms: Terms, invalid: str | None) -> list[Comparison]:
    """All segments of a metric are one family: whoever looks into twenty finds one that shines."""
    family = [
        comparison
        for segment, arms in one.segments.items()
        for comparison in judged(one.asked, dict(arms), one.terms(terms), covariate=one.covariate, segment=segment)
    ]
    return [
        replace(found, reason=found.reason if found.verdict == "invalid" else f"{EXPLORATORY}{found.reason}")
        for found in settled(family, one.asked, terms, invalid)
    ]


def _arms(units: Mapping[str, int], measured: Sequence[Measured], terms: Terms) -> list[Json]:
    everybody = sum(units.values())
    return [
        {
            "arm": arm, "control": arm == terms.control, "n": n, "share": n / everybody if everybody else None,
            "metrics": {one.asked.name: _told(one, arm) for one in measured if arm in one.arms},
        }
        for arm, n in units.items()
    ]  # fmt: skip


def _told(one: Measured, arm: str) -> Json:
    moments, kind = one.arms[arm], one.asked.kind
    if moments.n < 2 or (kind == "ratio" and moments.x == 0):
        return {"kind": kind, "n": moments.n, "value": None, "variance": None, "total": moments.y}
    known = estimate(moments, kind)
    return {
        "kind": kind, "n": moments.n, "value": known.value, "variance": known.variance * moments.n, "total": moments.y,
    }  # fmt: skip
