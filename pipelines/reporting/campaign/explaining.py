"""What explains a campaign's results: who was moved, by which attributes that can be told, and how surely."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.contracts import RATES, Json
from pipelines.reporting.document import Chart, Column, Section, Unit

EXPLAINING = ("explanation", "by_attribute", "reasons", "moved")
MANY = 12
BY_MODEL = "most moved first"


def explanation(told: Json | None) -> list[Section]:
    """In words, then by attribute, then what a model of response and one of lift found."""
    if told is None:
        return []
    said = [
        f"{told['arm']} beside {told['control']} by {told['metric']}, by what was known of people before. These are "
        "ideas for the next experiment: nothing here is proven by this one.",
        *told["sentences"],
    ]
    return [Section("explanation", "What explains it", said), *_by_attribute(told), *_reasons(told), *_moved(told)]


def _by_attribute(told: Json) -> Sequence[Section]:
    unit: Unit = "points" if told["metric"] in RATES else "number"
    rows = [
        {
            **lift,
            "part": f"{one['attribute'].replace('_', ' ')}: {lift['segment']}",
            "stands_out": "yes" if lift["stands_out"] else "no, chance explains it",
        }
        for one in told["segments"]
        for lift in one["lifts"]
    ]
    if not rows:
        return []
    columns = [
        Column("part", "People"), Column("n_arm", "In the arm", "count"), Column("n_control", "Beside", "count"),
        Column("lift", "Lift seen", unit), Column("believed", "Lift believed", unit),
        Column("stands_out", "Stands out"),
    ]  # fmt: skip
    chart = Chart("intervals", "part", "believed", "Lift believed, with its interval", unit=unit, low="ci_low",
                  high="ci_high")  # fmt: skip
    said = (
        "What is believed lies nearer to the lift of all than what was seen, as far as chance explains the difference; "
        "the more parts one looks at, the more of them differ by chance."
    )
    return [Section("by_attribute", "Lift by what was known before", [said], columns, rows, [chart],
                    folded=len(rows) > MANY)]  # fmt: skip


def _reasons(told: Json) -> Sequence[Section]:
    rows = [
        {
            **one,
            "attribute": one["attribute"].replace("_", " "),
            "named": "yes" if one["named"] else "no, it may be chance",
        }
        for one in told["response"]["reasons"]
    ]
    if not rows:
        return []
    columns = [
        Column("attribute", "Attribute"), Column("importance", "Worth to the model", "number"),
        Column("steady", "Resamples in which it helped", "share"), Column("named", "Holds up"),
    ]  # fmt: skip
    # What helps by no attribute is drawn by none.
    helps = any(row["importance"] > 0 for row in rows)
    chart = Chart("bars", "attribute", "importance", "Permutation importance of each attribute")
    said = (
        f"How much worse a model guesses who responds (AUC {told['response']['auc']:.2f}; 0.5 is a coin) once an "
        "attribute is shuffled, on people it has not seen. It goes with responding; it need not cause it."
    )
    return [Section("reasons", "Who responds", [said], columns, rows, [chart] if helps else [])]


def _moved(told: Json) -> Sequence[Section]:
    curve = told["uplift"]["curve"]
    if not curve:
        return []
    last = curve[-1][1]
    rows = [
        {"people": round(100 * share), "order": order, "gained": gained if order == BY_MODEL else share * last}
        for order in (BY_MODEL, "in any order")
        for share, gained in curve
    ]
    columns = [
        Column("people", "Per cent written to", "count"),
        Column("order", "Order"),
        Column("gained", "Gained a person", "number"),
    ]
    chart = Chart("line", "people", "gained", "Qini curve: what writing to the first so many people gains", "order",
                  below="per cent written to")  # fmt: skip
    return [Section("moved", "Who is moved", [told["uplift"]["sentence"]], columns, rows, [chart], folded=True)]
