"""A million units analysed, beside merely reading the table and beside pandas with statsmodels."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from benchmarks.harness import Comparison, Contender
from pipelines.commands.experiments_analysis import LARGEST
from pipelines.contracts import Json
from pipelines.customers.reading.open import open_table
from pipelines.customers.reading.source import open_file
from pipelines.experiments.analysis.table import Wanted, analyse_table
from pipelines.experiments.analysis.verdicts import Terms
from pipelines.services import Services

ARMS = ("control", "a", "b", "c")


def analysing(services: Services, rows: int) -> Comparison:
    """Two metrics, three arms against a control."""
    path = services.settings.liftline_home / f"units-{rows}.csv"
    if not path.exists():
        _write(path, rows)
    ours, theirs = _ours(path), _theirs(path)
    for one in ours["comparisons"]:
        expected = theirs[one["metric"], one["arm"]]
        if not math.isclose(one["p_adjusted"], expected, rel_tol=1e-6, abs_tol=1e-12):
            raise AssertionError(f"{one['metric']} of {one['arm']}: {one['p_adjusted']} is not {expected}.")
    return Comparison(
        f"Analysis of {rows:,} units by two metrics in four arms",
        [
            Contender("reading the columns with polars", lambda _: pl.read_csv(path)),
            Contender("ours, with health, duplicates and verdicts", lambda _: _ours(path)),
            Contender("pandas and statsmodels, tests and intervals only", lambda _: _theirs(path)),
        ],
        "faster than pandas and statsmodels",
    )


def _write(path: Path, rows: int) -> None:
    rng = np.random.default_rng(1)
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame({
        "customer_id": [f"C{number:09d}" for number in range(rows)],
        "arm": np.array(ARMS)[rng.integers(0, len(ARMS), rows)],
        "clicked": (rng.random(rows) < 0.1).astype(int),
        "revenue": np.round(rng.gamma(2, 20, rows) * (rng.random(rows) < 0.1), 2),
    }).write_csv(path)  # fmt: skip


def _ours(path: Path) -> Json:
    wanted = Wanted("arm", ["clicked:binary", "revenue:continuous"], Terms("control"))
    with open_file(path, max_bytes=LARGEST) as opened:
        table = open_table(opened, max_bytes=LARGEST)
        return analyse_table(table.header, table.slices, wanted, str(path)).to_json()


def _theirs(path: Path) -> dict[tuple[str, str], float]:
    """As an analyst writes it: what each arm has, a test, an interval, Holm's correction."""
    frame = pd.read_csv(path)
    frame = frame[~frame["customer_id"].duplicated()]
    parts = dict(tuple(frame.groupby("arm")))
    control, told = parts["control"], {}
    for metric in ("clicked", "revenue"):
        p_values = []
        for arm in ARMS[1:]:
            one, beside = parts[arm][metric], control[metric]
            if metric == "clicked":
                counts = (one.sum(), len(one), beside.sum(), len(beside))
                p_values.append(proportions_ztest([counts[0], counts[2]], [counts[1], counts[3]])[1])
                confint_proportions_2indep(*counts, method="newcomb", compare="diff")
            else:
                means = CompareMeans(DescrStatsW(one), DescrStatsW(beside))
                p_values.append(means.ttest_ind(usevar="unequal")[1])
                means.tconfint_diff(usevar="unequal")
        told |= dict(zip([(metric, arm) for arm in ARMS[1:]], multipletests(p_values, method="holm")[1], strict=True))
    return told
