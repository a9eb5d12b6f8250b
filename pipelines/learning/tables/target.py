"""The target: two answers, however they are spelt, one of which is the yes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.contracts import Refusal
from pipelines.learning.tables.columns import without_blanks

YES = frozenset({"1", "1.0", "yes", "y", "true", "t", "on", "ja", "oui", "si", "sí", "positive", "x"})
NO = frozenset({"0", "0.0", "no", "n", "false", "f", "off", "nein", "non", "negative", "-1"})
LEAST_ROWS, LEAST_EACH = 30, 8


@dataclass(frozen=True, slots=True)
class Target:
    """Which rows have an answer, whether it is the yes, and which word says yes."""

    known: npt.NDArray[np.bool_]
    truth: npt.NDArray[np.float64]
    yes: str
    warnings: tuple[str, ...]


def read_target(frame: pl.DataFrame, name: str) -> Target:
    """The target of a table, or a refusal that says why nothing can be learnt from it."""
    if name not in frame.columns:
        raise Refusal(f"The table has no column {name}; its columns are {', '.join(frame.columns[:12])}.")
    answers = without_blanks(frame[name]).str.to_lowercase()
    known = answers.is_not_null().to_numpy()
    counts = {row[0]: row[1] for row in answers.drop_nulls().value_counts().iter_rows()}
    _refuse_what_is_no_question(name, counts, answers.null_count())
    yes, warnings = _which_is_yes(name, counts)
    truth = (answers.drop_nulls() == yes).to_numpy().astype(np.float64)
    ones = int(truth.sum())
    fewer = min(ones, len(truth) - ones)
    if len(truth) < LEAST_ROWS or fewer < LEAST_EACH:
        raise Refusal(
            f"{len(truth)} rows have an answer in {name}, {ones} of them yes; a model needs {LEAST_ROWS} rows and "
            f"{LEAST_EACH} of each answer."
        )
    if missing := int((~known).sum()):
        warnings.append(f"{missing:,} rows have no answer in {name} and were left out.")
    if fewer < 100:
        warnings.append(f"Only {fewer} rows hold the rarer answer; the figures are rough.")
    return Target(known, truth, yes, tuple(warnings))


def _refuse_what_is_no_question(name: str, counts: dict[str, int], blank: int) -> None:
    if not counts:
        raise Refusal(f"Every row is blank in {name}; a model needs answers to learn from.")
    if len(counts) == 1:
        only = next(iter(counts))
        blanks = f" and {blank:,} rows are blank; if blank means no, write it into them" if blank else ""
        raise Refusal(f"Every answer in {name} is {only}{blanks}; a model needs rows of both answers.")
    if len(counts) > 2:
        some = ", ".join(sorted(counts)[:4])
        raise Refusal(
            f"{name} holds {len(counts)} different values ({some}{', …' if len(counts) > 4 else ''}); a target has "
            "two, such as yes and no."
        )


def _which_is_yes(name: str, counts: dict[str, int]) -> tuple[str, list[str]]:
    answers = sorted(counts)
    said = [one for one in answers if one in YES]
    if len(said) == 1:
        return said[0], []
    denied = [one for one in answers if one in NO]
    if len(denied) == 1:
        return next(one for one in answers if one != denied[0]), []
    rarer = min(answers, key=lambda one: (counts[one], one))
    return rarer, [f"{name} holds {answers[0]} and {answers[1]}; {rarer}, the rarer, was taken for the yes."]
