"""Why an experiment came out as it did: the lift by segment, who responds, and who is moved, from rows of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from pipelines.contracts import Json, Refusal
from pipelines.experiments.analysis.driving import Response, Uplift, who_is_moved, who_responds
from pipelines.experiments.analysis.segments import Segments, Sums, compare_segments

YES, NO = ("1", "1.0", "yes", "y", "true", "t"), ("0", "0.0", "no", "n", "false", "f")
MOST_SEGMENTS = 20
SHOWN_PARTS = 4
KNOWN = ("unit", "country", "lifecycle_stage", "spent_before")
REST, BLANK = "(others)", "(blank)"


@dataclass(frozen=True, slots=True)
class Asked:
    """The columns of the table, and which two arms are compared."""

    arm_column: str
    arm: str
    control: str
    metric: str
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What explains response and lift, in numbers and sentences."""

    asked: Asked
    n_arm: int
    n_control: int
    lift: float | None
    segments: tuple[Segments, ...]
    response: Response
    uplift: Uplift
    warnings: tuple[str, ...]

    def to_json(self) -> Json:
        """For a machine."""
        return {
            "arm": self.asked.arm, "control": self.asked.control, "metric": self.asked.metric,
            "n_arm": self.n_arm, "n_control": self.n_control, "lift_abs": self.lift,
            "segments": [one.to_json() for one in self.segments],
            "response": self.response.to_json(), "uplift": self.uplift.to_json(), "warnings": list(self.warnings),
        }  # fmt: skip


def explain(table: pl.DataFrame, asked: Asked, rng: np.random.Generator) -> Explanation:
    """Explain one arm against the control; every cell of `table` is text as it stood in the file."""
    _check(table, asked)
    table = table.with_columns(pl.col(table.columns).fill_null("").str.strip_chars())
    both = table.filter(pl.col(asked.arm_column).is_in([asked.arm, asked.control]))
    outcome, known = _outcome(both[asked.metric], asked.metric)
    both, outcome = both.filter(known), outcome[known.to_numpy()]
    treated = (both[asked.arm_column] == asked.arm).to_numpy()
    warnings = (
        [f"{asked.metric} is blank for {blank:,} units, which are left out."] if (blank := (~known).sum()) else []
    )
    coded = np.column_stack([_coded(both[name]) for name in asked.attributes]) if both.height else np.empty((0, 0))
    yes_or_no = set(np.unique(outcome)) <= {0.0, 1.0}
    if not yes_or_no:
        warnings.append(f"{asked.metric} is an amount: who responds is told by whether it is above its median.")
    responded = outcome > 0 if yes_or_no else outcome > np.median(outcome)
    in_both = bool(treated.any() and (~treated).any())
    # Trees as small as these wait longer for a second thread than it saves, and on a busy machine for minutes. Only
    # a library that is loaded already is held to one.
    import sklearn.ensemble  # noqa: F401

    with threadpool_limits(1):
        response = who_responds(coded, asked.attributes, responded, rng)
        uplift = who_is_moved(coded, outcome, treated, rng)
    return Explanation(
        asked, int(treated.sum()), int((~treated).sum()),
        float(outcome[treated].mean() - outcome[~treated].mean()) if in_both else None,
        tuple(compare_segments(name, _sums(_parts(both[name]), outcome, treated)) for name in asked.attributes),
        response,
        uplift,
        tuple(warnings),
    )  # fmt: skip


def explain_people(people: Sequence[Mapping[str, str | None]], metric: str, arm: str, control: str) -> Json | None:
    """The same of people of a campaign, by what was known of them before; the same people, the same words."""
    table = pl.DataFrame(people, schema=dict.fromkeys(("arm", *KNOWN, "response"), pl.String))
    known = tuple(name for name in KNOWN if table[name].drop_nulls().n_unique() > 1)
    if not known or not {arm, control} <= set(table["arm"]):
        return None
    told = explain(
        table.rename({"response": metric}), Asked("arm", arm, control, metric, known), np.random.default_rng(0)
    )
    worded = [one.replace("lifecycle_stage", "lifecycle stage").replace("spent_before", "what they spent before")
              for one in sentences(told)]  # fmt: skip
    return {**told.to_json(), "sentences": worded}


def _check(table: pl.DataFrame, asked: Asked) -> None:
    missing = [
        name for name in (asked.arm_column, asked.metric, *asked.attributes) if name not in table.columns
    ]  # fmt: skip
    if missing:
        raise Refusal(f"The table has no column {missing[0]}; its columns are {', '.join(table.columns)}.")
    if asked.arm == asked.control:
        raise Refusal(f"{asked.arm} cannot be compared with itself; name another arm or control.")
    for arm in (asked.arm, asked.control):
        if not (table[asked.arm_column].str.strip_chars() == arm).any():
            raise Refusal(f"No row of column {asked.arm_column} holds {arm}; check how the arm is written.")


def _outcome(text: pl.Series, name: str) -> tuple[np.ndarray, pl.Series]:
    """The metric as numbers, and where it is known."""
    low = text.str.to_lowercase()
    filled = low != ""
    if low.filter(filled).is_in([*YES, *NO]).all():
        return low.is_in(YES).cast(pl.Float64).to_numpy(), filled
    number = low.cast(pl.Float64, strict=False)
    odd = low.filter(filled & (number.is_null() | ~number.is_finite()))
    if len(odd):
        raise Refusal(f"{name} holds {odd[0]!r}, which is neither a number nor yes or no; mend that cell.")
    return number.fill_null(0.0).to_numpy(), filled


def _coded(text: pl.Series) -> np.ndarray:
    """Numbers as they are, words by how often they occur: what a tree can cut; a blank is unknown to it."""
    number = text.cast(pl.Float64, strict=False)
    if text.filter(number.is_null()).is_in([""]).all():
        return number.fill_null(np.nan).to_numpy()
    ranks = text.value_counts(sort=True).sort(["count", text.name], descending=[True, False])[text.name]
    return text.replace_strict(ranks, pl.int_range(len(ranks), eager=True), return_dtype=pl.Float64).to_numpy()


def _parts(text: pl.Series) -> pl.Series:
    """The segments of an attribute: its values, or quarters of a number with many; rare values together."""
    number = text.cast(pl.Float64, strict=False)
    if text.n_unique() > MOST_SEGMENTS and number.null_count() == (text == "").sum():
        bounds = np.unique(np.quantile(number.drop_nulls().to_numpy(), np.arange(1, SHOWN_PARTS) / SHOWN_PARTS))
        edges = [f"{bound:.6g}" for bound in bounds]
        names = [f"up to {edges[0]}", *(f"{a} to {b}" for a, b in zip(edges, edges[1:], strict=False)),
                 f"above {edges[-1]}"]  # fmt: skip
        places = np.searchsorted(bounds, number.fill_null(0.0).to_numpy(), side="left")
        named = pl.Series(np.array(names)[places])
        return pl.select(pl.when(text == "").then(pl.lit(BLANK)).otherwise(named)).to_series()
    common = text.value_counts(sort=True)[text.name].head(MOST_SEGMENTS)
    kept = pl.when(text.is_in(common.implode())).then(text).otherwise(pl.lit(REST))
    return pl.select(kept.replace("", BLANK)).to_series()


def _sums(parts: pl.Series, outcome: np.ndarray, treated: np.ndarray) -> dict[str, tuple[Sums, Sums]]:
    summed = (
        pl.DataFrame({"part": parts, "treated": treated, "y": outcome})
        .group_by("part", "treated")
        .agg(n=pl.len(), total=pl.col("y").sum(), squares=(pl.col("y") ** 2).sum())
    )
    found = {(row[0], row[1]): Sums(*row[2:]) for row in summed.iter_rows()}
    nobody = Sums(0, 0.0, 0.0)
    return {
        part: (found.get((part, True), nobody), found.get((part, False), nobody))
        for part in sorted(summed["part"].unique())
    }


def sentences(told: Explanation) -> Sequence[str]:
    """The explanation in words, the surest first."""
    return (
        *(
            one.sentence
            for one in sorted(
                told.segments, key=lambda one: one.p_value if one.differs and one.p_value is not None else 1.0
            )
        ),
        told.response.sentence,
        told.uplift.sentence,
        *told.warnings,
    )
