"""The ledger of messages in the database, inside the caller's transaction."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from pipelines.contracts import Refusal
from pipelines.database import Connection, Queries, text_array
from pipelines.delivery.policy import SendTime
from pipelines.delivery.post import Stops

HERE = Path(__file__).parent
FILES = (
    "queries.sql", "queueing.sql", "citing.sql", "journeys.sql", "completing.sql", "browsing.sql", "suppressing.sql",
)  # fmt: skip
QUERIES = {name: statement for file in FILES for name, statement in Queries(HERE / file).items()}
SYSTEM = "liftline"

Row = dict[str, Any]


class Store:
    """What delivery reads and writes of one campaign within one transaction."""

    def __init__(self, connection: Connection, tenant: str, campaign_id: str) -> None:
        self.connection, self.tenant = connection, tenant
        self._known = {"tenant": tenant, "campaign_id": campaign_id}
        # Values go into the text on this side: COPY takes none, and arrays of thousands are planned by their length.
        self._cursor = psycopg.ClientCursor(connection, row_factory=dict_row)

    def rows(self, name: str, **values: Any) -> list[Row]:
        """The rows of a named statement."""
        self._cursor.execute(QUERIES[name], {**self._known, **_told(values)})
        return self._cursor.fetchall() if self._cursor.description else []

    def row(self, name: str, **values: Any) -> Row | None:
        """The one row of a named statement."""
        return next(iter(self.rows(name, **values)), None)

    def change(self, name: str, **values: Any) -> int:
        """How many rows a named statement changed."""
        self._cursor.execute(QUERIES[name], {**self._known, **_told(values)})
        return self._cursor.rowcount

    def campaign(self) -> Row:
        """The campaign, or a refusal."""
        row = self.row("campaign")
        if row is None:
            raise Refusal(f"There is no campaign {self._known['campaign_id']} here; check the id.")
        return row

    def is_active(self) -> bool:
        """Whether the campaign goes on."""
        return bool(self.campaign()["status"] == "active")

    def cohort(self) -> int | None:
        """The step that a campaign has grown to; None where everybody may be written to at once."""
        ramp = self.row("ramp")
        return ramp["cohort"] if ramp else None

    def is_over(self) -> bool:
        """Whether nothing of the campaign is left to send, to settle or to learn."""
        ramp = self.row("ramp")
        if ramp and not ramp["learns"] and ramp["cohort"] < ramp["steps"]:
            return False
        statement = QUERIES["is_over"].format(next_steps=QUERIES["next_steps"])
        self._cursor.execute(statement, self._known)
        return bool(self._cursor.fetchall()[0]["yes"])

    def has_journey(self) -> bool:
        """Whether the campaign goes on after its first message."""
        told = self.row("has_journey")
        return bool(told and told["yes"])

    def channels(self) -> list[str]:
        """What the campaign goes over now, its own channel first."""
        return [row["channel"] for row in self.rows("channels")]

    def left_among(self, customers: Sequence[str], stops: Stops) -> dict[str, str]:
        """Who of these has left the journey, and by what."""
        left = QUERIES["left_journey"].format(first_messages=QUERIES["first_messages"])
        statement = QUERIES["left_among"].format(left_journey=left)
        self._cursor.execute(statement, {**self._known, **stops.as_values(), "customers": text_array(customers)})
        return {row["customer_id"]: row["code"] for row in self._cursor.fetchall()}

    def queue(self, campaign: Row, when: SendTime, **values: Any) -> int:
        """Everybody who is to get the first message, entered once; how many rows are new or point to another text."""
        wanted = QUERIES["wanted_by_outreach" if campaign["is_outreach"] else "wanted_by_experiment"]
        return self._enter(wanted, campaign, when, **values)

    def queue_next(self, campaign: Row, when: SendTime, **values: Any) -> int:
        """Everybody whose next step of the journey has come, entered once."""
        wanted = QUERIES["wanted_by_journey"].format(next_steps=QUERIES["next_steps"])
        return self._enter(wanted, campaign, when, **values)

    def _enter(self, wanted: sql.Composable, campaign: Row, when: SendTime, **values: Any) -> int:
        timed = QUERIES["at_hour" if when.at == "preferred_hour" else "at_once"].format(wanted=wanted)
        included = QUERIES["included"].format(timed=timed)
        told = {"channel": campaign["channel"], "zone": when.zone_when_unknown, "hour": when.unknown_hour}
        waiting = self.row("any_waiting")
        self.rows("set_based")
        entered = 0
        for name in ("point_anew", "queue") if waiting and waiting["yes"] else ("queue",):
            self._cursor.execute(QUERIES[name].format(included=included), {**self._known, **told, **values})
            entered += self._cursor.rowcount
        return entered

    def people(self, messages: Sequence[str], batch_id: str) -> pl.DataFrame:
        """Those of a claim with their addresses and what fills the places of their message."""
        told = {**self._known, "messages": text_array(messages), "batch_id": batch_id}
        with self._cursor.copy(QUERIES["people"], told) as blocks:
            raw = b"".join(bytes(block) for block in blocks)
        return pl.read_csv(io.BytesIO(raw), infer_schema=False)

    def log(self, action: str, decision: str, reason: str, *, by: str, about: str, **thresholds: Any) -> None:
        """One entry in the audit ledger: counts and a digest, never an address."""
        kind = "system" if by == SYSTEM else "person"
        told = {"action": action, "decision": decision, "reason": reason, "by": by, "actor_kind": kind}
        self.rows("log", **told, object=about, thresholds=json.dumps(thresholds) if thresholds else None)


def _told(values: Mapping[str, Any]) -> Row:
    """Values as they go into a statement."""
    return {name: text_array(one) if _texts(one) else one for name, one in values.items()}


def _texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(type(one) is str for one in value)


def counted(states: Sequence[Row], *names: str) -> int:
    """How many messages are in these states."""
    return sum(row["messages"] for row in states if row["state"] in names)
