"""What the invented customers did: orders, messages opened and clicked, consents given and withdrawn."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
from people import HABITS, between, picked

# Everything is dated against this day, never against today: the same seed gives the same files for good.
REFERENCE = date(2026, 11, 1)
_EPOCH_DAYS = (REFERENCE - date(1970, 1, 1)).days

# Share of what people do in each hour of their own day; nobody is awake from midnight to six.
_HOURS = [0] * 6 + [1, 3, 5, 6, 6, 5, 7, 6, 5, 5, 5, 6, 7, 9, 10, 8, 4, 1]
_WAKING = [share / sum(_HOURS) for share in _HOURS]
_PRODUCTS = (("Wool throw, 130x170", 79.0), ('Enamel mug "Hygge"', 14.5), ("Desk lamp", 119.0), ("Linen apron", 39.9),
             ("Café table", 349.0), ("Bücherregal Eiche", 489.0), ("Gift card", 50.0), ("Notebook, dotted", 12.0),
             ("Teapot 1.2 l", 34.0), ("Rain jacket", 149.0))  # fmt: skip
# Days before the reference date on which a newsletter went out.
_CAMPAIGNS = (("may-2026", 172), ("june-2026", 140), ("summer-sale", 109), ("back-to-work", 66),
              ("autumn", 38), ("halloween", 9))  # fmt: skip
_STOPS = ("", "hard_bounce", "complaint", "unsubscribe")
_RECENT_DAYS = 180


def moment(text: str) -> pl.Expr:
    """A column of UTC moments as text."""
    return pl.col(text).dt.strftime("%Y-%m-%dT%H:%M:%SZ")


def cents(column: str) -> pl.Expr:
    """A column of cents as text with two decimals."""
    whole, rest = pl.col(column) // 100, pl.col(column) % 100
    return whole.cast(pl.String) + "." + rest.cast(pl.String).str.zfill(2)


def _local(days_ago: np.ndarray, seconds: np.ndarray) -> pl.Series:
    return pl.Series(((_EPOCH_DAYS - days_ago) * 86_400 + seconds) * 1_000_000).cast(pl.Datetime("us"))


def _by_day(rng: np.random.Generator, days_ago: np.ndarray) -> pl.Series:
    """Moments on those days, by the customer's own clock, at human hours."""
    seconds = picked(rng, len(days_ago), _WAKING) * 3600 + rng.integers(0, 3600, len(days_ago))
    return _local(days_ago, seconds)


def _utc(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Turns the customer's own clock into UTC, zone by zone."""
    parts = [
        part.with_columns(
            pl.col(column)
            .dt.replace_time_zone(str(zone), ambiguous="earliest", non_existent="null")
            .dt.convert_time_zone("UTC")
        )
        for (zone,), part in frame.group_by("zone", maintain_order=True)
    ]
    return pl.concat(parts) if parts else frame


def orders_of(rng: np.random.Generator, people: pl.DataFrame) -> pl.DataFrame:
    """Every order, by time; the last one lies where the customer's habit puts it."""
    habit, age = people["habit"].to_numpy(), people["age"].to_numpy()
    least, most, recent, old = (
        np.array([getattr(one, field)[end] for one in HABITS])[habit]
        for field, end in (("orders", 0), ("orders", 1), ("last_order", 0), ("last_order", 1))
    )
    count = between(rng, least, most, skew=2.0)
    last = between(rng, np.minimum(recent, age - 1), np.minimum(old, age - 1))
    person = np.repeat(np.arange(len(age)), count)
    is_last = np.ones(len(person), dtype=bool)
    is_last[1:] = person[1:] != person[:-1]
    day = np.where(is_last, last[person], between(rng, last[person], age[person] - 1))
    product, quantity = rng.integers(0, len(_PRODUCTS), len(person)), between(rng, person * 0 + 1, person * 0 + 3, 3.0)
    price = np.array([price for _, price in _PRODUCTS])[product] * quantity
    frame = people.select("customer_id", "zone", "currency", "rate")[person].with_columns(
        ordered_at=_by_day(rng, day),
        cents=pl.Series(np.round(price * 100).astype(np.int64)),
        product=pl.Series([name for name, _ in _PRODUCTS]).gather(product),
    )
    frame = _utc(frame, "ordered_at").sort("ordered_at", "customer_id")
    return frame.with_columns(
        order_id="O" + pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(7),
        cents=(pl.col("cents") * pl.col("rate")).round().cast(pl.Int64),
    )


def messages_of(rng: np.random.Generator, people: pl.DataFrame) -> pl.DataFrame:
    """One row per newsletter sent: when it was delivered, opened, clicked, and whether it was the last."""
    stop, at = picked(rng, people.height, [0.95, 0.02, 0.006, 0.024]), rng.integers(0, len(_CAMPAIGNS), people.height)
    sends = []
    for number, (campaign, days_ago) in enumerate(_CAMPAIGNS):
        sent = (
            (people["age"].to_numpy() > days_ago) & (rng.random(people.height) < 0.7) & (number <= at + 9 * (stop == 0))
        )
        rows = np.flatnonzero(sent & people["willing"].to_numpy())
        nine = _local(np.full(len(rows), days_ago), 9 * 3600 + rng.integers(0, 1200, len(rows)))
        ended = pl.Series(_STOPS).gather(np.where(at[rows] == number, stop[rows], 0))
        sends.append(
            people.select("customer_id", "zone", "habit")[rows].with_columns(
                campaign=pl.lit(campaign), delivered=nine, ended=ended
            )
        )
    return _utc(_read(rng, pl.concat(sends)), "delivered").sort("delivered", "customer_id")


def _read(rng: np.random.Generator, sends: pl.DataFrame) -> pl.DataFrame:
    """Who opened within the day, after how many seconds, and who clicked how long after that."""
    likely = np.array([one.opens for one in HABITS])[sends["habit"].to_numpy()]
    opened = rng.random(sends.height) < likely
    clicked = opened & (rng.random(sends.height) < 0.25)
    # From nine o'clock at most fourteen hours: nobody reads the news at night.
    wait = (60 + 50_000 * rng.random(sends.height) ** 3).astype(np.int64)
    return sends.with_columns(
        opened=pl.Series(wait).set(pl.Series(~opened), None),
        clicked=pl.Series(wait + rng.integers(8, 240, sends.height)).set(pl.Series(~clicked), None),
        stopped=pl.Series(wait + rng.integers(240, 900, sends.height)),
    )


def events_of(messages: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """The event log of the messages, with the purchases of the last half year."""
    reached = messages.filter(pl.col("ended") != "hard_bounce")

    def events(rows: pl.DataFrame, event: pl.Expr, after: pl.Expr, more: pl.Expr) -> pl.DataFrame:
        properties = pl.lit('{"campaign": "') + pl.col("campaign") + '"' + more + "}"
        return rows.select(
            "customer_id",
            event=event,
            occurred_at=pl.col("delivered") + pl.duration(seconds=after),
            value=pl.lit(""),
            properties=properties,
        )

    url = pl.lit(', "url": "https://shop.example/') + pl.col("campaign") + '?from=mail,footer"'
    ended = messages.filter(pl.col("ended") != "")
    pause = pl.when(pl.col("ended") == "hard_bounce").then(2).otherwise("stopped")
    recent = datetime.combine(REFERENCE - timedelta(days=_RECENT_DAYS), datetime.min.time())
    bought = orders.filter(pl.col("ordered_at") >= pl.lit(recent).dt.replace_time_zone("UTC"))
    log = pl.concat(
        [
            events(reached, pl.lit("delivered"), pl.lit(0), pl.lit("")),
            events(reached.drop_nulls("opened"), pl.lit("open"), pl.col("opened"), pl.lit("")),
            events(reached.drop_nulls("clicked"), pl.lit("click"), pl.col("clicked"), url),
            events(ended, pl.col("ended"), pause, pl.lit("")),
            bought.select(
                "customer_id",
                event=pl.lit("purchase"),
                occurred_at="ordered_at",
                value=cents("cents"),
                properties=pl.lit('{"order_id": "') + pl.col("order_id") + '"}',
            ),
        ]
    ).sort("occurred_at", "customer_id", "event")
    return log.with_columns(event_id="ev-" + pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(8))


def signups_of(rng: np.random.Generator, people: pl.DataFrame) -> pl.DataFrame:
    """What each person answered when asked for consent, and when: the day they signed up."""
    answer = pl.Series(["yes", "no", ""]).gather(picked(rng, people.height, [0.72, 0.13, 0.15]))
    source = pl.Series(["signup form", "checkout", "trade fair, Hall 4"]).gather(
        picked(rng, people.height, [0.6, 0.35, 0.05])
    )
    asked = people.with_columns(
        answer=answer,
        consent_source=source,
        asked_at=_by_day(rng, people["age"].to_numpy()),
        sms=pl.Series(rng.random(people.height) < 0.15) & (people["phone"] != ""),
        signup_date=pl.Series(_EPOCH_DAYS - people["age"].to_numpy()).cast(pl.Int32).cast(pl.Date),
    ).with_columns(willing=(pl.col("answer") == "yes") & ~pl.col("silent"))
    return _utc(asked, "asked_at").sort("person")
