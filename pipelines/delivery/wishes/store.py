"""Readers, what they said and what they wish, in the database, inside the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.database import Connection, Queries
from pipelines.delivery.unsubscribing import Claim
from pipelines.delivery.wishes.choices import ANY, ON, Choices, Entry, Way, reached_by
from pipelines.delivery.wishes.ports import Rules

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
SOURCE = "reader"

Row = dict[str, Any]


class Store:
    """One reader's entries, at one moment."""

    def __init__(self, connection: Connection, now: datetime | None) -> None:
        self._connection, self._now = connection, now

    def run(self, name: str, **told: Any) -> list[Row]:
        """Run a statement by its name."""
        cursor = self._connection.execute(QUERIES[name], {**told, "now": self._now})
        return cursor.fetchall() if cursor.description else []

    def one(self, name: str, **told: Any) -> Row:
        """The one row that a statement gives."""
        (row,) = self.run(name, **told)
        return row

    def reader(self, claim: Claim) -> Row | None:
        """Whose wish it is, with the campaign where a message told of it; None for a message that was never sent."""
        told: Row = {"customer_id": claim.subject, "campaign_id": None}
        if claim.kind == "message":
            found = self.run("customer_of_message", message_id=claim.subject)
            if not found:
                return None
            told = found[0]
        return {**self.known(told["customer_id"]), "campaign_id": told["campaign_id"]}

    def known(self, customer_id: str) -> Row:
        """What is known of a customer; wishes of theirs that come meanwhile wait."""
        (reader,) = self.run("reader", customer_id=customer_id)
        return reader

    def alone(self, customer_id: str) -> None:
        """Wait for other wishes of the same reader."""
        self.run("alone", customer_id=customer_id)

    def choices(self, reader: Row, rules: Rules, *, came_by: str) -> Choices:
        """How everything stands; the way that a message came by is open unless something was said."""
        said = self.said(reader)
        preferred = {row["what"]: row["value"] for row in self.run("preferences", customer_id=reader["customer_id"])}
        objected = newest(said, rules.objection) == "denied"
        ways = []
        for channel, kind in rules.reach.items():
            if reached_by(kind, reader):
                stopped = self.stopped(addresses(kind, reader), channel)
                usual = "granted" if channel == came_by else "denied"
                on = (newest(said, rules.marketing, channel) or usual) == "granted"
                ways.append(Way(channel, on and not stopped and not objected, stopped))
        topic = preferred.get("only_topic", ANY)
        topics = {row["topic"] for row in self.run("topics")} | ({topic} - {ANY})
        return Choices(
            ways=tuple(ways),
            weekly=preferred.get("weekly_digest") == ON,
            only_channel=preferred.get("only_channel", ANY),
            only_topic=topic,
            topics=tuple(sorted(topics)),
            no_sale=newest(said, rules.sale) == "denied",
            objected=objected,
        )

    def said(self, reader: Row) -> list[Row]:
        """The newest word on each channel and purpose."""
        return self.run("said", customer_id=reader["customer_id"])

    def stopped(self, held: Sequence[str], channel: str) -> bool:
        """Whether any of these addresses is stopped on the channel."""
        return bool(self.run("stopped", addresses=list(held), channel=channel))

    def suppress(self, held: Sequence[str], channel: str) -> int:
        """Stop these addresses on the channel; how many were not stopped before."""
        told = {"addresses": list(held), "channel": channel, "source": SOURCE, "now": self._now}
        (lifted,) = self.run("lifted", **told)
        return int(lifted["addresses"]) + self._connection.execute(QUERIES["suppress"], told).rowcount

    def enter(self, reader: Row, entries: Iterable[Entry], *, wording: str, evidence: Row) -> None:
        """Add to the ledger of consents, with what proves it."""
        columns = list(zip(*entries, strict=True)) or [(), (), ()]
        names = dict(zip(("channels", "purposes", "statuses"), map(list, columns), strict=True))
        proof = json.dumps({name: value for name, value in evidence.items() if value})
        self.run(
            "enter_consents", customer_id=reader["customer_id"], source=SOURCE, text_version=wording, evidence=proof,
            **names,
        )  # fmt: skip

    def prefer(self, reader: Row, preferences: Sequence[tuple[str, str]]) -> None:
        """Add preferences, of which the newest count."""
        whats, values = [what for what, _ in preferences], [value for _, value in preferences]
        self.run("prefer", customer_id=reader["customer_id"], whats=whats, values=values, source=SOURCE)

    def with_phone(self, phone: str) -> list[Row]:
        """The customers of that number."""
        return self.run("customers_with_phone", phone=phone)

    def log(self, action: str, decision: str, reason: str, thing: str, reader: Row | None = None) -> None:
        """One entry in the audit ledger, which names nobody by an address."""
        who = reader or {}
        subject = who.get("customer_id")
        self.run(
            "log", action=action, decision=decision, reason=reason, object=thing,
            subject_id=None if subject is None or "@" in subject else subject, campaign_id=who.get("campaign_id"),
        )  # fmt: skip


def newest(said: Iterable[Row], purposes: Sequence[str], channel: str | None = None) -> str | None:
    """The newest word on these purposes together, as the guardrails read it; None where nothing was said."""
    of_these = [row for row in said if row["purpose"] in purposes and channel in (None, row["channel"])]
    found = max(of_these, key=lambda row: (row["occurred_at"], row["status"] == "denied"), default=None)
    return found["status"] if found else None


def addresses(kind: str, reader: Row) -> list[str]:
    """By which of a reader's addresses a stop is found; what has none of its own is found by both."""
    held = [reader["email"]] if kind == "email" else [reader["phone"]] if kind == "phone" else []
    return list(filter(None, held or (reader["email"], reader["phone"])))
