"""The cases of a question: features as of a moment, outcomes that had time to ripen, in the order of time."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import psycopg
from psycopg.rows import dict_row

from pipelines.database import Connection, Queries
from pipelines.learning.modelling.encoding import Vector
from pipelines.learning.policy import LearningPolicy, Question

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
ABOUT_MESSAGES = ("response", "send_hour")
KEYS = ("unit", "customer_id", "as_of")
TEXTS = frozenset(
    {"customer_id", "country", "locale", "job_title", "channel", "strategy", "unit_kind", "unit_id", "tone"}
)
NEWEST = 0.2
# What is told of what people did; a shop that began to write it down lately would look as if the world had changed.
OF_WHAT_PEOPLE_DID = ("events_30", "events_90", "clicks_90", "visits_90", "silent_days")


@dataclass(frozen=True, slots=True)
class Dataset:
    """The cases of a question, oldest first; from `cut` on they are the holdout, and nobody learns the `unrecorded`."""

    frame: pl.DataFrame
    truth: Vector
    cut: int
    window_from: datetime
    window_to: datetime
    data_hash: str
    undecided: float
    unrecorded: tuple[str, ...] = ()

    @property
    def features(self) -> list[str]:
        """The columns that a model may learn from."""
        return [name for name in self.frame.columns if name not in (*KEYS, *self.unrecorded)]

    @property
    def latest(self) -> pl.DataFrame:
        """The youngest of the cases that are learnt from: of one moment, or a quarter of the messages."""
        older = self.frame[: self.cut]
        if older.is_empty() or "hour" in older.columns:
            return older[round(0.75 * len(older)) :]
        return older.filter(pl.col("as_of") == older["as_of"].max())

    def since(self, moment: datetime) -> tuple[pl.DataFrame, Vector]:
        """The cases that are younger than a moment."""
        young = (self.frame["as_of"] > moment.replace(tzinfo=None)).to_numpy()
        return self.frame.filter(pl.Series(young)), self.truth[young]


def moments_of(as_of: datetime, question: Question, policy: LearningPolicy) -> list[datetime]:
    """The moments as of which customers are looked at, oldest first; the newest has just ripened."""
    newest = as_of - question.horizon
    # Closer than an answer takes, outcomes of the same person would overlap, and the holdout be known from training.
    days = max(policy.days_between, question.horizon_days)
    return [newest - timedelta(days=days * back) for back in reversed(range(policy.moments))]


def most_cases(connection: Connection, model: str, as_of: datetime, policy: LearningPolicy) -> int:
    """How many cases there can be at most: counted in a moment, before anything is worked out."""
    moments = moments_of(as_of, policy.question(model), policy)
    window = {"since": moments[0] - timedelta(days=policy.days_between), "newest": moments[-1]}
    if model in ABOUT_MESSAGES:
        return _count(connection, "messages_known", window)
    return _count(connection, "customers_known", window) * len(moments)


def _count(connection: Connection, name: str, window: Mapping[str, datetime]) -> int:
    found = connection.execute(QUERIES[name], window).fetchone()
    return int(next(iter(found.values()))) if found else 0


def load(connection: Connection, model: str, as_of: datetime, policy: LearningPolicy) -> Dataset:
    """Every case whose outcome was known at `as_of`; nothing later is looked at."""
    question = policy.question(model)
    moments = moments_of(as_of, question, policy)
    start, end = moments[0] - timedelta(days=policy.days_between), moments[-1]
    cursor = psycopg.ClientCursor(connection, row_factory=dict_row)
    about_messages = model in ABOUT_MESSAGES
    window = {"since": start, "newest": end}
    cases = most_cases(connection, model, as_of, policy)
    thinned = {"of_a_million": min(1_000_000, int(1_000_000 * policy.most_rows / max(cases, 1)))}
    _facts(cursor, as_of)
    cursor.execute(
        QUERIES["subjects_messages" if about_messages else f"subjects_{model}"],
        {"moments": moments, **window, **thinned},
    )
    cursor.execute(QUERIES["analyse_subjects"])
    outcome = "conversion" if model == "lead_quality" else model
    truth = _rows(cursor, f"outcome_{outcome}", {"horizon": question.horizon})
    frame = _features(cursor, about_messages=about_messages)
    answers = truth["outcome"].cast(pl.Float64).to_numpy()
    if about_messages:
        answers = truth.join(frame.select("unit"), on="unit", how="semi")["outcome"].cast(pl.Float64).to_numpy()
    recorded = cursor.execute(QUERIES["recorded"], {"oldest": moments[0], "newest": end}).fetchone() or {}
    unrecorded = () if about_messages or recorded["yes"] else OF_WHAT_PEOPLE_DID
    doubts = connection.execute(QUERIES["undecided"], {"since": start, "until": as_of}).fetchone() or {}
    told = hashlib.sha256(f"{model} {question.model_dump_json()} {frame.columns} {unrecorded}".encode())
    told.update(frame.write_csv().encode())
    told.update(answers.tobytes())
    return Dataset(
        frame.drop("unit") if "unit" in frame.columns else frame,
        answers,
        _cut(frame, about_messages),
        start if about_messages else moments[0],
        end,
        told.hexdigest(),
        doubts["undecided"] / doubts["answers"] if about_messages and doubts.get("answers") else 0.0,
        unrecorded,
    )


def everybody(connection: Connection, as_of: datetime) -> pl.DataFrame:
    """The features of every customer as of a moment."""
    cursor = psycopg.ClientCursor(connection, row_factory=dict_row)
    _facts(cursor, as_of)
    cursor.execute(QUERIES["subjects_everybody"], {"as_of": as_of})
    cursor.execute(QUERIES["analyse_subjects"])
    return _features(cursor, about_messages=False)


def audience(
    connection: Connection, campaign_id: str, as_of: datetime, personas: Mapping[str, Sequence[str]], *, most: int
) -> pl.DataFrame:
    """The features of up to `most` customers of each unit of a campaign, with the unit that they stand for."""
    cursor = psycopg.ClientCursor(connection, row_factory=dict_row)
    _facts(cursor, as_of, {"campaign": campaign_id, "most": most, **personas})
    cursor.execute(QUERIES["subjects_audience"], {"as_of": as_of})
    cursor.execute(QUERIES["analyse_subjects"])
    units = _rows(cursor, "audience", {})
    return units.join(_features(cursor, about_messages=False), on="customer_id", how="inner", maintain_order="left")


def _facts(
    cursor: psycopg.ClientCursor[dict[str, Any]], until: datetime, asked: Mapping[str, Any] | None = None
) -> None:
    of_all = {"of_all": asked is None}
    cursor.execute(QUERIES["set_based"])
    cursor.execute(QUERIES["asked_of_audience" if asked else "asked_of_all"], asked)
    cursor.execute(QUERIES["analyse_asked"])
    for name in ("bought", "did", "answered", "received"):
        cursor.execute(QUERIES[name], {"until": until, **of_all})
    cursor.execute(QUERIES["analyse"])


def _features(cursor: psycopg.ClientCursor[dict[str, Any]], *, about_messages: bool) -> pl.DataFrame:
    frame = _rows(cursor, "features", {})
    if about_messages:
        frame = frame.join(_rows(cursor, "message_features", {}), on="unit", how="inner", maintain_order="left")
    return frame


def _rows(cursor: psycopg.ClientCursor[dict[str, Any]], name: str, values: Mapping[str, Any]) -> pl.DataFrame:
    """What a statement says, column by column; as CSV, which PostgreSQL writes and polars reads in bulk."""
    text = cursor.mogrify(QUERIES[name], values)
    if not values:
        text = text.replace("%%", "%")
    whole = io.BytesIO()
    with cursor.copy(f"COPY ({text}) TO STDOUT (FORMAT csv, HEADER)") as copied:
        for part in copied:
            whole.write(part)
    head = whole.getvalue().split(b"\n", 1)[0].decode().split(",")
    schema: dict[str, Any] = {name: pl.String if name in TEXTS else pl.Float64 for name in head}
    if "as_of" in schema:
        schema["as_of"] = pl.String
    if "unit" in schema:
        schema["unit"] = pl.Int64
    frame = pl.read_csv(whole.getvalue(), schema=schema)
    if "as_of" not in frame.columns:
        return frame
    moment = pl.col("as_of").str.slice(0, 19).str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us")
    return frame.with_columns(moment)


def _cut(frame: pl.DataFrame, about_messages: bool) -> int:
    if about_messages or frame.is_empty():
        return round(len(frame) * (1 - NEWEST))
    return int((frame["as_of"] < frame["as_of"].max()).sum())


def answered_each(truth: Vector) -> tuple[int, int]:
    """How many cases said yes, and how many no."""
    ones = int(np.sum(truth))
    return ones, len(truth) - ones
