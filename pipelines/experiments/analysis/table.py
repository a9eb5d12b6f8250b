"""Any table of one row a unit into numbers: arms, metrics, segments, and a word on whatever had to be left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl

from pipelines.contracts import Refusal, Slice
from pipelines.experiments.analysis.analysing import Analysis, Measured, analyse
from pipelines.experiments.analysis.health import Finding, contamination, duplicates, sample_ratio
from pipelines.experiments.analysis.statistics import Kind, grouped
from pipelines.experiments.analysis.verdicts import Asked, Terms

YES, NO = ("1", "yes", "y", "true", "t", "1.0"), ("0", "no", "n", "false", "f", "0.0")
# What tables hold where nothing is known.
BLANK = ("", "nan", "na", "n/a", "null", "none")
ID_NAMES = ("customer_id", "user_id", "unit_id", "subscriber_id", "contact_id", "unit", "id")
MOST_SEGMENTS = 50
# Ours, beside columns that may be called anything.
ARM, UNIT, ROW = "\x1farm", "\x1funit", "\x1frow"
MOST_ARMS = 50
# The square of a larger number, summed over millions, is no number any more.
LARGEST = 1e100


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a table."""

    arm: str
    metrics: Sequence[str]
    terms: Terms
    by: Sequence[str] = ()
    covariate: str | None = None
    unit: str | None = None
    weights: Mapping[str, float] | None = None
    winsorise: float | None = None


@dataclass(slots=True)
class _Told:
    findings: list[Finding] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Metric:
    asked: Asked
    y: np.ndarray
    x: np.ndarray | None
    kept: np.ndarray


def analyse_table(header: Sequence[str], slices: Iterable[Slice], wanted: Wanted, name: str) -> Analysis:
    """Read the columns that are asked for, and analyse them."""
    told = _Told()
    frame = read_columns(header, slices, _columns(header, wanted), name, told.warnings)
    frame = _with_an_arm(frame, wanted, told)
    arms = sorted(frame[ARM].unique().to_list(), key=lambda arm: (arm != wanted.terms.control, arm))
    if not arms:
        raise Refusal(f"{name} has no row with an arm in column {wanted.arm}; nothing can be compared.")
    if len(arms) > MOST_ARMS:
        raise Refusal(
            f"Column {wanted.arm} holds {len(arms)} different values; name the column of the arms with --arm."
        )
    if wanted.terms.control not in arms:
        raise Refusal(
            f"No row is in arm {wanted.terms.control!r}; --control names one of {', '.join(map(repr, arms))}."
        )
    if len(arms) == 1:
        told.warnings.append(f"Everybody is in arm {arms[0]}: there is nothing to compare it with.")
    frame = _one_row_a_unit(frame, header, wanted, told)
    codes = frame[ARM].replace_strict(arms, range(len(arms)), return_dtype=pl.Int64).to_numpy()
    counts = dict(zip(arms, np.bincount(codes, minlength=len(arms)).tolist(), strict=True))
    told.findings.insert(0, sample_ratio(counts, wanted.weights))
    metrics = [_metric(spec, frame, wanted, told, name) for spec in wanted.metrics]
    labels = _labels(frame, wanted.by, told)
    told.findings += _ratios_by_segment(labels, codes, arms, wanted.weights)
    measured = [_measured(one, codes, arms, labels, covariate=wanted.covariate is not None) for one in metrics]
    return analyse(counts, measured, wanted.terms, health=told.findings, warnings=list(dict.fromkeys(told.warnings)))


def _columns(header: Sequence[str], wanted: Wanted) -> list[str]:
    parts = [part for spec in wanted.metrics for part in _spec(spec)[0]]
    asked = [wanted.arm, *parts, *wanted.by, *filter(None, [wanted.covariate, wanted.unit])]
    known = [column for column in ID_NAMES if column in header and column not in asked][:1]
    return list(dict.fromkeys([*asked, *([] if wanted.unit else known)]))


def _spec(spec: str) -> tuple[list[str], str | None, bool]:
    """`NAME`, `NAME:binary`, `NAME:continuous`, `NUM/DEN`, each with `:lower` where less is better."""
    name, *options = spec.split(":")
    kind: str | None = None
    more_is_better = True
    for option in options:
        if option in ("binary", "continuous"):
            kind = option
        elif option in ("lower", "higher"):
            more_is_better = option == "higher"
        else:
            raise Refusal(f"--metric {spec}: {option!r} is none of binary, continuous, lower, higher.")
    parts = [part.strip() for part in name.split("/")]
    if len(parts) > 2 or not all(parts):
        raise Refusal(f"--metric {spec} names no column; write NAME, or NUMERATOR/DENOMINATOR.")
    return parts, "ratio" if len(parts) == 2 else kind, more_is_better


def read_columns(
    header: Sequence[str], slices: Iterable[Slice], columns: Sequence[str], name: str, warnings: list[str]
) -> pl.DataFrame:
    """These columns of a table as text without spaces around it; a name that is no column, or two, is refused."""
    for column in columns:
        if (found := list(header).count(column)) != 1:
            shown = ", ".join(header[:30])
            trouble = (
                f"has no column {column!r}" if not found else f"has {found} columns {column!r}, rename all but one"
            )
            raise Refusal(f"{name} {trouble}; its columns are {shown}.")
    places = {column: list(header).index(column) for column in columns}
    parts, unread = [], []
    for part in slices:
        parts.append(pl.DataFrame({
            column: part.cells.to_series(at).cast(pl.String).str.strip_chars() for column, at in places.items()
        }))  # fmt: skip
        unread += [line.line for line in part.refused]
    if unread:
        lines = ", ".join(map(str, sorted(unread)[:5])) + (", …" if len(unread) > 5 else "")
        warnings.append(
            f"{len(unread):,} rows have another number of cells than the header, or broken text (lines {lines}), and "
            "are left out."
        )
    return pl.concat(parts, rechunk=True) if parts else pl.DataFrame(schema=dict.fromkeys(columns, pl.String))


def _with_an_arm(frame: pl.DataFrame, wanted: Wanted, told: _Told) -> pl.DataFrame:
    rows = frame.height
    frame = frame.with_columns(pl.col(wanted.arm).replace("", None).alias(ARM)).filter(pl.col(ARM).is_not_null())
    if lost := rows - frame.height:
        told.warnings.append(f"{lost:,} of {rows:,} rows have no arm and are left out.")
    return frame


def _one_row_a_unit(frame: pl.DataFrame, header: Sequence[str], wanted: Wanted, told: _Told) -> pl.DataFrame:
    """Each unit once, and nobody who stands in two arms."""
    unit = wanted.unit or next((one for one in ID_NAMES if one in frame.columns and one in header), None)
    if unit is None or unit in (wanted.arm, *wanted.by):
        return frame
    named = frame.with_columns(pl.col(unit).replace("", None).alias(UNIT)).with_row_index(ROW)
    several = named.filter(pl.col(UNIT).is_not_null()).group_by(UNIT).agg(
        arms=pl.col(ARM).n_unique(), first=pl.col(ROW).min(), rows=pl.len()
    ).filter(pl.col("rows") > 1)  # fmt: skip
    if several.is_empty():
        return frame
    mixed = several.filter(pl.col("arms") > 1)
    told.findings += filter(None, [
        contamination(mixed.height, named[UNIT].n_unique()),
        duplicates(int((several.filter(pl.col("arms") == 1)["rows"] - 1).sum()), named[UNIT].n_unique()),
    ])  # fmt: skip
    firsts = several.filter(pl.col("arms") == 1)["first"].implode()
    twice = pl.col(UNIT).is_in(several[UNIT].implode()).fill_null(value=False)
    return named.filter(~twice | pl.col(ROW).is_in(firsts)).drop(ROW, UNIT)


def _metric(spec: str, frame: pl.DataFrame, wanted: Wanted, told: _Told, name: str) -> _Metric:
    parts, kind, more_is_better = _spec(spec)
    label = "/".join(parts)
    text = frame[parts[0]]
    if kind is None and _is_yes_or_no(text):
        kind = "binary"
    found: Kind = "binary" if kind == "binary" else "ratio" if kind == "ratio" else "continuous"
    y = _yes_or_no(text, label, told) if found == "binary" else _numbers(text, parts[0], told, name)
    if found == "ratio":
        below = _numbers(frame[parts[1]], parts[1], told, name)
        return _Metric(Asked(label, found, more_is_better), y, below, np.isfinite(y) & np.isfinite(below))
    x = _known_before(frame[wanted.covariate], wanted.covariate, told, name) if wanted.covariate else None
    if found == "continuous" and wanted.winsorise is not None:
        y = _winsorised(y, wanted.winsorise, label, told)
    return _Metric(Asked(label, found, more_is_better), y, x, np.isfinite(y))


def _known_before(text: pl.Series, label: str, told: _Told, name: str) -> np.ndarray:
    """The covariate; of whom it is not known, they stay in and move nothing by it."""
    x = _numbers(text, label, told, name, unknown="taken for its mean")
    known = x[np.isfinite(x)]
    return np.where(np.isfinite(x), x, known.mean() if len(known) else 0.0)


def _is_yes_or_no(text: pl.Series) -> bool:
    low = text.str.to_lowercase()
    filled = low.filter(~low.is_in(BLANK))
    return len(filled) > 0 and bool(filled.is_in([*YES, *NO]).all())


def _yes_or_no(text: pl.Series, label: str, told: _Told) -> np.ndarray:
    low = text.fill_null("").str.to_lowercase()
    yes, no, blank = low.is_in(YES), low.is_in(NO), low.is_in(BLANK)
    odd = low.filter(~(yes | no | blank))
    if len(odd):
        raise Refusal(
            f"{label} holds {odd[0]!r}, which is neither yes nor no; write --metric {label}:continuous for a number, "
            "or mend that cell."
        )
    if blank.any() and not no.any():
        told.warnings.append(f"{label} is never no; its {int(blank.sum()):,} blanks are taken for no.")
        return yes.cast(pl.Float64).to_numpy()
    if blank.any():
        told.warnings.append(f"{label} is blank for {int(blank.sum()):,} units, which are left out of it.")
    return np.where(blank.to_numpy(), np.nan, yes.cast(pl.Float64).to_numpy())


def _numbers(
    text: pl.Series, label: str, told: _Told, name: str, *, unknown: str = "left out of it"
) -> np.ndarray:  # fmt: skip
    plain = text.fill_null("")
    value = plain.cast(pl.Float64, strict=False)
    comma = value.is_null() & plain.str.contains(r"^[+-]?\d+,\d+$")
    if comma.any():
        told.warnings.append(f"{label} has {int(comma.sum()):,} numbers with a decimal comma; 1,5 is read as 1.5.")
        commas = plain.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
        value = pl.select(pl.when(comma).then(commas).otherwise(value)).to_series()
    truth = value.is_null() & plain.str.to_lowercase().is_in([*YES, *NO])
    if truth.any():
        yes = plain.str.to_lowercase().is_in(YES).cast(pl.Float64)
        value = pl.select(pl.when(truth).then(yes).otherwise(value)).to_series()
    blank = plain == ""
    odd = value.is_null() & ~blank
    if len(plain) and odd.any() and not value.is_not_null().any():
        raise Refusal(
            f"{name} has no number in column {label}, its first cell is {plain.filter(odd)[0]!r}; name a column of "
            "numbers, or of yes and no."
        )
    if odd.any():
        told.warnings.append(
            f"{label} is no number for {int(odd.sum()):,} units, such as {plain.filter(odd)[0]!r}; they are {unknown}."
        )
    if blank.any():
        told.warnings.append(f"{label} is blank for {int(blank.sum()):,} units, which are {unknown}.")
    numbers = value.fill_null(np.nan).to_numpy()
    usable = np.abs(numbers) <= LARGEST
    endless = int((~usable).sum()) - int(blank.sum()) - int(odd.sum())
    if endless:
        told.warnings.append(
            f"{label} is NaN, infinite or beyond {LARGEST:g} for {endless:,} units; they are {unknown}."
        )
    return np.where(usable, numbers, np.nan)


def _winsorised(y: np.ndarray, share: float, label: str, told: _Told) -> np.ndarray:
    """Everything beyond the quantile is pulled back to it, in all arms by the same bound."""
    finite = y[np.isfinite(y)]
    if not len(finite):
        return y
    most = float(np.quantile(finite, share, method="higher"))
    pulled = int((finite > most).sum())
    told.warnings.append(
        f"{label} is winsorised at its {share:.1%} quantile: {pulled:,} values above {most:,.6g} count as that."
    )
    pulled_back: np.ndarray = np.minimum(y, most)
    return pulled_back


def _labels(frame: pl.DataFrame, by: Sequence[str], told: _Told) -> dict[str, np.ndarray]:
    """For each segment the rows in it."""
    rows: dict[str, np.ndarray] = {}
    for column in by:
        filled = frame[column].fill_null("").replace("", "(blank)")
        sizes = filled.value_counts(sort=True)
        values = sizes[column].to_list()
        if len(values) > MOST_SEGMENTS:
            told.warnings.append(
                f"{column} has {len(values):,} values; the {MOST_SEGMENTS} largest are shown, the rest are left out."
            )
        for value in sorted(values[:MOST_SEGMENTS]):
            rows[f"{column}={value}"] = (filled == value).to_numpy()
    return rows


def _ratios_by_segment(
    labels: Mapping[str, np.ndarray], codes: np.ndarray, arms: Sequence[str], weights: Mapping[str, float] | None
) -> list[Finding]:
    """Only what is wrong: a line for each segment that is right would bury it."""
    wanted = weights or dict(zip(arms, np.bincount(codes, minlength=len(arms)).astype(float).tolist(), strict=True))
    found = []
    for label, rows in labels.items():
        counts = dict(zip(arms, np.bincount(codes[rows], minlength=len(arms)).tolist(), strict=True))
        finding = sample_ratio(counts, wanted, segment=label)
        if len(arms) > 1 and finding.severity == "invalid":
            found.append(finding)
    return found


def _measured(
    one: _Metric, codes: np.ndarray, arms: Sequence[str], labels: Mapping[str, np.ndarray], *, covariate: bool
) -> Measured:
    def within(rows: np.ndarray) -> dict[str, Any]:
        x = None if one.x is None else one.x[rows]
        return dict(zip(arms, grouped(codes[rows], len(arms), one.y[rows], x), strict=True))

    segments = {label: within(rows & one.kept) for label, rows in labels.items()}
    return Measured(one.asked, within(one.kept), segments, covariate and one.asked.kind != "ratio")


def with_weights(wanted: Wanted, text: str) -> Wanted:
    """The shares that the arms were meant to have, written control:30,a:35,b:35."""
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, _, share = part.rpartition(":")
        try:
            weights[name.strip()] = float(share)
        except ValueError:
            raise Refusal(f"--weights {text!r}: {part!r} is no NAME:WEIGHT.") from None
    if not all(np.isfinite(share) and share >= 0 for share in weights.values()) or not any(weights.values()):
        raise Refusal(f"--weights {text!r}: each weight is a number of 0 or more, and one at least is above 0.")
    return replace(wanted, weights=weights)
