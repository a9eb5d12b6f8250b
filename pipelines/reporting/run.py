"""Reporting: from marts to reports that people read, and to those who asked for them."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from pipelines.contracts import Json, Refusal, Refusals
from pipelines.reporting import folder
from pipelines.reporting.attribution import credited
from pipelines.reporting.campaign.composing import compose
from pipelines.reporting.campaign.explaining import EXPLAINING
from pipelines.reporting.campaign.store import facts_of
from pipelines.reporting.charts import DARK, LIGHT, draw
from pipelines.reporting.document import Chart, Kind, Report
from pipelines.reporting.kinds import KINDS
from pipelines.reporting.periods import due, month_before, month_named
from pipelines.reporting.ports import Newsroom, NotTaken
from pipelines.reporting.refreshing import refresh, stale, write_docs
from pipelines.reporting.store import Marts, Register

__all__ = [
    "KINDS",
    "attributed",
    "build",
    "build_all",
    "campaign_report",
    "chart_of",
    "deliver",
    "explanation_of",
    "refresh",
    "report_of",
    "stale",
    "subscribe",
    "unsubscribe",
    "write_docs",
]

ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
Every = Literal["day", "week", "month"]
Way = Literal["email", "folder"]


@dataclass(frozen=True, slots=True)
class Made:
    """A report, and whether it had to be written."""

    report_id: str
    kind: Kind
    period: str
    for_client: bool
    folder: Path
    content_hash: str
    new: bool

    def to_json(self) -> Json:
        """For machines."""
        return {**asdict(self), "folder": str(self.folder)}


def build(
    newsroom: Newsroom, tenant: str, month: str, *, by: str, for_client: bool = False, kinds: Iterable[Kind] = KINDS
) -> list[Made]:
    """The reports of a tenant over a month; the same facts again write no new file."""
    first_day = month_named(month)
    return [_made(newsroom, _report(newsroom, kind, tenant, first_day, for_client), by) for kind in kinds]


def build_all(newsroom: Newsroom, tenants: Iterable[str], *, by: str) -> Json:
    """The reports of every tenant over this month and the one before, which late events may still change, and of
    every campaign of which something new was read out; who refuses holds up no other, and is named last."""
    this = newsroom.clock().date().replace(day=1)
    refusals, made = Refusals(), list[Made]()
    for tenant in tenants:
        with refusals.of(tenant):
            for month in (month_before(this), this):
                made += build(newsroom, tenant, f"{month:%Y-%m}", by=by)
        with newsroom.database.transaction(tenant) as connection:
            due = Register(connection).campaigns_due()
        for campaign_id in due:
            with refusals.of(f"{tenant}, campaign {campaign_id}"):
                made.append(campaign_report(newsroom, tenant, campaign_id, by=by))
    refusals.tell()
    return {"reports": len(made), "written": sum(one.new for one in made)}


def campaign_report(newsroom: Newsroom, tenant: str, campaign_id: str, *, by: str) -> Made:
    """The report of a campaign by its newest read-out; the same facts again write no new file."""
    with newsroom.database.transaction(tenant) as connection:
        facts = facts_of(connection, campaign_id)
    explained = newsroom.explain(tenant, facts.experiment["experiment_key"]) if facts.experiment else None
    return _made(newsroom, compose(facts, tenant, newsroom.sentences, explained), by)


def _report(newsroom: Newsroom, kind: Kind, tenant: str, month: date, for_client: bool) -> Report:
    title, reads, sections = KINDS[kind]
    with newsroom.database.transaction(tenant) as connection:
        marts = Marts(connection)
        house = marts.house(tenant)
        facts = {statement: marts.of(statement, month) for statement in reads}
    found = [section.bare() for section in sections(facts, month, for_client=for_client)]
    return Report(kind, title, tenant, house, f"{month:%Y-%m}", for_client, found)


def _made(newsroom: Newsroom, report: Report, by: str) -> Made:
    now, content_hash = newsroom.clock(), report.content_hash()
    place = folder.place_of(newsroom.reports, report)
    with newsroom.database.transaction(report.tenant) as connection:
        known = Register(connection).newest(report.kind, report.period, report.for_client)
    told = (report.kind, report.period, report.for_client, place, content_hash)
    if known and known["content_hash"] == content_hash and (place / folder.FACTS).exists():
        return Made(known["report_id"], *told, new=False)
    folder.write(newsroom.reports, report)
    client = "-client" if report.for_client else ""
    report_id = f"{report.kind}-{report.period}{client}-{now:%Y%m%dT%H%M%S}-{content_hash[:8]}"
    with newsroom.database.transaction(report.tenant) as connection:
        Register(connection).keep(
            tenant=report.tenant, report_id=report_id, kind=report.kind, subject=report.period,
            for_client=report.for_client, folder=str(place), content_hash=content_hash, by=by, now=now,
        )  # fmt: skip
    return Made(report_id, *told, new=True)


def subscribe(
    newsroom: Newsroom, tenant: str, kind: Kind, *, every: Every, way: Way, target: str, by: str, for_client: bool
) -> str:
    """Note who wants a report, how often and how; the id by which that ends."""
    if way == "email" and not ADDRESS.fullmatch(target):
        raise Refusal(f"{target} is no e-mail address; give one, or a folder with --way folder.")
    subscription_id = uuid.uuid4().hex[:12]
    with newsroom.database.transaction(tenant) as connection:
        Marts(connection).house(tenant)
        Register(connection).subscribe(
            tenant=tenant, subscription_id=subscription_id, kind=kind, every=every, for_client=for_client, way=way,
            target=target, by=by, now=newsroom.clock(),
        )  # fmt: skip
    return subscription_id


def unsubscribe(newsroom: Newsroom, tenant: str, subscription_id: str) -> None:
    """End a subscription."""
    with newsroom.database.transaction(tenant) as connection:
        if not Register(connection).unsubscribe(subscription_id=subscription_id, now=newsroom.clock()):
            raise Refusal(f"{tenant} has no open subscription {subscription_id}; `liftline reporting subscriptions`.")


def subscriptions(newsroom: Newsroom, tenant: str) -> list[dict[str, Any]]:
    """The open subscriptions of a tenant."""
    with newsroom.database.transaction(tenant) as connection:
        return Register(connection).subscriptions()


def reports(
    newsroom: Newsroom, tenant: str, *, before: tuple[datetime, str] | None = None, most: int = 50
) -> list[dict[str, Any]]:
    """The newest report of each kind and period, the last made first."""
    with newsroom.database.transaction(tenant) as connection:
        return Register(connection).all(before, most)


def report(newsroom: Newsroom, tenant: str, report_id: str) -> dict[str, Any] | None:
    """One report, if it is the tenant's and its files are there."""
    with newsroom.database.transaction(tenant) as connection:
        found = Register(connection).one(report_id)
    return found if found and (Path(found["folder"]) / folder.PAGE).exists() else None


def report_of(newsroom: Newsroom, tenant: str, campaign_id: str) -> dict[str, Any] | None:
    """The newest report of a campaign, if its files are there."""
    with newsroom.database.transaction(tenant) as connection:
        found = Register(connection).newest("campaign", campaign_id, for_client=False)
    return found if found and (Path(found["folder"]) / folder.PAGE).exists() else None


def attributed(newsroom: Newsroom, tenant: str, campaign_id: str) -> list[Json]:
    """What each model of attribution credits a campaign with; none before the marts were built."""
    with newsroom.database.transaction(tenant) as connection:
        return credited(connection, campaign_id) or []


def explanation_of(newsroom: Newsroom, tenant: str, campaign_id: str) -> list[Json]:
    """The sections of a campaign's newest report that say what explains its results; none before it is written."""
    found = report_of(newsroom, tenant, campaign_id)
    if found is None:
        return []
    facts = json.loads((Path(found["folder"]) / folder.FACTS).read_text(encoding="utf-8"))
    return [section for section in facts["sections"] if section["key"] in EXPLAINING]


def chart_of(newsroom: Newsroom, tenant: str, campaign_id: str, key: str, *, dark: bool) -> str | None:
    """The chart of one of these sections as SVG."""
    sections = {one["key"]: one for one in explanation_of(newsroom, tenant, campaign_id) if one["charts"]}
    if key not in sections:
        return None
    return draw(Chart(**sections[key]["charts"][0]), sections[key]["rows"], DARK if dark else LIGHT)


def deliver(newsroom: Newsroom, tenants: Iterable[str], *, by: str) -> Json:
    """Give every subscriber what is due; what is not taken is told at the end, and tried again at the next run."""
    counted, faults = {"delivered": 0, "waiting": 0}, []
    for tenant in tenants:
        for wanted in subscriptions(newsroom, tenant):
            period, month = due(wanted["every"], newsroom.clock().date())
            if wanted["last_period"] == period:
                continue
            try:
                _deliver(newsroom, tenant, wanted, month, by)
            except NotTaken as fault:
                faults.append(str(fault))
                counted["waiting"] += 1
                continue
            with newsroom.database.transaction(tenant) as connection:
                Register(connection).delivered(wanted["subscription_id"], period)
            counted["delivered"] += 1
    if faults:
        raise Refusal(f"{counted['waiting']} reports were not delivered and wait for the next run: {' '.join(faults)}")
    return counted


def _deliver(newsroom: Newsroom, tenant: str, wanted: dict[str, Any], month: date, by: str) -> None:
    (made,) = build(newsroom, tenant, f"{month:%Y-%m}", by=by, for_client=wanted["for_client"], kinds=[wanted["kind"]])
    title = KINDS[wanted["kind"]][0]
    text = f"{title}, {made.period}. The attached PDF holds all of it; numbers and tables are in the console."
    post = newsroom.post if wanted["way"] == "email" else newsroom.shelf
    post.deliver(wanted["target"], f"{title}, {made.period}", text, [made.folder / folder.PAPER])
