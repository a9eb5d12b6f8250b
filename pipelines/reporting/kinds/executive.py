"""How it went: the north star and its fellows, what moved and what may explain it, and which campaigns earned it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pipelines.reporting.anomalies import anomalies
from pipelines.reporting.document import Chart, Column, Section
from pipelines.reporting.numbers import UNKNOWN, told

READS = ("kpis", "campaigns", "credited", "machines", "domains", "messages")
# Of interest to the house only.
INTERNAL = frozenset({"cost per engagement", "return on cost", "release rate", "hours in review"})
TRENDS = ("revenue per marketing touch", "human engagement rate", "delivery rate")

Rows = Sequence[Mapping[str, Any]]


def sections(facts: Mapping[str, Rows], month: date, *, for_client: bool) -> list[Section]:
    """The sections of the executive report."""
    history = [row for row in facts["kpis"] if not (for_client and row["kpi"] in INTERNAL)]
    now = [row for row in history if row["month"] == month]
    return [
        _kpis(now, history),
        *_trends(history),
        _moves(history, month, facts, for_client),
        _campaigns(facts["campaigns"], for_client),
        Section(
            "messages",
            "Messages that people liked best",
            ["Those that most people clicked come first; shares of a few messages say little."]
            if facts["messages"]
            else [],
            columns=[
                Column("subject", "Subject"), Column("tone", "Tone"), Column("unit_id", "For"),
                Column("delivered", "Delivered", "count"), Column("open_rate", "Opened", "share"),
                Column("click_rate", "Clicked of opened", "share"), Column("converted", "Converted", "count"),
            ],
            rows=facts["messages"],
            empty="No approved message went out in this month.",
        ),
        *([] if for_client else [_attribution(facts["credited"])]),
    ]  # fmt: skip


def _kpis(now: Rows, history: Rows) -> Section:
    before = {row["kpi"]: row["value"] for row in history if row["month"] < (now[0]["month"] if now else date.max)}
    rows = [{**row, "before": before.get(row["kpi"]), "shown": told(row["value"], row["unit"])} for row in now]
    for row in rows:
        row["before"] = told(row["before"], row["unit"])
    star = next((row for row in rows if row["position"] == 1), None)
    compared = f"after {star['before']} before" if star and star["before"] != UNKNOWN else "with no month before it"
    sentences = [f"The north star, {star['kpi']}: {star['shown']}, {compared}."] if star else []
    return Section(
        "kpis",
        "Key figures",
        sentences,
        [Column("kpi", "Figure"), Column("shown", "This month"), Column("before", "Before"),
         Column("definition", "What it means")],
        rows,
        empty="Nothing was sent or written in this month.",
    )  # fmt: skip


def _trends(history: Rows) -> list[Section]:
    found = []
    for kpi in TRENDS:
        rows = [row for row in history if row["kpi"] == kpi and row["value"] is not None]
        if len(rows) > 1:
            unit = rows[0]["unit"]
            found.append(
                Section(
                    kpi.replace(" ", "_"),
                    kpi.capitalize(),
                    (),
                    [Column("month", "Month", "month"), Column("value", kpi.capitalize(), unit)],
                    rows,
                    [Chart("line", "month", "value", kpi.capitalize(), unit=unit)],
                )
            )
    return found


def _moves(history: Rows, month: date, facts: Mapping[str, Rows], for_client: bool) -> Section:
    found = anomalies(history, month, {} if for_client else causes(facts))
    quiet = "No figure moved by more than chance explains, or there is too little to compare it with."
    return Section("anomalies", "What moved", [one.sentence for one in found] or [quiet])


def causes(facts: Mapping[str, Rows]) -> dict[str, list[str]]:
    """What else was unusual in the month, by the KPI that it may explain."""
    found: dict[str, list[str]] = {}
    risky = [row for row in facts["domains"] if row["at_risk"]]
    if risky:
        named = ", ".join(str(row["domain"]) for row in risky[:3])
        for kpi in ("bounce rate", "complaint rate", "delivery rate"):
            found.setdefault(kpi, []).append(f"At risk in this month: {named}.")
    worst = max(facts["campaigns"], key=lambda row: row["complained"], default=None)
    if worst and worst["complained"]:
        said = f"Most complaints came from {worst['name']} ({worst['complained']:,})."
        found.setdefault("complaint rate", []).append(said)
    for row in facts["machines"]:
        judged = row["events"] - row["unlabelled"]
        kpi = "human open rate" if row["event"] == "opened" else "human engagement rate"
        if judged and (judged - row["human"]) / judged > 0.5:
            share = told((judged - row["human"]) / judged, "share")
            found.setdefault(kpi, []).append(f"Machines did {share} of what was {row['event']}.")
        if row["events"] and row["unlabelled"] / row["events"] > 0.05:
            share = told(row["unlabelled"] / row["events"], "share")
            found.setdefault(kpi, []).append(f"{share} of what was {row['event']} is not judged yet.")
    earner = facts["campaigns"][0] if facts["campaigns"] else None
    if earner and earner["revenue_usd"]:
        said = f"{earner['name']} earned most ({told(earner['revenue_usd'], 'usd')})."
        for kpi in ("revenue per marketing touch", "return on cost"):
            found.setdefault(kpi, []).append(said)
    return found


def _campaigns(campaigns: Rows, for_client: bool) -> Section:
    columns = [
        Column("name", "Campaign"), Column("channel", "Channel"), Column("sent", "Sent", "count"),
        Column("delivery_rate", "Delivered", "share"), Column("open_rate", "Opened by people", "share"),
        Column("conversion_rate", "Converted", "share"), Column("revenue_usd", "Revenue", "usd"),
    ]  # fmt: skip
    if not for_client:
        columns.append(Column("cost_usd", "Cost", "usd"))
    sentences = ["Revenue is credited by the last touch, over the whole campaign, whatever the month of the order."]
    if any(row["revenue_usd"] is None for row in campaigns):
        sentences.append("A dash for revenue: an order is in no currency, or in one for which no rate is set.")
    return Section(
        "campaigns",
        "Campaigns",
        sentences if campaigns else [],
        columns,
        campaigns,
        [Chart("bars", "name", "revenue_usd", "Revenue by campaign", unit="usd")] if campaigns else [],
        "No campaign sent anything in this month.",
    )


def _attribution(credited: Rows) -> Section:
    return Section(
        "attribution",
        "Revenue by model of attribution",
        [
            "Each model shares the same orders among the messages before them; they differ in who gets the credit.",
            "Only orders of this month are counted, unlike in the table of campaigns.",
        ]
        if credited
        else [],
        [Column("attribution_model", "Model"), Column("orders", "Orders", "number"),
         Column("revenue_usd", "Revenue", "usd")],
        credited,
        empty="No order of this month followed a message.",
    )  # fmt: skip
