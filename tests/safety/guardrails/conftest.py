"""A campaign over people whom each test describes, in a real PostgreSQL, at a fixed moment."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipelines.safety.guardrails import run as step
from pipelines.safety.guardrails.policy import read_guardrail_policies
from pipelines.settings import PROJECT

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
POLICIES = PROJECT / "data" / "policies"
CAMPAIGN = "spring-1"


def mail_of(customer_id: str) -> str:
    return f"{customer_id}@example.com"


def phone_of(customer_id: str) -> str:
    """A number of their own, as `c1` and the like are told apart."""
    return f"+4930{231251233 + int(customer_id[1:])}" if customer_id[1:].isdigit() else "+4930231250000"


PERSONAS = {"personas": ["boss", "all"], "patterns": [r"\m(chief|coo(?!\w))", "^"], "descriptions": ["", ""]}


class Scene:
    """One tenant with one campaign, and whatever a test writes into its tables."""

    def __init__(self, database: Any, tenant: str) -> None:
        self.database, self.tenant, self.now, self._line = database, tenant, NOW, 0
        self.policies = read_guardrail_policies(POLICIES)
        self._open: Any = None

    @property
    def gatehouse(self) -> step.Gatehouse:
        return step.Gatehouse(self.database, self.policies, PERSONAS, lambda: self.now)

    def change(self, **instead: Any) -> None:
        """Another policy: `spam__messages=2` and the like."""
        policy = self.policies.general
        for path, value in instead.items():
            policy = _with(policy, path.split("__"), value)
        self.policies = replace(self.policies, general=policy)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Everything that is written meanwhile goes in one transaction."""
        with self.database.transaction(self.tenant) as self._open:
            yield
        self._open = None

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        if self._open is not None:
            yield self._open
        else:
            with self.database.transaction(self.tenant) as connection:
                yield connection

    def write(self, table: str, rows: Iterable[dict[str, Any]]) -> None:
        with self._connection() as connection:
            for row in rows:
                full = {"tenant_id": self.tenant, **row}
                names, slots = ", ".join(full), ", ".join(f"%({name})s" for name in full)
                connection.execute(f"INSERT INTO {table} ({names}) VALUES ({slots})", full)

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        with self._connection() as connection:
            return connection.execute(query, values or None).fetchall()

    def campaign(
        self, channel: str = "email", campaign_id: str = CAMPAIGN, kind: str = "segment", **brief: Any
    ) -> None:
        self.write("campaigns", [{
            "campaign_id": campaign_id, "name": "Spring", "brief_hash": "b", "channel": channel, "created_by": "ada",
            "brief": "{}", "created_at": NOW, "status": "active",
        }])  # fmt: skip
        self.unit(kind, "everybody", campaign_id)
        if not self.rows("SELECT 1 FROM segment_snapshots"):
            self.write("segment_snapshots", [{
                "snapshot_id": "s1", "scheme": "rfm", "as_of": NOW, "definition": "{}", "customers": 1,
            }])  # fmt: skip
            self.write("policies_in_force", [{"kind": "content", "version": "p1", "in_force_since": NOW}])
            self.screening("h1")
        self.variant(f"{campaign_id}-v1", "h1", campaign_id, kind)

    def unit(self, kind: str, unit_id: str, campaign_id: str = CAMPAIGN) -> None:
        self.write("audience_units", [{
            "campaign_id": campaign_id, "unit_kind": kind, "unit_id": unit_id, "label": unit_id, "description": "",
            "traits": "{}", "size": 1, "snapshot_id": "s1", "query": "", "passage_ids": [], "retrieved_at": NOW,
        }])  # fmt: skip

    def variant(self, variant_id: str, content_hash: str, campaign_id: str = CAMPAIGN, kind: str = "segment") -> None:
        words = dict.fromkeys(("message", "subject", "preheader", "html", "body"), "Hello")
        self.write("variants", [{
            "variant_id": variant_id, "version": 1, "campaign_id": campaign_id, "unit_kind": kind, "code": "drafted",
            "unit_id": "everybody", "strategy": variant_id, "channel": "email", "status": "drafted", "reason": "",
            "content_hash": content_hash, "confidence": 0.9, "source": "offline", "created_by": "ada",
            "created_at": NOW, **words,
        }])  # fmt: skip

    def screening(self, content_hash: str, decision: str = "pass", *checks: str, until: datetime | None = None) -> None:
        self.write("screenings", [{
            "content_hash": content_hash, "policy_version": "p1", "decision": decision, "undecided": False,
            "severities": "{}", "blocklist_hits": [], "findings": json.dumps([{"check": check} for check in checks]),
            "reason": "r", "screen": "offline", "screen_version": "1", "screened_at": NOW,
            "valid_until": until,
        }])  # fmt: skip

    def person(self, customer_id: str = "c1", *, consented: bool = True, profile: bool = True, **fields: Any) -> str:
        """Somebody to whom nothing stands in the way, unless `fields` say so."""
        self._line += 1
        facts = {
            "engagement_score": 0.8, "monetary": 100, "frequency": 3, "lifecycle_stage": "active", "r": 3, "f": 3,
            "m": 3, "churn_risk": 0.1,
        }  # fmt: skip
        facts |= {name: fields.pop(name) for name in list(fields) if name in facts}
        known = {
            "email": mail_of(customer_id), "phone": phone_of(customer_id), "country": "DE",
            "time_zone": "Europe/Berlin", "attributes": json.dumps({"push_token": "t"}), **fields,
        }  # fmt: skip
        place = {"source_seq": 1, "source_line": self._line, "changed_seq": 1}
        self.write("customers", [{"customer_id": customer_id, **known, **place}])
        self.member(customer_id)
        if profile:
            self.write("profiles", [{"customer_id": customer_id, "as_of": NOW, **facts}])
        if consented:
            for channel in ("email", "sms", "whatsapp", "push"):
                self.consent(customer_id, "granted", NOW - 30 * DAY, channel)
        return customer_id

    def renamed(self, customer_id: str, new_id: str) -> None:
        """They take an id of their own, as an import lets them: what is kept under the old one stays there."""
        self.rows("UPDATE customers SET customer_id = %s WHERE customer_id = %s RETURNING 1", new_id, customer_id)
        self.write("customer_aliases", [{"alias_id": customer_id, "customer_id": new_id, "source_seq": 1}])

    def member(self, customer_id: str) -> None:
        row = {"snapshot_id": "s1", "customer_id": customer_id, "segment": "everybody", "reason": ""}
        self.write("segment_members", [row])

    def consent(
        self, customer_id: str, status: str, when: datetime, channel: str = "email", purpose: str = "marketing"
    ) -> None:
        self.write("consents", [{
            "customer_id": customer_id, "channel": channel, "purpose": purpose, "occurred_at": when, "status": status,
            "source_seq": 1, "source_line": 1,
        }])  # fmt: skip

    def suppress(self, address: str, reason: str, channel: str = "email") -> None:
        self.rows(
            "INSERT INTO suppressions (tenant_id, address_hash, channel, reason, occurred_at, source_seq, source_line) "
            "VALUES (%s, address_hash(%s, %s), %s, %s, %s, 1, 1) RETURNING 1",
            self.tenant, self.tenant, address, channel, reason, NOW,
        )  # fmt: skip

    def prefer(self, customer_id: str, what: str, value: str, when: datetime = NOW - DAY) -> None:
        row = {"customer_id": customer_id, "what": what, "value": value, "occurred_at": when, "source": "centre"}
        self.write("preferences", [row])

    def event(self, customer_id: str, event: str, when: datetime) -> None:
        self._line += 1
        self.write("events", [{
            "event_id": f"e{self._line}", "customer_id": customer_id, "event": event, "occurred_at": when,
            "source_seq": 1, "source_line": 1, "changed_seq": 1,
        }])  # fmt: skip

    def send(
        self, customer_id: str, when: datetime, state: str = "delivered", campaign_id: str | None = None, **more: Any
    ) -> None:
        self._line += 1
        self.write("sends", [{
            "campaign_id": campaign_id or f"other-{self._line}", "customer_id": customer_id, "step": 1,
            "channel": "email", "message_id": f"m{self._line}", "variant_id": "v", "version": 1, "content_hash": "h1",
            "policy_version": "p1", "state": state, "marketing": True, "queued_at": when,
            "claimed_at": None if state == "queued" else when, **more,
        }])  # fmt: skip

    def decide(self, campaign_id: str = CAMPAIGN, **more: Any) -> step.EligibilitySummary:
        return step.decide_audience(self.gatehouse, self.tenant, campaign_id, by="ada", **more)

    def codes(self, customer_id: str = "c1", campaign_id: str = CAMPAIGN) -> list[str]:
        """All reasons against one, after the audience was decided on anew."""
        return self.all_codes(campaign_id)[customer_id]

    def all_codes(self, campaign_id: str = CAMPAIGN) -> dict[str, list[str]]:
        """All reasons against each, after the audience was decided on anew."""
        run = self.decide(campaign_id).run
        query = "SELECT * FROM recipient_decisions WHERE campaign_id = %s AND run = %s"
        found = {row["customer_id"]: row for row in self.rows(query, campaign_id, run)}
        for row in found.values():
            assert row["code"] == (row["codes"][0] if row["codes"] else "included")
        return {customer_id: row["codes"] for customer_id, row in found.items()}

    def now_codes(self, *customers: str, campaign_id: str = CAMPAIGN) -> dict[str, Any]:
        with self.database.transaction(self.tenant) as connection:
            return step.may_send_now(self.gatehouse, connection, self.tenant, campaign_id, customers or ("c1",))


def _with(part: Any, path: list[str], value: Any) -> Any:
    if len(path) == 1:
        return part.model_copy(update={path[0]: value})
    return part.model_copy(update={path[0]: _with(getattr(part, path[0]), path[1:], value)})


@pytest.fixture
def scene(database, tenant) -> Scene:
    made = Scene(database, tenant)
    made.campaign()
    return made
