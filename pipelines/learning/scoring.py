"""The champion's word on every customer as of a moment."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl

from pipelines.contracts import Json, Refusal
from pipelines.learning import store
from pipelines.learning.artifacts import open_artifact
from pipelines.learning.modelling.encoding import Vector
from pipelines.learning.modelling.fitting import Model
from pipelines.learning.ports import Workshop
from pipelines.learning.retraining import night_of
from pipelines.learning.warehouse.datasets import everybody

# Nobody is written to in the night.
HOURS = range(7, 21)


def score_customers(workshop: Workshop, tenant: str, model: str, *, as_of: datetime | None = None) -> Json:
    """Score everybody by the champion; scores that are there already stay."""
    workshop.policy.question(model)
    moment = as_of or night_of(workshop.clock())
    with workshop.database.transaction(tenant) as connection:
        store.begin(connection, tenant, model)
        live = store.champion(connection, model)
        if live is None:
            raise Refusal(f"No version of the model {model} is live for {tenant}; train one that is promoted first.")
        told = {"tenant": tenant, "model": model, "version": live["version"], "as_of": moment.isoformat()}
        if there := store.is_scored(connection, model, live["version"], moment):
            return {**told, "scored": there, "changed": False}
        kept = open_artifact(workshop.models, live["artifact"], live["artifact_sha256"])
        frame = everybody(connection, moment)
        scores = (
            best_hours(kept.model, frame) if model == "send_hour" else kept.model.probabilities(kept.model.whole(frame))
        )
        scored = store.keep_scores(
            connection, model, live["version"], moment, frame["customer_id"].to_list(), scores.tolist()
        )
    return {**told, "scored": scored, "changed": True}


def best_hours(model: Model, frame: pl.DataFrame) -> Vector:
    """For each customer the hour at which the model expects most."""
    known = model.whole(frame)
    if "hour" not in known.columns:
        raise Refusal("The live model of send hours does not look at the hour; nothing can be said by it.")
    by_hour = [model.log_odds(known.with_columns(hour=pl.lit(float(hour)))) for hour in HOURS]
    return np.asarray(np.argmax(np.vstack(by_hour), axis=0) + HOURS[0], dtype=np.float64)
