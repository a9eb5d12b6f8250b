"""Which touch gets the credit of an order, by five customary rules, and what was really caused: treated minus control.

The five rules share out what happened, whether or not a message caused it. Only the difference to people who were sent
nothing is caused, which is why it stands beside them.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Literal, get_args

import polars as pl

from pipelines.contracts import Json

Rule = Literal["first", "last", "linear", "time_decay", "position_based"]
RULES: tuple[Rule, ...] = get_args(Rule)
NOBODY = "(no touch)"
HALF_LIFE_DAYS = 7.0
# What the first and the last touch get of a journey of three or more; those between share the rest.
ENDS = 0.4
Z = 1.959963984540054


def touched(touches: pl.DataFrame, conversions: pl.DataFrame, *, window_days: float) -> pl.DataFrame:
    """Each conversion beside every touch of the same customer within the window before it; one without any stays.

    `touches`: customer_id, touch, at. `conversions`: conversion_id, customer_id, at, value.
    """
    window = pl.duration(microseconds=round(window_days * 86_400_000_000))
    pairs = conversions.join(touches.rename({"at": "touched_at"}), on="customer_id").filter(
        (pl.col("touched_at") <= pl.col("at")) & (pl.col("at") - pl.col("touched_at") < window)
    )
    alone = conversions.join(pairs.select("conversion_id").unique(), on="conversion_id", how="anti")
    return pl.concat([pairs, alone], how="diagonal").with_columns(pl.col("touch").fill_null(NOBODY))


def credited(journeys: pl.DataFrame, rule: Rule, *, half_life_days: float = HALF_LIFE_DAYS) -> pl.DataFrame:
    """The journeys with a `credit` for every touch; those of one conversion sum to 1."""
    if rule not in RULES:
        raise ValueError(f"{rule} is none of {', '.join(RULES)}")
    by = "conversion_id"
    # Two touches at one moment: their names decide, so that a second run says the same.
    ordered = journeys.sort(by, "touched_at", "touch")
    place, many = pl.int_range(pl.len()).over(by), pl.len().over(by)
    days = (pl.col("at") - pl.col("touched_at")).dt.total_microseconds().fill_null(0) / 86_400_000_000
    last_days = days.min().over(by)
    weights: dict[Rule, pl.Expr] = {
        "first": (place == 0).cast(pl.Float64),
        "last": (place == many - 1).cast(pl.Float64),
        "linear": pl.lit(1.0),
        # Counted from the newest touch, so that an old journey does not vanish into nothing.
        "time_decay": pl.lit(2.0).pow(-(days - last_days) / half_life_days),
        "position_based": pl.when(many <= 2)
        .then(1.0)
        .when((place == 0) | (place == many - 1))
        .then(ENDS)
        .otherwise((1 - 2 * ENDS) / (many - 2)),
    }
    weighted = ordered.with_columns(weights[rule].alias("credit"))
    return weighted.with_columns(pl.col("credit") / pl.col("credit").sum().over(by))


def summed(journeys: pl.DataFrame, costs: pl.DataFrame, *, half_life_days: float = HALF_LIFE_DAYS) -> pl.DataFrame:
    """Per rule and touch: conversions, revenue, cost and profit; for every rule they add up to all that was earned.

    `costs`: touch, touches, cost; a touch that earned nothing is told all the same.
    """
    parts = []
    for rule in RULES:
        earned = (
            credited(journeys, rule, half_life_days=half_life_days)
            .group_by("touch")
            .agg(conversions=pl.col("credit").sum(), revenue=(pl.col("credit") * pl.col("value")).sum())
        )
        whole = earned.join(costs, on="touch", how="full", coalesce=True).with_columns(
            pl.col("conversions", "revenue", "cost").fill_null(0.0), pl.col("touches").fill_null(0)
        )
        parts.append(whole.select(pl.lit(rule).alias("rule"), "touch", "touches", "conversions", "revenue", "cost"))
    return (
        pl.concat(parts)
        .with_columns(
            (pl.col("revenue") - pl.col("cost")).alias("profit"),
            pl.when(pl.col("touches") > 0).then(pl.col("revenue") / pl.col("touches")).alias("revenue_per_touch"),
        )
        .sort("rule", "revenue", "touch", descending=[False, True, False])
    )


@dataclass(frozen=True, slots=True)
class Revenue:
    """What the people of an arm spent: how many they are, the sum, and the sum of squares."""

    n: int
    total: float
    squares: float

    @property
    def mean(self) -> float:
        """What one of them spent."""
        return self.total / self.n

    @property
    def variance(self) -> float:
        """How far apart they are."""
        return max(self.squares - self.total * self.mean, 0.0) / (self.n - 1)


@dataclass(frozen=True, slots=True)
class Incremental:
    """What the messages caused: the difference to the control, times everybody who was treated."""

    n_treated: int
    n_control: int
    revenue: float
    ci_low: float
    ci_high: float
    cost: float
    profit: float
    profit_low: float
    profit_high: float
    sentence: str

    def to_json(self) -> Json:
        """For a machine."""
        return asdict(self)


def incremental(treated: Revenue, control: Revenue, cost: float) -> Incremental | None:
    """Treated minus control, with its interval of 95 %; None where either has too few people to tell anything."""
    if min(treated.n, control.n) < 2:
        return None
    each = treated.mean - control.mean
    reach = Z * math.sqrt(treated.variance / treated.n + control.variance / control.n)
    caused, low, high = (treated.n * value for value in (each, each - reach, each + reach))
    if low > cost:
        said = "The messages earned more than they cost."
    elif high < cost:
        said = "The messages cost more than they earned."
    else:
        said = "Whether the messages earned more than they cost cannot be told: the interval reaches both sides."
    sentence = f"{said} They caused {caused:,.0f} of revenue (between {low:,.0f} and {high:,.0f}) and cost {cost:,.2f}."
    return Incremental(
        treated.n, control.n, caused, low, high, cost, caused - cost, low - cost, high - cost, sentence
    )  # fmt: skip
