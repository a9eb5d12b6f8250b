"""Use cases of learning: train and score any table; retrain, monitor, score, roll back and show a tenant's models."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import product

from pipelines.contracts import Json, Refusal, Refusals
from pipelines.learning import store
from pipelines.learning.from_file import TableSummary, score_file, train_from_file
from pipelines.learning.insights.offering import decide, insights, learn
from pipelines.learning.policy import MODELS
from pipelines.learning.ports import Workshop
from pipelines.learning.promotion import Verdict
from pipelines.learning.responses import responses
from pipelines.learning.retraining import Retrained, monitor, night_of, retrain, take_back
from pipelines.learning.scoring import score_customers

__all__ = [
    "MODELS", "Retrained", "TableSummary", "Workshop", "decide", "insights", "learn", "learn_all", "models",
    "moment_of", "monitor", "monitor_all", "responses", "retrain", "retrain_all", "roll_back", "score_all",
    "score_customers", "score_file", "show", "train_from_file",
]  # fmt: skip


def retrain_all(workshop: Workshop, tenants: Sequence[str], model: str) -> list[Json]:
    """The nightly training of one model for every tenant; a model that is refused is a result, not a failure."""
    refusals, done = Refusals(), []
    for tenant in tenants:
        with refusals.of(f"{tenant}, {model}"):
            told = retrain(workshop, tenant, model, by="airflow").to_json()
            done.append({name: value for name, value in told.items() if name != "metrics"})
    refusals.tell()
    return done


def monitor_all(workshop: Workshop, tenants: Sequence[str]) -> list[Json]:
    """Measure every live model of every tenant."""
    refusals, done = Refusals(), []
    for tenant, model in product(tenants, MODELS):
        with refusals.of(f"{tenant}, {model}"):
            done.append({"tenant": tenant, **monitor(workshop, tenant, model, by="airflow")})
    refusals.tell()
    return done


def score_all(workshop: Workshop, tenants: Sequence[str]) -> list[Json]:
    """Score every customer by every live model."""
    moment, refusals, done = night_of(workshop.clock()), Refusals(), []
    for tenant in tenants:
        with workshop.database.transaction(tenant) as connection:
            live = [model for model in MODELS if store.champion(connection, model)]
        scored = {}
        for model in live:
            with refusals.of(f"{tenant}, {model}"):
                scored[model] = score_customers(workshop, tenant, model, as_of=moment)["scored"]
        done.append({"tenant": tenant, "scored": scored})
    refusals.tell()
    return done


def learn_all(workshop: Workshop, tenants: Sequence[str]) -> list[Json]:
    """Offer every tenant what its answers teach."""
    refusals, done = Refusals(), []
    for tenant in tenants:
        with refusals.of(tenant):
            done.append(learn(workshop, tenant))
    refusals.tell()
    return done


def roll_back(workshop: Workshop, tenant: str, model: str, *, by: str, reason: str) -> Json:
    """Take the champion out, because a person says so: the one before it is live again, or none if it was the first."""
    workshop.policy.question(model)
    if not reason.strip():
        raise Refusal("Say why the model is rolled back; a rollback needs a reason.")
    with workshop.database.transaction(tenant) as connection:
        store.begin(connection, tenant, model)
        live = store.champion(connection, model)
        if live is None:
            raise Refusal(f"No version of the model {model} is live for {tenant}; there is nothing to roll back.")
        verdict = Verdict("roll_back", "asked", reason.strip(), {})
        back = take_back(connection, model, live, verdict, by=by, now=workshop.clock())
    return {
        "tenant": tenant,
        "model": model,
        "rolled_back": live["version"],
        "champion": back,
        "reason": reason.strip(),
    }


def models(workshop: Workshop, tenant: str) -> Json:
    """Every version of every model, and what was decided last."""
    with workshop.database.transaction(tenant) as connection:
        versions = store.listed(connection, "versions", None)
        decisions = store.listed(connection, "decisions", None)
    return {"versions": [_short(row) for row in versions], "decisions": decisions}


def show(workshop: Workshop, tenant: str, model: str, number: int | None = None) -> Json:
    """One version (the champion, or else the newest) with its card, and the history of its model."""
    workshop.policy.question(model)
    with workshop.database.transaction(tenant) as connection:
        versions = store.listed(connection, "versions", model)
        live = next((row["version"] for row in versions if row["state"] == "champion"), None)
        wanted = number or live or (versions[0]["version"] if versions else None)
        return {
            "model": model,
            "version": store.version(connection, model, wanted) if wanted else None,
            "versions": [_short(row) for row in versions],
            "decisions": store.listed(connection, "decisions", model),
            "measurements": store.listed(connection, "measurements", model),
        }


def _short(row: store.Row) -> Json:
    return {name: value for name, value in row.items() if name not in ("tenant_id", "card", "features", "artifact")}


def moment_of(text: str | None) -> datetime | None:
    """A day or moment as people write it, in UTC unless it says otherwise."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refusal(f"{text!r} is no moment; write it as 2026-11-20 or 2026-11-20T12:00.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
