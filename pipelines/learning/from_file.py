"""Use cases on any table in a file: train, keep the model, score. They need no tenant and no database."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.contracts import Json, Refusal, Table
from pipelines.learning.code_version import code_version
from pipelines.learning.modelling.fitting import fit
from pipelines.learning.modelling.model_file import Kept, read_model, sha256_of, write_whole
from pipelines.learning.tables.choosing import choose, told_once
from pipelines.learning.tables.columns import Column, kind_of, read_as, without_blanks
from pipelines.learning.tables.matching import as_trained
from pipelines.learning.tables.reading import whole
from pipelines.learning.tables.target import read_target

SUSPICIOUS = 0.99


@dataclass(frozen=True, slots=True)
class TableSummary:
    """What came of a training."""

    rows: int
    features: list[str]
    metrics: Json
    way: str
    excluded: list[Json]
    warnings: list[str]
    importance: dict[str, float]
    model_version: str

    def to_json(self) -> Json:
        """The one object that `--json` prints."""
        figures = self.metrics
        return {
            "rows": self.rows,
            "features": self.features,
            "auc": figures["auc"],
            "pr_auc": figures["pr_auc"],
            "brier": figures["brier"],
            "calibration": {
                "method": self.way, "error": figures["calibration_error"], "bins": figures["calibration_bins"],
            },
            "top_decile_lift": figures["top_decile_lift"],
            "excluded": self.excluded,
            "warnings": self.warnings,
            "model_version": self.model_version,
        }  # fmt: skip


def train_from_file(
    table: Table,
    source: Path,
    target: str,
    *,
    ids: Collection[str] = (),
    exclude: Collection[str] = (),
    time: str | None = None,
    out: Path | None = None,
) -> TableSummary:
    """Learn to tell the target of a table; the model goes to `out`."""
    _refuse_overwriting(source, out)
    read = whole(table, source)
    named = [*ids, *exclude, *([time] if time else [])]
    _refuse_unknown(read.frame, named)
    if target in named:
        raise Refusal(f"{target} is the target; name another column as an id, as the time, or to be left out.")
    return train_from_table(read.frame, target, ids=ids, exclude=exclude, time=time, out=out, told=read.warnings)


def train_from_table(
    frame: pl.DataFrame,
    target: str,
    *,
    ids: Collection[str] = (),
    exclude: Collection[str] = (),
    time: str | None = None,
    out: Path | None = None,
    told: Collection[str] = (),
) -> TableSummary:
    """Learn to tell the target of a table of texts; what was told of it already stands first among the warnings."""
    asked = read_target(frame, target)
    rows, truth = frame.filter(pl.Series(asked.known)), asked.truth
    first, twice = told_once(rows)
    rows, truth = rows[first], truth[first]
    if time:
        order = _order(rows, time)
        rows, truth = rows[order], truth[order]
    chosen = choose(rows, truth, target=target, ids=ids, exclude=exclude, time=time)
    if not chosen.columns:
        why = " ".join(one.reason for one in chosen.excluded[:4]) or "the table has no other."
        raise Refusal(f"No column is left to learn {target} from: {why}")
    names = [column.name for column in chosen.columns]
    fitted = fit(chosen.frame, truth, names, in_order=time is not None)
    warnings = [*told, *asked.warnings, *twice, *chosen.warnings]
    if fitted.metrics["auc"] >= SUSPICIOUS:
        warnings.append(
            f"An AUC of {fitted.metrics['auc']:.3f} is suspiciously good; look for features written after the outcome."
        )
    about = {
        "target": target, "yes": asked.yes, "ids": list(ids), "rows": len(truth),
        "columns": [column.to_json() for column in chosen.columns], "metrics": fitted.metrics,
        "excluded": [one.to_json() for one in chosen.excluded], "code_version": code_version(),
    }  # fmt: skip
    raw = Kept(fitted.model, about).to_bytes()
    if out:
        write_whole(raw, out)
    return TableSummary(
        rows=len(truth),
        features=names,
        metrics=fitted.metrics,
        way=fitted.model.calibration.way,
        excluded=[one.to_json() for one in chosen.excluded],
        warnings=warnings,
        importance=fitted.model.importance,
        model_version=sha256_of(raw)[:12],
    )


def score_file(table: Table, source: Path, model: Path, out: Path) -> Json:
    """Score every row of a table by a model file; ids go along where the model knows them, else the line."""
    for path in (source, model):
        _refuse_overwriting(path, out)
    kept, read = read_model(model), whole(table, source)
    scores, warnings = score_table(kept, read.frame)
    ids: list[str] = [name for name in kept.about["ids"] if name in read.frame.columns]
    for absent in sorted(set(kept.about["ids"]) - set(ids)):
        warnings.append(f"The table has no column {absent}, which names rows; the scores go without it.")
    named = read.frame.select(ids) if ids else read.lines.alias("line").to_frame()
    write_whole(named.with_columns(score=pl.Series(scores).round(6)).write_csv().encode(), out)
    return {
        "rows": len(read.frame), "out": str(out), "mean": round(float(scores.mean()), 6),
        "model_version": sha256_of(model.read_bytes())[:12], "warnings": [*read.warnings, *warnings],
    }  # fmt: skip


def score_table(kept: Kept, frame: pl.DataFrame) -> tuple[Any, list[str]]:
    """The probability of yes for each row of a table of texts, and what of the table is not as in training."""
    encoder = kept.model.encoder
    levels = {one.name: one.levels for one in encoder.few} | {one.name: one.levels for one in encoder.many}
    typed, warnings = as_trained(frame, [Column(**one) for one in kept.about["columns"]], levels)
    return kept.model.probabilities(typed), warnings


def _refuse_overwriting(path: Path, out: Path | None) -> None:
    if out and out.exists() and path.exists() and out.samefile(path):
        raise Refusal(f"{out} is what is read, and would be overwritten; choose another place for what is written.")


def _refuse_unknown(frame: pl.DataFrame, named: list[str]) -> None:
    if absent := [name for name in named if name not in frame.columns]:
        raise Refusal(f"The table has no column {absent[0]}; its columns are {', '.join(frame.columns[:12])}.")


def _order(frame: pl.DataFrame, time: str) -> list[int]:
    texts = without_blanks(frame[time])
    column = kind_of(texts)
    if column.kind == "category" or texts.null_count():
        raise Refusal(f"{time} does not hold a date or number in every row; --time needs one to order the rows by.")
    return read_as(texts, column).arg_sort().to_list()
