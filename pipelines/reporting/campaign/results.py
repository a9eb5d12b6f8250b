"""What a campaign's experiment says: the verdict, lift by variant and by audience unit, and whether to believe it."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.contracts import RATES, Json, factor_words
from pipelines.reporting.campaign.store import Facts
from pipelines.reporting.document import Chart, Column, Row, Section, Unit
from pipelines.reporting.numbers import told

NOTHING_YET = "Nothing was read out yet, so nobody can say what worked."
SEVERITIES = {"ok": "fine", "warning": "look at it", "invalid": "spoils the experiment"}
LEAST_P = 0.001
P, VERDICT = Column("p", "p", "range"), Column("verdict", "Verdict")
EVERY_COLUMN = (
    "metric", "segment", "arm", "control", "n_arm", "n_control", "value_arm", "value_control", "lift_abs", "lift_rel",
    "ci_low", "ci_high", "p_value", "p_adjusted", "chance_to_beat_control", "verdict", "reason",
)  # fmt: skip
OF_AN_ARM = ("kind", "n", "value", "variance", "total")


def verdict(facts: Facts) -> Section:
    """The one answer, and when it was given."""
    newest = facts.newest
    if newest is None:
        return Section("verdict", "What came out", [NOTHING_YET, _why_not_yet(facts)])
    last = "and the last one" if newest["final"] else "and not the last one"
    said = {
        "winner": f"The winner is {newest['winner']}.",
        "loser": f"Keep {newest['winner']}: every other arm is worse.",
        "inconclusive": "No arm is shown to be better.",
        "not enough data": "It is too early to tell.",
        "invalid": "This experiment is spoilt: its arms cannot be compared.",
    }[newest["verdict"]]
    when = f"Read-out {newest['readout']}, as of {newest['as_of']:%Y-%m-%d %H:%M} UTC, {last}."
    waiting = (facts.analysis or {}).get("unripe")
    unripe = [f"{waiting:,} people still have time to respond and are not counted yet."] if waiting else []
    by_factor = [one["sentence"] for one in (facts.analysis or {}).get("factors", []) if one["stands"]]
    return Section("verdict", "What came out", [said, newest["reason"], *by_factor, *unripe, when])


def _why_not_yet(facts: Facts) -> str:
    if facts.experiment is None:
        return "The campaign has no experiment; its design is fixed when its approval is asked for."
    if facts.experiment["started_at"] is None:
        return "No message was sent yet; the experiment begins with the first."
    return "Read-outs are made as responses come in; `liftline experiments readout` makes one now."


def overall(analysis: Json | None, metrics: Sequence[str]) -> list[Json]:
    """The comparisons over everybody, in the order of the metrics."""
    found = [one for one in (analysis or {}).get("comparisons", []) if "segment" not in one]
    return sorted((one for one in found if one["metric"] in metrics), key=lambda one: metrics.index(one["metric"]))


def lift(facts: Facts) -> Section:
    """Each arm beside the control by the metric that decides."""
    metric = _primary(facts)
    rows = [_shown(one, facts.amount) for one in overall(facts.analysis, [metric])]
    return Section(
        "lift",
        f"Lift by variant: {metric}",
        [f"Each arm is compared with {rows[0]['control']}."] if rows else [],
        [Column("arm", "Arm"), Column("n_arm", "People", "count"), *_columns(metric, facts.amount), P, VERDICT],
        rows,
        _chart(metric, facts.amount, rows, "arm", f"Lift of {metric} by arm, with its interval"),
    )


def factors(facts: Facts) -> list[Section]:
    """What each factor of a factorial design does by itself, and what two do together."""
    metric = _primary(facts)
    unit = _units(metric, facts.amount)[1]
    rows = [
        {**_shown({**one, "metric": metric}, facts.amount), "factor": factor, "beside": beside}
        for one in (facts.analysis or {}).get("factors") or []
        for factor, beside in (factor_words(one),)
    ]
    if not rows:
        return []
    said = (
        "A factor is compared over all arms, whatever else they send. Two factors together tell how much more the "
        "first does where the second differs as well: zero where each does its own."
    )
    return [
        Section(
            "factors", f"Factors: {metric}", [said],
            [Column("factor", "Factor"), Column("beside", "Level"), Column("units", "People", "count"),
             Column("lift_abs", "Effect", unit), Column("interval", "Interval of the effect", "range"), P],
            rows,
            _chart(metric, facts.amount, rows, "beside", f"Effect of each factor on {metric}, with its interval"),
        )
    ]  # fmt: skip


def others(facts: Facts) -> list[Section]:
    """The metrics that are looked at besides, and those that must not get worse."""
    if facts.experiment is None:
        return []
    design = facts.experiment["design"]
    besides = [*design["secondary_metrics"], *design["guardrail_metrics"]]
    sections = []
    for key, heading, metrics in (
        ("others", "Other responses", [one for one in besides if one in RATES]),
        (
            "revenue",
            f"Revenue a person{f' in {facts.currency}' if facts.currency else ''}",
            [one for one in besides if one not in RATES],
        ),
    ):
        rows = [_shown(one, facts.amount) for one in overall(facts.analysis, metrics)]
        if rows:
            must = ", ".join(one for one in metrics if one in design["guardrail_metrics"])
            said = [f"Must not get worse: {must}."] if must else []
            measured = [one for one in _columns(metrics[0], facts.amount) if one.name != "lift_rel"]
            named = [Column("metric", "Metric"), Column("arm", "Arm"), Column("control", "Beside")]
            columns = [*named, *measured, VERDICT]
            sections.append(Section(key, heading, said, columns, rows))
    return sections


def units(facts: Facts) -> Section:
    """The same within each audience unit: a hint where to look, and no verdict."""
    metric = _primary(facts)
    rows = [
        {**_shown(one, facts.amount), "unit": one["segment"].removeprefix("unit=")}
        for one in (facts.analysis or {}).get("comparisons", [])
        if one["metric"] == metric and "segment" in one
    ]
    responded = any(one["n_arm"] for one in overall(facts.analysis, [metric]))
    said = "Exploratory: with many units some differ by chance alone, so a unit gives an idea for the next experiment."
    return Section(
        "units",
        f"Lift by audience unit: {metric}",
        [said] if rows else [],
        [Column("unit", "Unit"), Column("arm", "Arm"), *_columns(metric, facts.amount), VERDICT],
        rows,
        _chart(metric, facts.amount, rows, "unit", f"Lift of {metric} by audience unit and arm", colour="arm"),
        "There is one audience unit only." if responded else "Nobody has had their time to respond yet.",
        folded=len(rows) > 6,
    )


def health(facts: Facts) -> Section:
    """Whether the experiment can be believed at all."""
    rows = [
        {"check": one["check"].replace("_", " "), "says": SEVERITIES[one["severity"]], "sentence": one["sentence"]}
        for one in (facts.analysis or {}).get("health", [])
    ]
    return Section(
        "health",
        "Health",
        (facts.analysis or {}).get("warnings", []),
        [Column("check", "Check"), Column("says", "Says"), Column("sentence", "Found")],
        rows,
    )


def comparisons(facts: Facts) -> Section:
    """Every comparison with every number, for who wants to check them: in the files only."""
    rows = [
        {**dict.fromkeys(EVERY_COLUMN), **one} for one in (facts.analysis or {}).get("comparisons", [])
    ]  # fmt: skip
    columns = [Column(name, name) for name in EVERY_COLUMN]
    return Section("comparisons", "Every comparison", (), columns, rows, on_page=False)


def arms(facts: Facts) -> Section:
    """What every arm has by every metric, from which each comparison can be computed again: in the files only."""
    rows = [
        {"arm": one["arm"], "control": one["control"], "metric": metric, **{name: has[name] for name in OF_AN_ARM}}
        for one in (facts.analysis or {}).get("arms", [])
        for metric, has in one["metrics"].items()
    ]
    columns = [Column(name, name) for name in ("arm", "control", "metric", *OF_AN_ARM)]
    return Section("arms", "Every arm", (), columns, rows, on_page=False)


def _primary(facts: Facts) -> str:
    return str(facts.experiment["design"]["primary_metric"]) if facts.experiment else "response"


def _columns(metric: str, amount: Unit) -> list[Column]:
    value, change = _units(metric, amount)
    return [
        Column("value_arm", "Arm has", value), Column("value_control", "Beside has", value),
        Column("lift_abs", "Lift", change), Column("lift_rel", "Relative", "change"),
        Column("interval", "Interval of the lift", "range"),
    ]  # fmt: skip


def _units(metric: str, amount: Unit) -> tuple[Unit, Unit]:
    return ("share", "points") if metric in RATES else (amount, amount)


def _shown(one: Json, amount: Unit) -> dict[str, object]:
    unit, p = _units(one["metric"], amount)[1], one["p_adjusted"]
    low, high = (told(one[end], unit).removesuffix(" points") for end in ("ci_low", "ci_high"))
    return {
        **one,
        "interval": None if one["ci_low"] is None else f"{low} to {high}",
        "p": None if p is None else f"{p:.3f}" if p >= LEAST_P else f"< {LEAST_P}",
    }


def _chart(
    metric: str, amount: Unit, rows: Sequence[Row], along: str, title: str, colour: str | None = None
) -> list[Chart]:
    if not any(row["ci_low"] is not None for row in rows):
        return []
    unit = _units(metric, amount)[1]
    return [Chart("intervals", along, "lift_abs", title, colour, unit, low="ci_low", high="ci_high")]
