"""Learnings: worked out each night, offered with their evidence, decided on by people."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import polars as pl
import psycopg
from psycopg.types.json import Jsonb

from pipelines.contracts import Json, Refusal, no_such_tenant
from pipelines.database import Connection, Queries
from pipelines.learning import store
from pipelines.learning.insights.lifts import Lift, lifts, rated
from pipelines.learning.insights.traits import DIMENSIONS, sentence, with_traits
from pipelines.learning.policy import LearningPolicy
from pipelines.learning.ports import Workshop
from pipelines.learning.retraining import night_of

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
SCHEMA: dict[str, Any] = {
    **dict.fromkeys(
        ("campaign_id", "channel", "strategy", "subject", "unit_kind", "segment", "tone", "call_to_action"), pl.String
    ),
    **dict.fromkeys(("words", "hour", "reached", "engaged"), pl.Int64),
}
RATED: dict[str, Any] = {"strategy": pl.String, "rating": pl.Float64, "flagged": pl.Boolean}


def learn(workshop: Workshop, tenant: str, *, as_of: datetime | None = None) -> Json:
    """Offer what the answers and the reviewers' ratings teach; the same data offer the same."""
    moment, policy = as_of or night_of(workshop.clock()), workshop.policy
    with workshop.database.transaction(tenant) as connection:
        store.begin(connection, tenant, "insights")
        told = {"as_of": moment, "horizon": policy.models.response.horizon}
        connection.execute(QUERIES["set_based"])
        answers = pl.DataFrame(connection.execute(QUERIES["answers"], told).fetchall(), SCHEMA, orient="row")
        ratings = pl.DataFrame(connection.execute(QUERIES["ratings"], told).fetchall(), RATED, orient="row")
        found = worth_telling(answers, ratings, policy)
        for lift in found:
            connection.execute(QUERIES["offer"], _row(lift, workshop.clock()))
        connection.execute(QUERIES["outdate"], {"still": [insight_id(lift) for lift in found]})
    return {"tenant": tenant, "reached": int(answers["reached"].sum()), "insights": len(found)}


def worth_telling(answers: pl.DataFrame, ratings: pl.DataFrame, policy: LearningPolicy) -> list[Lift]:
    """What differs surely, of all that was measured."""
    limits = policy.insights
    rows = with_traits(answers)
    found = [
        lift
        for dimension, within in DIMENSIONS.items()
        for lift in lifts(rows, dimension, within=within, certainty=limits.certainty)
    ]
    for (segment,), part in sorted(rows.group_by("segment"), key=lambda one: str(one[0])):
        if segment is not None:
            found += lifts(
                part, "strategy", within=("campaign_id",), certainty=limits.certainty, segment=str(segment)
            )  # fmt: skip
    told = [
        lift
        for lift in found
        if lift.differs and lift.reached >= limits.least_reached and lift.campaigns >= limits.least_campaigns
    ]
    everywhere = {(lift.dimension, lift.value, lift.lift > 1) for lift in told if lift.segment is None}
    # What holds everywhere is not said once more of each segment.
    told = [
        lift for lift in told if lift.segment is None or (lift.dimension, lift.value, lift.lift > 1) not in everywhere
    ]
    said = rated(ratings, certainty=limits.certainty, least=limits.least_ratings)
    return told + [lift for lift in said if lift.low > 0 or lift.high < 0]


def insight_id(lift: Lift) -> str:
    """The same for the same finding in the same direction, whatever its figures."""
    up = lift.lift > (0 if lift.dimension == "rating" else 1)
    told = "|".join([lift.dimension, lift.value, lift.segment or "", "more" if up else "less"])
    return f"i-{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def insights(workshop: Workshop, tenant: str, *, state: str | None = None) -> list[Json]:
    """What was learnt, offers first."""
    with workshop.database.transaction(tenant) as connection:
        return connection.execute(QUERIES["insights"], {"state": state}).fetchall()


def decide(
    workshop: Workshop,
    tenant: str,
    which: str,
    decision: Literal["accepted", "rejected"],
    *,
    by: str,
    comment: str = "",
) -> Json:
    """A person accepts or rejects an insight; accepted, it is part of every prompt from now on."""
    with workshop.database.transaction(tenant) as connection:
        if connection.execute(store.QUERIES["tenant_exists"]).fetchone() is None:
            raise no_such_tenant(tenant)
        row = connection.execute(QUERIES["insight"], {"insight_id": which}).fetchone()
        if row is None:
            raise Refusal(f"There is no insight {which}; see `liftline learning insights`.")
        if row["state"] == decision:
            return row
        if row["state"] == "outdated":
            raise Refusal(f"Insight {which} no longer holds; decide on one that is offered.")
        told = {"insight_id": which, "state": decision, "by": by, "now": workshop.clock(), "comment": comment or None}
        try:
            connection.execute(QUERIES["decide"], told)
        except psycopg.errors.InsufficientPrivilege as error:
            raise Refusal(
                f"{by} has no role that decides on insights in {tenant}; an ai_template_manager, a manager, a director "
                "or an admin may."
            ) from error
        version = workshop.prompt_version(connection)
        connection.execute(QUERIES["put_in_prompt"], {"insight_id": which, "prompt_version": version})
        store.log(
            connection, "insight.decide", decision, by=by, reason=comment or row["statement"], about=which,
            prompt_version=version,
        )  # fmt: skip
        return _of(connection, which)


def _of(connection: Connection, which: str) -> Json:
    found = connection.execute(QUERIES["insight"], {"insight_id": which}).fetchone()
    assert found is not None
    return found


def _row(lift: Lift, now: datetime) -> Json:
    about = 0.0 if lift.dimension == "rating" else 1.0
    figures = {"reached": lift.reached, "engaged": lift.engaged, "expected": lift.expected, "campaigns": lift.campaigns}
    if lift.dimension == "rating":
        figures = {"ratings": lift.reached, "flagged": lift.engaged, "mean_of_all": lift.expected}
    return {
        "insight_id": insight_id(lift), "dimension": lift.dimension, "value": lift.value, "segment": lift.segment,
        "statement": sentence(lift), "effect": lift.lift - about, "ci_low": lift.low - about,
        "ci_high": lift.high - about, "evidence": Jsonb(figures), "now": now,
    }  # fmt: skip
