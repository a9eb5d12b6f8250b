"""What a campaign cost, and what it earned that would not have been earned without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pipelines.contracts import Json
from pipelines.reporting.campaign.store import Facts
from pipelines.reporting.document import Chart, Column, Section
from pipelines.reporting.numbers import told

MODELS = (
    "Five models share out what was ordered among the messages that a person touched before; none of them shows that a "
    "message caused it. What is incremental does: it is what people spent beyond the control."
)


@dataclass(frozen=True, slots=True)
class Earned:
    """Revenue of the treated arms beyond that of as many people of the control."""

    low: float
    middle: float
    high: float

    @property
    def sure(self) -> bool:
        """Whether chance alone does not explain it."""
        return not self.low <= 0 <= self.high


def earned_by(comparison: Json) -> Earned | None:
    """Treatment minus control a person, times the people of the arm that could respond in full."""
    if comparison["verdict"] == "invalid" or comparison["ci_low"] is None:
        return None
    low, middle, high = (comparison[name] * comparison["n_arm"] for name in ("ci_low", "lift_abs", "ci_high"))
    return Earned(low, middle, high)


def of_revenue(analysis: Json | None) -> list[Json]:
    """The comparisons of revenue over everybody."""
    return [
        one for one in (analysis or {}).get("comparisons", []) if one["metric"] == "revenue" and "segment" not in one
    ]


def money(facts: Facts) -> Section:
    """Cost beside incremental revenue."""
    costs = facts.costs["writing_usd"] + facts.costs["sending_usd"]
    compared = of_revenue(facts.analysis)
    rows, unit = [_row(one, facts.arms) for one in compared], facts.amount
    told_in = f", {facts.currency}" if facts.currency and facts.currency != "USD" else ""
    caused = (facts.analysis or {}).get("incremental")
    total = Earned(caused["low"], caused["revenue"], caused["high"]) if caused else None
    return Section(
        "money",
        "Cost and incremental revenue",
        [
            f"It cost {told(costs, 'usd')}: {told(facts.costs['writing_usd'], 'usd')} for writing and "
            f"{told(facts.costs['sending_usd'], 'usd')} for sending.",
            *_said(facts, compared, total, costs),
        ],
        [
            Column("arm", "Arm"), Column("people", "People", "count"), Column("cost", "Sending", "usd"),
            Column("a_person", f"More a person{told_in}", unit), Column("earned", f"More altogether{told_in}", unit),
            Column("low", "from", unit), Column("high", "to", unit),
        ],
        rows,
        [Chart("intervals", "arm", "earned", f"Incremental revenue by arm{told_in}", unit=unit, low="low", high="high")]
        if any(row["low"] is not None for row in rows)
        else [],
    )  # fmt: skip


def _row(one: Json, arms: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    found = earned_by(one)
    return {
        "arm": one["arm"], "people": one["n_arm"],
        "cost": next((arm["cost_usd"] for arm in arms if arm["arm"] == one["arm"]), None),
        "a_person": one["lift_abs"] if found else None, "earned": found.middle if found else None,
        "low": found.low if found else None, "high": found.high if found else None,
    }  # fmt: skip


def _said(facts: Facts, compared: Sequence[Json], total: Earned | None, costs: Decimal) -> list[str]:
    if facts.newest is None:
        return ["What it earned is not known before the first read-out."]
    if facts.newest["verdict"] == "invalid":
        return ["What it earned cannot be told, because the arms cannot be compared: see Health."]
    if not compared and len(facts.arms) < 2:
        return ["Everybody has the same arm, so what they spent anyway cannot be told from what the campaign earned."]
    if not compared:
        return ["Revenue is no metric of this experiment, so what it earned is not told."]
    if total is None and all(arm["strategy"] for arm in facts.arms):
        return ["Every arm was sent a text, so what they spent without one is not known: compared is text with text."]
    if total is None:
        return [f"What it earned cannot be told yet. {compared[0]['reason']}"]
    control, told_in = compared[0]["control"], facts.currency
    low, middle, high = (_amount(value, told_in) for value in (total.low, total.middle, total.high))
    said = [f"Beyond what as many people of {control} spent it brought {middle} (interval {low} to {high})."]
    if not total.sure:
        return [*said, "The interval holds zero: chance may explain all of it, so do not count on it."]
    if told_in != "USD":
        what = f"told in {told_in}" if told_in else "told without its currency"
        return [*said, f"Revenue is {what} and the cost in US dollars, so what is left is not told."]
    return [*said, f"After its cost that is {told(total.middle - float(costs), 'usd')}, before the cost of the goods."]


def _amount(value: float, currency: str | None) -> str:
    return told(value, "usd") if currency == "USD" else f"{value:,.2f} {currency or ''}".rstrip()


def attributed(facts: Facts) -> list[Section]:
    """What each model of attribution credits the campaign with; nothing before the marts were built."""
    if not facts.attribution:
        return []
    columns = [
        Column("attribution_model", "Model"), Column("touches", "Touches", "count"),
        Column("orders", "Orders", "number"), Column("revenue_usd", "Revenue", "usd"),
        Column("revenue_per_touch_usd", "A touch", "usd"),
        Column("cost_usd", "Cost", "usd"), Column("profit_usd", "Profit", "usd"),
    ]  # fmt: skip
    chart = Chart("bars", "attribution_model", "revenue_usd", "Revenue by model of attribution", unit="usd")
    return [Section("attribution", "Attribution", [MODELS], columns, facts.attribution, [chart])]
