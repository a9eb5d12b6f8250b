"""The guardrails' facts and decisions in the database, inside the caller's transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from pipelines.contracts import FORMULA, Refusal, no_such_tenant
from pipelines.database import Connection, Queries, text_array
from pipelines.safety.guardrails.policy import GuardrailPolicy, Kind, Urgency
from pipelines.safety.guardrails.reasons import BY_CODE, INCLUDED, Counted, first_reasons, outcome_of, sentence_of
from pipelines.safety.guardrails.recipients import Campaign, addresses_of, values_of
from pipelines.safety.guardrails.verdicts import CampaignFacts, GuardrailVerdict, Sent, Settled, Text

RULES = Queries(Path(__file__).with_name("eligibility.sql"))
QUERIES = {**Queries(Path(__file__).with_name("queries.sql")), **RULES}
EVERYBODY = {
    **dict.fromkeys(("of_these", "in_ledger", "of_addresses"), sql.SQL("true")),
    "rows_of_these": sql.SQL("customers"),
    "profiles_of_these": sql.SQL("profiles"),
    # A snapshot names people in its profiles as in its segments.
    "same_profile": sql.SQL("p.customer_id = m.customer_id"),
}
# Fetched at once: joined one by one, each would be joined with all laws first.
ROWS_OF_THESE = """(
    SELECT k.* FROM customers AS k
    WHERE k.tenant_id = %(tenant)s AND k.customer_id = ANY(%(customers)s::text[])
    OFFSET 0
)"""
PROFILES_OF_THESE = """(
    SELECT k.*, coalesce(a.customer_id, k.customer_id) AS known_now
    FROM profiles AS k
    LEFT JOIN customer_aliases AS a ON a.tenant_id = k.tenant_id AND a.alias_id = k.customer_id
    WHERE k.tenant_id = %(tenant)s AND k.customer_id = ANY(%(known_as)s::text[]) AND k.as_of = %(profiles_as_of)s
    OFFSET 0
)"""
THESE = {
    "of_these": sql.SQL("m.customer_id = ANY(%(known_as)s::text[])"),
    "in_ledger": sql.SQL("l.customer_id = ANY(%(known_as)s::text[])"),
    "of_addresses": sql.SQL("s.address_hash = ANY(%(hashes)s::text[])"),
    "rows_of_these": sql.SQL(ROWS_OF_THESE),
    "profiles_of_these": sql.SQL(PROFILES_OF_THESE),
    "same_profile": sql.SQL("p.known_now = m.known_now"),
}
"""How the statement reads for a whole audience, and narrowed to a few people: each table by its index."""

Row = dict[str, Any]
Remembered = dict[tuple[str, str, str], tuple[datetime, datetime, Row]]
"""By tenant, campaign and channel: when the ledger was counted whole, up to which claims, and what was found."""
ALL_TENANTS = ("", "", "")

# A ledger of millions is not read for each claim of thousands. Clocks of machines may differ by so much; what becomes
# of older messages is known when all is counted again.
OF_LATE, WHOLE_AGAIN = timedelta(seconds=1), timedelta(seconds=40)
HOUR = timedelta(hours=1)
EVER, NEVER = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


class Store:
    """What the guardrails read and write of one tenant within one transaction."""

    def __init__(self, connection: Connection, tenant: str) -> None:
        self._tenant = tenant
        # Values go into the text on this side: CREATE TABLE AS and COPY take none, and what is constant is planned so.
        self._cursor = psycopg.ClientCursor(connection, row_factory=dict_row)

    def _run(self, name: str, **values: Any) -> list[Row]:
        self._cursor.execute(QUERIES[name], values or None)
        return self._cursor.fetchall() if self._cursor.description else []

    def _one(self, name: str, **values: Any) -> Row:
        return self._run(name, **values)[0]

    def begin(self, campaign_id: str) -> None:
        """Wait for other decisions about this campaign, and refuse a tenant that does not exist."""
        if not self._run("tenant_exists"):
            raise no_such_tenant(self._tenant)
        self._run("alone", campaign_id=campaign_id)

    def campaign(self, campaign_id: str) -> Campaign:
        """The campaign with its audience, or a refusal."""
        rows = self._run("campaign", campaign_id=campaign_id)
        if not rows:
            raise Refusal(f"There is no campaign {campaign_id}; draft one first.")
        if rows[0]["profiles_as_of"] is None:
            raise Refusal(f"Campaign {campaign_id} has no audience yet; retrieve passages for it first.")
        return Campaign(**rows[0])

    def foresee(
        self, unit_kind: str, units: Sequence[str], snapshot_id: str, personas: Mapping[str, list[str]]
    ) -> None:
        """Have what is decided in this transaction be decided for these units, or all, as if a campaign had them."""
        told = {"unit_kind": unit_kind, "units": list(units), "everybody": not units, "snapshot_id": snapshot_id}
        self._run("foreseen", **told, personas=personas["personas"])

    def profiles_as_of(self, snapshot_id: str) -> datetime:
        """The moment of the profiles of a snapshot."""
        rows = self._run("snapshot_as_of", snapshot_id=snapshot_id)
        if not rows:
            raise Refusal(f"There is no segment snapshot {snapshot_id}; make the segments first.")
        return cast(datetime, rows[0]["as_of"])

    def decide(
        self, campaign: Campaign, policy: GuardrailPolicy, now: datetime, personas: Mapping[str, list[str]]
    ) -> list[Counted]:
        """Decide on the whole audience; how many customers have which reasons held against them."""
        self._run("set_based")
        released = self.released(campaign.campaign_id)
        values = values_of(self._tenant, campaign, policy, now, claiming=False, released=released, personas=personas)
        any_erased = self._one("any_erased")["found"]
        masks = _masks(campaign, policy, EVERYBODY, any_erased=any_erased)
        decided = "CREATE TEMP TABLE decided ON COMMIT DROP AS SELECT customer_id, unit_id, mask FROM ({}) AS d"
        self._cursor.execute(sql.SQL(decided).format(masks), values)
        return [(row["mask"], row["customers"], row["example"]) for row in self._run("counts")]

    def decide_now(
        self,
        campaign: Campaign,
        policy: GuardrailPolicy,
        now: datetime,
        personas: Mapping[str, list[str]],
        customers: Sequence[str],
    ) -> dict[str, int]:
        """The reasons held at this moment against each of these customers that are in the audience."""
        released = self.released(campaign.campaign_id)
        values = values_of(self._tenant, campaign, policy, now, claiming=True, released=released, personas=personas)
        # What waits for somebody bears the id that they had when it was entered.
        renamed = self._run("renamed", tenant=self._tenant, customers=text_array(customers))
        today = {customer: customer for customer in customers}
        today |= {row["alias_id"]: row["customer_id"] for row in renamed}
        listed = text_array(list(today.values()))
        found = self._one("known_as", tenant=self._tenant, customers=listed)
        known_as = text_array([*today.values(), *found["ids"]]) if found["ids"] else listed
        narrow = {"customers": listed, "known_as": known_as, "hashes": found["address_hashes"] or "{}"}
        self._cursor.execute(_masks(campaign, policy, THESE, any_erased=True), {**values, **narrow})
        masks = {row["known_now"]: row["mask"] for row in self._cursor.fetchall()}
        return {customer: masks[known] for customer, known in today.items() if known in masks}

    def released(self, campaign_id: str) -> tuple[str, ...]:
        """Of which very important people somebody said yes: customer ids, or the campaign for all of them."""
        rows = self._run("settled", campaign_id=campaign_id)
        return tuple(row["object"] for row in rows if row["kind"] == "vip" and row["settlement"] == "approved")

    def facts(
        self,
        campaign: Campaign,
        policy: GuardrailPolicy,
        now: datetime,
        counted: Iterable[Counted],
        remembered: Remembered | None = None,
    ) -> CampaignFacts:
        """Everything that the guardrails look at of the campaign as a whole."""
        key: Row = {"campaign_id": campaign.campaign_id, "channel": campaign.channel, "now": now}
        since = now - timedelta(days=policy.spam.reputation.within_days)
        month = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        ledger = self._in_ledger(remembered, since=since, month=month, **key)
        on_texts = self._one("spent_on_texts", campaign_id=campaign.campaign_id)["usd"]
        outcomes = [(outcome_of(mask), customers) for mask, customers, _ in counted]
        return CampaignFacts(
            campaign_id=campaign.campaign_id,
            channel=campaign.channel,
            offer=(campaign.brief.get("offer") or {}).get("text", ""),
            texts=tuple(map(_text, self._run("variants", campaign_id=campaign.campaign_id))),
            own=Sent(ledger["own_messages"], ledger["own_bounces"], ledger["own_complaints"]),
            sender=Sent(ledger["messages"], ledger["bounces"], ledger["complaints"]),
            this_hour=self.claimed_this_hour(now, remembered),
            may_log=self._one("may_log")["yes"],
            spent=float(on_texts + ledger["by_campaign"]),
            spent_on_channel=float(ledger["by_channel"]),
            audience=sum(customers for _, customers in outcomes),
            included=sum(customers for outcome, customers in outcomes if outcome.verdict == "included"),
            reasons=first_reasons(counted),
            settled={
                (cast(Kind, row["kind"]), row["code"]): Settled(row["settlement"], row["settled_by"])
                for row in self._run("settled", campaign_id=campaign.campaign_id)
                if row["object"] == campaign.campaign_id
            },
        )

    def _in_ledger(
        self, remembered: Remembered | None, *, campaign_id: str, channel: str, now: datetime, **told: Any
    ) -> Row:
        """The messages of the campaign and the sender by what became of them, and what they cost."""
        key = {"campaign_id": campaign_id, "channel": channel, "now": now, **told}

        def counted(first: datetime, last: datetime) -> Row:
            return self._one("in_ledger", first=first, last=last, **key)

        return _counted_onward(remembered, (self._tenant, campaign_id, channel), now, counted)

    def claimed_this_hour(self, now: datetime, remembered: Remembered | None = None) -> int:
        """How many messages all tenants together have claimed in the last hour, or, as remembered, at most as many."""

        def counted(first: datetime, last: datetime) -> Row:
            return self._one("claimed_between", first=max(first, now - HOUR), last=last)

        return int(_counted_onward(remembered, ALL_TENANTS, now, counted)["messages"])

    def has_begun(self, campaign_id: str) -> bool:
        """Whether a message of the campaign was ever claimed."""
        return bool(self._one("has_begun", campaign_id=campaign_id)["yes"])

    def newest_run(self, campaign_id: str) -> Row | None:
        """The newest run that was kept."""
        return next(iter(self._run("newest_run", campaign_id=campaign_id)), None)

    def verdicts_about(self, customers: Sequence[str], most: int) -> list[Row]:
        """What the newest run of each campaign says of somebody of these ids."""
        return self._run("verdicts_about", customers=list(customers), most=most)

    def name_outcomes(self, counted: Iterable[Counted]) -> None:
        """Say what each mask means, for what follows."""
        known = [(mask, outcome_of(mask)) for mask, _, _ in counted]
        self._run(
            "outcomes",
            masks=[mask for mask, _ in known],
            verdicts=[outcome.verdict for _, outcome in known],
            firsts=[outcome.code for _, outcome in known],
            codes=[" ".join(outcome.codes) for _, outcome in known],
        )

    def digest(self) -> str:
        """The SHA-256 of the decisions as they would be exported, customer by customer in order of their ids."""
        digest = hashlib.sha256()
        with self._cursor.copy(QUERIES["listed"]) as blocks:
            for block in blocks:
                digest.update(block)
        return digest.hexdigest()

    def keep_run(self, run: Mapping[str, Any]) -> None:
        """Keep a run and each of its decisions."""
        as_text = {name: json.dumps(run[name]) for name in ("reasons", "guardrails")}
        self._run("keep_run", **{**run, **as_text})
        self._run("keep_decisions", campaign_id=run["campaign_id"], run=run["run"])

    def write_decisions(self, campaign_id: str, run: int, file: BinaryIO) -> None:
        """Who may be sent to and why, for people to read."""
        values = {
            "campaign_id": campaign_id,
            "run": run,
            "formula": FORMULA,
            "codes": [INCLUDED, *BY_CODE],
            "sentences": [sentence_of(code) for code in (INCLUDED, *BY_CODE)],
        }
        with self._cursor.copy(QUERIES["readable"], values) as blocks:
            for block in blocks:
                file.write(block)

    def log(self, entry: Mapping[str, Any]) -> int:
        """Write a decision into the audit ledger; what is refused there undoes the transaction."""
        as_text = {name: json.dumps(entry[name]) for name in ("thresholds", "guardrails")}
        told = {"actor_kind": "system", "subject_id": None, **entry, **as_text}
        return int(self._one("log", **told)["seq"])

    def logged(self, campaign_id: str) -> dict[str, int]:
        """The digests that the ledger holds of the campaign, each with its entry."""
        rows = self._run("logged_digests", campaign_id=campaign_id)
        return {json.loads(row["guardrails"])["digest"]: row["seq"] for row in rows}

    def ask(self, campaign_id: str, verdict: GuardrailVerdict, urgency: Urgency, now: datetime) -> str | None:
        """Open the question that a verdict puts to a person; None where it is open already."""
        about = f"{verdict.asks}|{campaign_id}|{verdict.code}|{now.isoformat()}"
        rows = self._run(
            "open_escalation",
            escalation_id=f"esc-{hashlib.sha256(about.encode()).hexdigest()[:16]}",
            kind=verdict.asks,
            campaign_id=campaign_id,
            object=campaign_id,
            code=verdict.code,
            reason=verdict.sentence,
            priority=urgency.priority,
            now=now,
            due_at=now + timedelta(hours=urgency.hours),
        )
        return rows[0]["escalation_id"] if rows else None

    def any_claim_open(self, campaign_id: str) -> bool:
        """Whether something of the campaign is claimed of which nobody said yet what became of it."""
        return bool(self._one("any_claim_open", campaign_id=campaign_id)["yes"])

    def pause(self, campaign_id: str) -> bool:
        """Stop the campaign; whether it was going."""
        return bool(self._run("pause", campaign_id=campaign_id))


def _masks(
    campaign: Campaign, policy: GuardrailPolicy, narrowed: Mapping[str, sql.SQL], *, any_erased: bool
) -> sql.Composed:
    parts = {name: RULES[name].format(**narrowed) for name in ("suppressed", "sent")}
    audience = RULES[f"audience_{campaign.unit_kind}"].format(**narrowed)
    addresses = addresses_of(campaign.channel, policy, any_erased=any_erased)
    return RULES["masks"].format(audience=audience, **parts, **addresses, **narrowed)


def _counted_onward(
    remembered: Remembered | None,
    about: tuple[str, str, str],
    now: datetime,
    counted: Callable[[datetime, datetime], Row],
) -> Row:
    """The ledger counted: what was claimed of late each time, what was claimed before as it was `remembered`."""
    if remembered is None:
        return counted(EVER, NEVER)
    whole, until, before = remembered.get(about, (EVER, EVER, {}))
    if not whole <= now < whole + WHOLE_AGAIN:
        whole = until = now - OF_LATE
        before = counted(EVER, until)
    elif until + 2 * OF_LATE <= now:
        before, until = _added(before, counted(until, now - OF_LATE)), now - OF_LATE
    remembered[about] = whole, until, before
    return _added(before, counted(until, NEVER))


def _added(one: Row, other: Row) -> Row:
    return {name: count + other[name] for name, count in one.items()}


def _text(row: Row) -> Text:
    checks = frozenset(str(finding.get("check", "")) for finding in row["findings"] or ())
    cleared = bool(row["cleared"])
    return Text(row["variant_id"], row["content_hash"], row["decision"], cleared, checks, row["channel"])
