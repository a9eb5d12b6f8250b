"""May the challenger replace the champion? Every answer is a code with a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pipelines.learning.modelling.metrics import Difference
from pipelines.learning.policy import Monitoring, Promotion, Question

Decision = Literal["promote", "keep", "refuse", "roll_back"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is done, why, and the figures that it rests on."""

    decision: Decision
    code: str
    reason: str
    evidence: Mapping[str, Any]


def too_little(question: Question, ones: int, noes: int) -> Verdict | None:
    """Whether there are too few ripe cases to learn from."""
    rows = ones + noes
    found = {
        "rows": rows,
        "yes": ones,
        "no": noes,
        "least_rows": question.least_rows,
        "least_each": question.least_each,
    }
    if rows >= question.least_rows and min(ones, noes) >= question.least_each:
        return None
    return Verdict(
        "refuse", "too_little_data",
        f"refused: too little data: {rows:,} ripe cases, {ones:,} yes and {noes:,} no, where "
        f"{question.least_rows:,} cases and {question.least_each:,} of each answer are needed.",
        found,
    )  # fmt: skip


def too_few(question: Question, cases: int) -> Verdict | None:
    """Whether there cannot be enough cases, however they ended."""
    if cases >= question.least_rows:
        return None
    return Verdict(
        "refuse", "too_little_data",
        f"refused: too little data: {cases:,} cases at most, where {question.least_rows:,} are needed.",
        {"cases": cases, "least_rows": question.least_rows, "data": str(cases)},
    )  # fmt: skip


def unfit_data(policy: Promotion, moved: Mapping[str, float], undecided: float) -> Verdict | None:
    """Whether the data themselves speak against learning from them."""
    if undecided > policy.noise_limit:
        return Verdict(
            "refuse", "label_noise",
            f"refused: of {undecided:.0%} of the answers nobody can say whether a person gave them (limit "
            f"{policy.noise_limit:.0%}); label the events first.",
            {"undecided": round(undecided, 4)},
        )  # fmt: skip
    worst = max(moved, key=lambda name: (moved[name], name), default=None)
    if worst is not None and moved[worst] > policy.drift_limit:
        return Verdict(
            "refuse", "drift",
            f"refused: {worst} has drifted (PSI {moved[worst]:.2f}, limit {policy.drift_limit:.2f}) between training "
            "and holdout; find out what changed before a model learns it.",
            {"psi": {name: moved[name] for name in sorted(moved, key=lambda one: -moved[one])[:10]}},
        )  # fmt: skip
    return None


def compared(
    policy: Promotion,
    metrics: Mapping[str, Any],
    interval: tuple[float, float],
    champion: int | None,
    against: Difference | None,
) -> Verdict:
    """The challenger by itself, then beside the champion on the same holdout."""
    evidence = {"metrics": dict(metrics), "auc_interval": [round(one, 4) for one in interval]}
    if metrics["auc"] >= policy.suspicious_auc:
        return Verdict(
            "refuse", "suspiciously_good",
            f"refused: an AUC of {metrics['auc']:.3f} is better than honest models are (limit "
            f"{policy.suspicious_auc:.2f}); look for a feature that knows the outcome.",
            evidence,
        )  # fmt: skip
    if interval[0] <= 0.5:
        return Verdict(
            "refuse", "no_signal",
            f"refused: on the holdout it may be no better than chance (AUC {metrics['auc']:.3f}, "
            f"{interval[0]:.3f} to {interval[1]:.3f}).",
            evidence,
        )  # fmt: skip
    if champion is None or against is None:
        return Verdict(
            "promote", "first", f"promoted: the first model that beats chance (AUC {metrics['auc']:.3f}).", evidence
        )
    evidence["difference"] = {"by": against.by, "low": against.low, "high": against.high, "champion": champion}
    apart = f"{against.by:+.4f}, {against.low:+.4f} to {against.high:+.4f}"
    if against.low > 0:
        return Verdict("promote", "better", f"promoted: better than version {champion} (AUC {apart}).", evidence)
    if against.high < 0:
        return Verdict("refuse", "worse", f"refused: worse than version {champion} (AUC {apart}).", evidence)
    return Verdict(
        "keep", "not_better", f"kept version {champion}: the challenger is not surely better (AUC {apart}).", evidence
    )


def health(
    policy: Monitoring, promised: Mapping[str, Any], found: Mapping[str, Any], interval: tuple[float, float]
) -> tuple[str, str]:
    """How the live champion does on outcomes that it never saw: a verdict and its sentence."""
    ones, rows = int(found["positives"]), int(found["rows"])
    if rows < policy.least_rows or min(ones, rows - ones) < policy.least_each:
        return "too_little_data", f"{rows:,} outcomes have ripened since; {policy.least_rows:,} are needed to judge."
    floor = float(promised["auc"]) - policy.worse_by
    if interval[1] < floor:
        return "degraded", (
            f"AUC {found['auc']:.3f} (at most {interval[1]:.3f}) on {rows:,} new outcomes, where "
            f"{promised['auc']:.3f} was promised."
        )
    if found["calibration_error"] > policy.calibration_limit:
        return "degraded", (
            f"its probabilities miss by {found['calibration_error']:.2f} on {rows:,} new outcomes (limit "
            f"{policy.calibration_limit:.2f})."
        )
    return "healthy", f"AUC {found['auc']:.3f} on {rows:,} new outcomes, {promised['auc']:.3f} was promised."
