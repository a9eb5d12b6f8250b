"""Whether messages arrive: by domain, and how much of the response is a machine's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pipelines.reporting.document import Chart, Column, Section
from pipelines.reporting.numbers import told

READS = ("domains", "machines", "kpis")
SHOWN = ("delivery rate", "bounce rate", "complaint rate", "unsubscribe rate")
VERDICTS = ("human", "proxy", "suspected", "bot", "unlabelled")

Rows = Sequence[Mapping[str, Any]]


def sections(facts: Mapping[str, Rows], month: date, *, for_client: bool) -> list[Section]:
    """The sections of the deliverability report; clients are shown no single domain."""
    domains = facts["domains"]
    return [
        _whole(domains),
        *([] if for_client else [_by_domain(domains)]),
        _trend([row for row in facts["kpis"] if row["kpi"] in SHOWN and row["value"] is not None]),
        _machines(facts["machines"]),
    ]


def _whole(domains: Rows) -> Section:
    sums = {name: sum(row[name] for row in domains) for name in ("sent", "delivered", "bounced", "pending")}
    if not sums["sent"]:
        return Section("whole", "The month in one line", empty="Nothing was sent in this month.")
    said = (
        f"{sums['sent']:,} messages were sent: {sums['delivered']:,} delivered, {sums['bounced']:,} bounced, "
        f"{sums['pending']:,} still pending."
    )
    risky = [str(row["domain"]) for row in domains if row["at_risk"]]
    more = f" and {len(risky) - 3} more" if len(risky) > 3 else ""
    warned = f"At risk: {', '.join(risky[:3])}{more}." if risky else "No domain is at risk."
    return Section("whole", "The month in one line", [said, warned])


def _by_domain(domains: Rows) -> Section:
    return Section(
        "domains",
        "By domain of the receivers",
        [
            "At risk: complaints over 0.1 % or bounces over 5 %, from 20 messages on.",
            *(["Other: all domains where fewer than 5 people receive, together."] if _has_others(domains) else []),
        ]
        if domains
        else [],
        [
            Column("domain", "Domain"), Column("channel", "Channel"), Column("sent", "Sent", "count"),
            Column("delivery_rate", "Delivered", "share"), Column("bounce_rate", "Bounced", "share"),
            Column("complaint_rate", "Complaints", "share"), Column("unsubscribed", "Unsubscribed", "count"),
            Column("at_risk", "At risk"),
        ],
        domains,
        [Chart("bars", "domain", "bounce_rate", "Bounced, by domain", unit="share")] if domains else [],
        "Nothing was sent in this month.",
    )  # fmt: skip


def _has_others(domains: Rows) -> bool:
    return any(row["domain"] == "other" for row in domains)


def _trend(rows: Rows) -> Section:
    several = len({row["month"] for row in rows}) > 1
    return Section(
        "trend",
        "Month by month",
        (),
        [Column("month", "Month", "month"), Column("kpi", "Figure"), Column("value", "Share", "share")],
        rows,
        [Chart("line", "month", "value", "Shares by month", colour="kpi", unit="share")] if several else [],
    )


def _machines(machines: Rows) -> Section:
    rows = [{"event": row["event"], "by": verdict, "events": row[verdict]} for row in machines for verdict in VERDICTS]
    sentences = [
        f"Of {row['events']:,} events {row['event']}, {told(row['human'] / row['events'], 'share')} were a person's."
        for row in machines
        if row["events"]
    ]
    if sentences:
        sentences.append(
            "Proxy: a mail service fetched it, whether or not anybody looked; suspected: it looks like a machine, not "
            "surely; bot: a machine; unlabelled: not judged yet. A click of a person counts as an opening, too."
        )
    return Section(
        "machines",
        "People and machines",
        sentences,
        [Column("event", "Event"), Column("by", "By"), Column("events", "Events", "count")],
        rows,
        [Chart("bars", "by", "events", "Who opened and clicked", colour="event", unit="count")] if sentences else [],
        "No message was opened or clicked yet.",
    )
