"""Outcomes, read-outs and promotions in the database, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from pipelines.contracts import Json, Refusal
from pipelines.database import Connection, Queries
from pipelines.experiments.analysis.judging import Judged, Moment
from pipelines.experiments.design import Design

QUERIES = Queries(Path(__file__).with_name("queries.sql"))

Row = dict[str, Any]


def running(connection: Connection, *, learning: bool = False) -> list[str]:
    """The experiments that messages were sent for and nobody has ended, or of these only those that learn."""
    found = connection.execute(QUERIES["running"], {"learning": learning}).fetchall()
    return [row["experiment_key"] for row in found]


def proven_copy(connection: Connection) -> list[Row]:
    """The texts of arms whose experiment has ended, with what became of them."""
    return connection.execute(QUERIES["library"]).fetchall()


class Readings:
    """What a read-out reads and writes of one experiment within one transaction."""

    def __init__(self, connection: Connection, key: str) -> None:
        self._connection, self._key = connection, key
        self._gathered = False

    def _run(self, name: str, /, **values: Any) -> list[Row]:
        done = self._connection.execute(QUERIES[name], {"key": self._key, **values})
        return done.fetchall() if done.description else []

    def _gather(self) -> None:
        """Who has which arm, and which orders were told twice, once a transaction: several statements count them."""
        if not self._gathered:
            for name in ("set_based", "given_arms", "told_again", "gathered"):
                self._run(name)
            self._gathered = True

    def experiment(self) -> Row:
        """The experiment, or a refusal."""
        rows = self._run("experiment")
        if not rows:
            raise Refusal(f"There is no experiment {self._key}; a campaign has one once its design is fixed.")
        return rows[0]

    def begin(self) -> Row:
        """Wait for others who read it out, then the experiment."""
        self._run("alone")
        return self.experiment()

    def outcomes(self, campaign_id: str | None, design: Design, moment: Moment) -> list[Row]:
        """Sums by arm, stratum and wave, of those whose time to respond is over and of the others."""
        self._gather()
        as_of = self._run("profiles_as_of", campaign_id=campaign_id)
        return self._run(
            "outcomes", campaign_id=campaign_id, as_of=moment.as_of, by_country="country" in design.stratify_by,
            profiles_as_of=as_of[0]["as_of"] if as_of else None,
        )  # fmt: skip

    def currencies(self, moment: Moment) -> list[str | None]:
        """In which currencies revenue was told."""
        self._gather()
        return self._run("currencies", as_of=moment.as_of)[0]["currencies"] or []

    def people(
        self, campaign_id: str | None, design: Design, moment: Moment, arms: tuple[str, str], most: int
    ) -> list[Row]:
        """People of two arms, what was known of them before, and whether they responded by the primary metric."""
        self._gather()
        as_of, metric = self._run("profiles_as_of", campaign_id=campaign_id), design.primary_metric
        return self._run(
            "people_of", campaign_id=campaign_id, as_of=moment.as_of, arms=list(arms), most=most,
            profiles_as_of=as_of[0]["as_of"] if as_of else None,
            event="converted" if metric == "revenue" else metric, amount=metric == "revenue",
        )  # fmt: skip

    def waves(self) -> list[Row]:
        """The shares that were decided for each wave so far."""
        return self._run("waves")

    def open_wave(self, wave: int, shares: Mapping[str, float], code: str, reason: str, *, now: datetime) -> None:
        """Keep the shares of a wave; from then on its people may be written to."""
        self._run("open_wave", wave=wave, shares=Jsonb(dict(shares)), code=code, reason=reason, now=now)

    def to_share_out(self, wave: int, arms: Sequence[str]) -> list[str]:
        """The people of a wave who are in one of the arms."""
        return [row["customer_id"] for row in self._run("to_share_out", wave=wave, arms=list(arms))]

    def share_out(self, customers: Sequence[str], arms: Sequence[str], *, now: datetime) -> None:
        """Give the people these arms."""
        self._run("share_out", customers=list(customers), given=list(arms), now=now)

    def by_day(self, campaign_id: str | None, metric: str, moment: Moment) -> list[Row]:
        """First responses by arm and day."""
        self._gather()
        event = "converted" if metric == "revenue" else metric
        return self._run(
            "by_day", campaign_id=campaign_id, metric=event, started_at=moment.started_at, as_of=moment.as_of
        )

    def newest(self) -> Row | None:
        """The newest read-out."""
        return next(iter(self._run("newest")), None)

    def all(self) -> list[Row]:
        """Every read-out, the newest first, without its numbers."""
        return self._run("all")

    def keep(self, number: int, judged: Judged, *, as_of: datetime, by: str, now: datetime) -> None:
        """One more read-out."""
        self._run(
            "keep", readout=number, as_of=as_of, final=judged.final, analysis=Jsonb(judged.to_json()),
            verdict=judged.verdict, winner=judged.winner, reason=judged.reason, by=by, now=now,
        )  # fmt: skip

    def conclude(self, state: str, conclusion: Json, *, now: datetime) -> None:
        """End the experiment."""
        self._run("conclude", state=state, conclusion=Jsonb(conclusion), now=now)

    def templates(self, campaign_id: str | None) -> dict[str, list[Json]]:
        """The approved variants of each strategy, one an audience unit."""
        found: dict[str, list[Json]] = {}
        for row in self._run("variants_of", campaign_id=campaign_id):
            one = {"unit_id": row["unit_id"], "variant_id": row["variant_id"], "version": row["version"]}
            found.setdefault(row["strategy"], []).append(one)
        return found

    def promote(self, arm: str, outcome: str, strategy: str | None, templates: list[Json], numbers: Json, reason: str,
                *, by: str, now: datetime) -> None:  # fmt: skip
        """Keep what became of an arm."""
        self._run(
            "promote", arm=arm, outcome=outcome, strategy=strategy, templates=Jsonb(templates), numbers=Jsonb(numbers),
            reason=reason, by=by, now=now,
        )  # fmt: skip

    def promotions(self) -> list[Row]:
        """What became of each arm."""
        return self._run("promotions")

    def log(self, there: Row, did: Mapping[str, Any]) -> None:
        """One entry of the audit ledger."""
        self._run(
            "log", campaign_id=there["campaign_id"], design_hash=there["design_hash"],
            **{**did, "facts": Jsonb(did["facts"])},
        )  # fmt: skip
