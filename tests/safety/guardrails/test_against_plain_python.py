"""Twenty thousand invented customers, decided by the one statement and by plain Python that shares nothing with it."""

import hashlib
import json
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest

from .conftest import CAMPAIGN, NOW, Scene

PEOPLE = 6_000
DAY = timedelta(days=1)
GDPR = {"DE", "FR", "NO", "GB", "CH"}
ORDER = (
    "unknown_customer", "erased", "no_address", "unsubscribed", "complained", "hard_bounced", "blocked", "objected",
    "consent_withdrawn", "sale_opt_out", "no_consent", "wrong_purpose", "consent_too_old", "forbidden_number",
    "other_channel_only", "other_topic_only", "soft_opt_out", "day_cap", "frequency_cap", "digest_not_due",
    "low_engagement", "vip",
)  # fmt: skip
TABLES = ("customers", "customer_aliases", "segment_members", "profiles", "consents", "suppressions", "preferences",
          "events", "sends")  # fmt: skip
WISHES = (
    ("only_channel", "email"), ("only_channel", "sms"), ("only_channel", "any"), ("only_topic", "any"),
    ("only_topic", "offers"), ("only_topic", "news"), ("weekly_digest", "on"), ("weekly_digest", "off"),
)  # fmt: skip


def invented(tenant: str, channel: str) -> dict[str, list[dict]]:
    """Rows for every table; moments lie around the edges of the windows, whole seconds apart."""
    pick = random.Random(20261120)
    rows: dict[str, list[dict]] = defaultdict(list)

    def around(days: float) -> datetime:
        return NOW - timedelta(days=days) + timedelta(seconds=pick.choice((-1, 0, 1, 3600, -3600)))

    def add(table: str, **row: object) -> None:
        rows[table].append({"tenant_id": tenant, **row})

    for n in range(PEOPLE):
        customer = f"c{n}"
        known_as = [customer, f"old{n}"] if pick.random() < 0.1 else [customer]
        # Some were counted before they took their id.
        member = known_as[n % len(known_as)]
        add("segment_members", snapshot_id="s1", customer_id=member, segment="everybody", reason="")
        if len(known_as) > 1:
            add("customer_aliases", alias_id=known_as[1], customer_id=customer, source_seq=1)
        addresses = (f"Person{n}@example.com", f"+{pick.choice((1, 49))}30{n:07}")
        mail, phone = (address if pick.random() < 0.95 else None for address in addresses)
        if pick.random() < 0.98:
            add("customers", customer_id=customer, email=mail, phone=phone, source_seq=1, source_line=n, changed_seq=1,
                country=pick.choice(("DE", "FR", "NO", "GB", "CH", "US", "US", "US", "CA", "BR", None)),
                region=pick.choice(("CA", "TX", "California", None)))  # fmt: skip
        if pick.random() < 0.95:
            add("profiles", customer_id=member, as_of=NOW, frequency=pick.choice((0, 0, 1, 9)), r=1, f=1, m=1,
                monetary=pick.choice((0, 1000, 1000.01, 5000, 5000.01)), churn_risk=0,
                engagement_score=pick.choice((0, 0, 0.3, 0.3001, 0.9, 0.9, 0.9, 0.9)),
                lifecycle_stage=pick.choice(("new", "active", "active", "at_risk", "churned")))  # fmt: skip
        seen = set()
        for _ in range(pick.choice((0, 1, 1, 1, 1, 2, 3))):
            entry = (pick.choice(known_as), pick.choice((channel,) * 6 + ("post",)),
                     pick.choice(("marketing",) * 8 + ("newsletter", "invoices", "objection", "sale")),
                     around(pick.choice((1, 1, 30, 30, 400, 1096, 2000, -1))),
                     pick.choice(("granted",) * 9 + ("denied",)))  # fmt: skip
            if entry not in seen:
                seen.add(entry)
                names = ("customer_id", "channel", "purpose", "occurred_at", "status")
                add("consents", **dict(zip(names, entry, strict=True)), source_seq=1, source_line=n)
        for address in addresses:
            if pick.random() < 0.03:
                reason = pick.choice(("unsubscribe", "complaint", "hard_bounce", "manual", "erasure"))
                hashed = hashlib.sha256(f"{tenant}:{address.lower()}".encode()).hexdigest()
                add("suppressions", address_hash=hashed, channel=pick.choice(("email", "sms", "all")), reason=reason,
                    occurred_at=NOW, source_seq=1, source_line=n)  # fmt: skip
        if pick.random() < 0.1:
            for place, (what, value) in enumerate(pick.sample(WISHES, 4)):
                add("preferences", customer_id=pick.choice(known_as), what=what, value=value, source="x",
                    occurred_at=NOW - timedelta(hours=place))  # fmt: skip
        for place in range(pick.choice((0,) * 6 + (1, 2, 3, 4))):
            add("events", event_id=f"e{n}-{place}", customer_id=customer, label="human", source_seq=1, source_line=1,
                event=pick.choice(("Bounced", "hard_bounce ", "bounce", "open")), changed_seq=1,
                occurred_at=around(pick.choice((1, 1, 1, 365, -1))))  # fmt: skip
        messages = pick.choice((0,) * 6 + (1, 2, 3, 6, 14))
        for place in range(messages):
            others = ("queued", "rejected", "skipped", "unknown", "bounced", "complained")
            state = pick.choice(("delivered",) * 5 + others)
            when = around(0.5 if messages == 14 else pick.choice((0.5, 1, 1, 3, 7, 7, 90, 365)))
            add("sends", customer_id=pick.choice(known_as), campaign_id=pick.choice((CAMPAIGN,) + (f"k{place}",) * 4),
                step=place + 1, channel=pick.choice(("email", "sms")), message_id=f"m{n}-{place}", variant_id="v",
                version=1, content_hash="h1", policy_version="p1", cleared=True, state=state, queued_at=when,
                claimed_at=None if state == "queued" else when + timedelta(seconds=1),
                marketing=pick.random() < 0.8)  # fmt: skip
    return rows


class Plain:
    """The rules once more, one customer at a time, as slowly and as plainly as they can be said."""

    def __init__(self, rows: dict[str, list[dict]], channel: str) -> None:
        self.channel = channel
        aliases = self.aliases = {row["alias_id"]: row["customer_id"] for row in rows["customer_aliases"]}
        self.of: dict[str, dict[str, list[dict]]] = {}
        for table in ("customers", "profiles", "consents", "preferences", "events", "sends"):
            self.of[table] = defaultdict(list)
            for row in rows[table]:
                self.of[table][aliases.get(row["customer_id"], row["customer_id"])].append(row)
        self.stops = defaultdict(list)
        for row in rows["suppressions"]:
            self.stops[row["address_hash"]].append(row)
        self.tenant = rows["segment_members"][0]["tenant_id"]

    def codes(self, who: str) -> list[str]:
        held = {code for code, holds in self._rules(self.aliases.get(who, who)) if holds}
        return [code for code in ORDER if code in held]

    def _rules(self, who: str):
        found = self.of["customers"][who]
        row = found[0] if found else {"email": None, "phone": None, "country": None, "region": None}
        address = row["email"] if self.channel == "email" else row["phone"]
        other = row["phone"] if self.channel == "email" else row["email"]
        yield "unknown_customer", not found
        yield "no_address", bool(found) and address is None
        stops = [stop for stop in self._stops(address) if stop["channel"] in (self.channel, "all")]
        reasons = {stop["reason"] for stop in stops}
        yield "erased", any(stop["reason"] == "erasure" for stop in self._stops(address) + self._stops(other))
        yield "unsubscribed", "unsubscribe" in reasons
        yield "complained", "complaint" in reasons
        yield "hard_bounced", "hard_bounce" in reasons
        yield "blocked", "manual" in reasons
        yield "forbidden_number", self.channel == "whatsapp" and bool(address) and address.startswith("+1")
        yield from self._consent(who, row["country"], row["region"])
        yield from self._wishes(who)
        yield from self._amounts(who)

    def _stops(self, address: str | None) -> list[dict]:
        if address is None:
            return []
        return self.stops[hashlib.sha256(f"{self.tenant}:{address.lower()}".encode()).hexdigest()]

    def _consent(self, who: str, country: str | None, region: str | None):
        entries = [entry for entry in self.of["consents"][who] if entry["occurred_at"] <= NOW]

        def newest(purposes: set[str], channel: str | None = None) -> dict | None:
            mine = [e for e in entries if e["purpose"] in purposes and channel in (None, e["channel"])]
            return max(mine, key=lambda e: (e["occurred_at"], e["status"] == "denied"), default=None)

        said = newest({"marketing", "newsletter"}, self.channel)
        objection, sale = newest({"objection", "direct_marketing"}), newest({"sale", "sharing", "data_sale"})
        strict = country not in GDPR | {"US", "CA"}
        yield "objected", objection is not None and objection["status"] == "denied"
        denied = said is not None and said["status"] == "denied"
        yield "consent_withdrawn", denied
        applies = strict or (country == "US" and region in ("CA", "California", None))
        yield "sale_opt_out", applies and sale is not None and sale["status"] == "denied"
        if denied or (country == "US" and self.channel == "email"):
            return
        granted = [e for e in entries if e["status"] == "granted" and e["channel"] == self.channel]
        for_us = [e["occurred_at"] for e in granted if e["purpose"] in ("marketing", "newsletter")]
        yield "no_consent", not granted
        yield "wrong_purpose", bool(granted) and not for_us
        ages = strict or country in GDPR
        yield "consent_too_old", ages and bool(for_us) and max(for_us) <= datetime(2023, 11, 20, 12, tzinfo=UTC)

    def _wishes(self, who: str):
        wishes = {}
        for row in sorted(self.of["preferences"][who], key=lambda row: row["occurred_at"]):
            wishes[row["what"]] = row["value"]
        yield "other_channel_only", wishes.get("only_channel", "any") not in ("any", self.channel)
        yield "other_topic_only", wishes.get("only_topic", "any") not in ("any", "offers")
        yield "digest_not_due", wishes.get("weekly_digest") == "on" and bool(self._sent(who, 7 * DAY))

    def _sent(self, who: str, within: timedelta, *, marketing: bool = True) -> list[dict]:
        return [
            row for row in self.of["sends"][who]
            if row["state"] not in ("rejected", "cancelled", "skipped")
            and not (row["campaign_id"] == CAMPAIGN and row["state"] == "queued")
            and NOW - within < (row["claimed_at"] or row["queued_at"]) <= NOW
            and (row["marketing"] or not marketing)
        ]  # fmt: skip

    def _amounts(self, who: str):
        bounced = [row for row in self._sent(who, 365 * DAY, marketing=False) if row["state"] == "bounced"]
        names = ("hard_bounce", "bounce", "bounced")
        told = [row for row in self.of["events"][who] if row["event"].strip().lower() in names
                and NOW - 365 * DAY < row["occurred_at"] <= NOW]  # fmt: skip
        yield "soft_opt_out", max(len(bounced), len(told)) >= 3
        today = {row["campaign_id"] for row in self._sent(who, DAY, marketing=False)} - {CAMPAIGN}
        yield "day_cap", len(today) >= 10
        yield "frequency_cap", len(self._sent(who, 7 * DAY)) >= 3
        profile = (
            self.of["profiles"][who] or [{"engagement_score": 0, "frequency": 0, "monetary": 0, "lifecycle_stage": ""}]
        )[0]
        score, stranger = profile["engagement_score"], profile["frequency"] == 0
        yield "low_engagement", not (score > 0.3 or (stranger and len(self._sent(who, 90 * DAY)) < 5))
        most = 1000 if profile["lifecycle_stage"] in ("at_risk", "churned") else 5000
        yield "vip", profile["monetary"] > most


@pytest.mark.parametrize("channel", ["email", "whatsapp"])
def test_the_statement_and_plain_python_agree_on_everybody(database, tenant, channel):
    scene = Scene(database, tenant)
    scene.campaign(channel)
    rows = invented(tenant, channel)
    with database.transaction(tenant) as connection:
        for table in TABLES:
            # Everything as one value: twenty thousand statements would take longer than the test.
            columns = ", ".join(dict.fromkeys(column for row in rows[table] for column in row))
            connection.execute(
                f"INSERT INTO {table} ({columns}) SELECT {columns} FROM json_populate_recordset(NULL::{table}, %s)",
                (json.dumps(rows[table], default=str),),
            )
    told = scene.decide()
    kept = {row["customer_id"]: row for row in scene.rows("SELECT * FROM recipient_decisions")}
    plain = Plain(rows, channel)
    wrong = {who: (row["codes"], plain.codes(who)) for who, row in kept.items() if row["codes"] != plain.codes(who)}
    assert dict(list(wrong.items())[:5]) == {}
    assert len(kept) == told.audience == PEOPLE
    lines = ["customer_id,verdict,code,codes\n"]
    lines += [f"{who},{row['verdict']},{row['code']},{' '.join(row['codes'])}\n" for who, row in sorted(kept.items())]
    assert told.digest == hashlib.sha256("".join(lines).encode()).hexdigest()
    covered = {code for row in kept.values() for code in row["codes"]}
    assert covered >= set(ORDER) - {"forbidden_number"}
    assert told.included > PEOPLE / 50
    # So many bounces paused the campaign.
    scene.rows("UPDATE campaigns SET status = 'active' RETURNING 1")
    some = random.Random(1).sample(sorted(kept), 500)
    now = scene.now_codes(*some)
    narrowed = {who: [code for code in now[who].codes if code != "quiet_hours"] for who in some}
    assert narrowed == {who: kept[who]["codes"] for who in some}
