"""Writes a set of invented customers with their orders, events, consents and suppressions.

python data/samples/generate.py --customers 500 --seed 7 --out data/samples
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import polars as pl
from history import cents, events_of, messages_of, moment, orders_of, signups_of
from mess import refused_in, repeated_in, spoilt, torn
from people import BROWSER, people

LEAST = 50
# The wording that was on the form from that year on.
_TEXTS = {2020: "v1, 2020-03: newsletter", 2024: "v2, 2024-01: newsletter", 2026: "v3, 2026-01: newsletter and offers"}


def main() -> None:
    """Reads the command line and writes the files."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--customers", type=int, default=500, help=f"rows of customers.csv, at least {LEAST}")
    asked.add_argument("--seed", type=int, default=7, help="the same seed writes the same bytes")
    asked.add_argument("--out", type=Path, default=Path(__file__).parent, help="the folder to write into")
    options = asked.parse_args()
    if options.customers < LEAST:
        asked.error(f"--customers must be at least {LEAST}")
    for name, text in generate(options.customers, options.seed).items():
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / name).write_bytes(text.encode("utf-8"))


def generate(rows: int, seed: int) -> dict[str, str]:
    """File names and their contents."""
    rng = np.random.default_rng(seed)
    known = signups_of(rng, _with_silent(rng, people(rng, rows - repeated_in(rows)), refused_in(rows)))
    orders, messages = orders_of(rng, known), messages_of(rng, known)
    events = events_of(messages, orders)
    stops = events.join(known.select("customer_id", "email"), on="customer_id", maintain_order="left")
    stops = stops.filter(pl.col("event").is_in(["hard_bounce", "complaint", "unsubscribe"]))
    customers = spoilt(rng, _customers(known, orders, events, stops), known["silent"], rows)
    order_columns = ("order_id", "customer_id", moment("ordered_at"), cents("cents").alias("amount"))
    event_columns = ("event_id", "customer_id", "event", moment("occurred_at"), "value", "properties")
    return {
        "customers.csv": torn(_csv(customers)),
        "orders.csv": _csv(orders.select(*order_columns, "currency", "product")),
        "events.csv": _csv(events.select(*event_columns)),
        "consents.csv": _csv(_consents(known, stops)),
        "suppressions.csv": _csv(_suppressions(stops, rows)),
    }


def _csv(table: pl.DataFrame) -> str:
    # An empty string would be written as a pair of quotes, nothing as nothing.
    return table.with_columns(pl.when(pl.col(pl.String) != "").then(pl.col(pl.String))).write_csv()


def _with_silent(rng: np.random.Generator, everyone: pl.DataFrame, count: int) -> pl.DataFrame:
    """Marks whose row will be refused: people without a history, so that no order hangs in the air."""
    browsers = np.flatnonzero(everyone["habit"].to_numpy() == BROWSER)
    silent = np.zeros(everyone.height, dtype=bool)
    silent[rng.choice(browsers, count, replace=False)] = True
    return everyone.with_columns(silent=pl.Series(silent))


def _customers(known: pl.DataFrame, orders: pl.DataFrame, events: pl.DataFrame, stops: pl.DataFrame) -> pl.DataFrame:
    bought = orders.group_by("customer_id").agg(
        orders=pl.len(), spent=pl.col("cents").sum(), last=pl.col("ordered_at").max().dt.date()
    )
    reads = events.group_by("customer_id").agg(
        opens=(pl.col("event") == "open").sum(), clicks=(pl.col("event") == "click").sum()
    )
    left = stops.filter(pl.col("event") == "unsubscribe").select("customer_id", left_at="occurred_at")
    rows = known
    for more in (bought, reads, left):
        rows = rows.join(more, on="customer_id", how="left", maintain_order="left")
    rows = rows.with_columns(pl.col("orders", "spent", "opens", "clicks").fill_null(0))
    gone, answered = pl.col("left_at").is_not_null(), pl.col("answer") != ""
    consent = {
        "Consent": pl.when(gone).then(pl.lit("no")).otherwise("answer"),
        "Consent Date": pl.when(gone).then(moment("left_at")).when(answered).then(moment("asked_at")),
        "Consent Source": pl.when(gone).then(pl.lit("unsubscribe link")).when(answered).then("consent_source"),
        "Consent Purpose": pl.when(answered).then(pl.lit("marketing")),
    }
    tags = pl.when(pl.col("tier") == "Gold").then(pl.lit("vip;")).otherwise(pl.lit(""))
    return rows.select(
        pl.col("customer_id").alias("Customer ID"),
        pl.col("email").alias("E-mail"),
        pl.col("phone").alias("Phone"),
        pl.col("first_name").alias("First Name"),
        pl.col("last_name").alias("Last Name"),
        pl.col("company").alias("Company"),
        pl.col("account_id").alias("Account ID"),
        pl.col("job_title").alias("Job Title"),
        pl.col("country").alias("Country"),
        pl.col("region").alias("Region"),
        pl.col("city").alias("City"),
        pl.col("time_zone").alias("Time Zone"),
        pl.col("locale").alias("Locale"),
        pl.col("signup_date").dt.strftime("%Y-%m-%d").alias("Signup Date"),
        pl.col("last").dt.strftime("%Y-%m-%d").alias("Last Purchase"),
        pl.col("orders").cast(pl.String).alias("Orders"),
        cents("spent").alias("Total Spend"),
        pl.col("opens").cast(pl.String).alias("Opens"),
        pl.col("clicks").cast(pl.String).alias("Clicks"),
        **consent,
        Tags=tags + pl.when(pl.col("company") != "").then(pl.lit("b2b")).otherwise(pl.lit("home")),
        **{"Loyalty Tier": pl.col("tier")},
    ).with_columns(pl.all().fill_null(pl.lit("")))


def _consents(known: pl.DataFrame, stops: pl.DataFrame) -> pl.DataFrame:
    """The ledger: every answer to the sign-up form, and every withdrawal since."""
    told = known.filter((pl.col("answer") != "") & ~pl.col("silent"))
    wording = pl.lit("")
    for year, text in _TEXTS.items():
        wording = pl.when(pl.col("asked_at").dt.year() >= year).then(pl.lit(text)).otherwise(wording)
    status = pl.when(pl.col("answer") == "yes").then(pl.lit("granted")).otherwise(pl.lit("denied"))

    def entries(rows: pl.DataFrame, channel: str, status: pl.Expr, at: str, source: pl.Expr) -> pl.DataFrame:
        return rows.select(
            "customer_id",
            "email",
            channel=pl.lit(channel),
            purpose=pl.lit("marketing"),
            status=status,
            occurred_at=pl.col(at),
            source=source,
            text_version=wording,
            lawful_basis=pl.lit("consent"),
        )

    left = stops.filter(pl.col("event") == "unsubscribe").join(
        known.select("customer_id", "asked_at"), on="customer_id"
    )
    ledger = [
        entries(told, "email", status, "asked_at", pl.col("consent_source")),
        entries(told.filter("sms"), "sms", status, "asked_at", pl.col("consent_source")),
        entries(left, "email", pl.lit("denied"), "occurred_at", pl.lit("unsubscribe link")),
    ]
    return pl.concat(ledger).sort("occurred_at", "customer_id", "channel").with_columns(moment("occurred_at"))


def _suppressions(stops: pl.DataFrame, rows: int) -> pl.DataFrame:
    """Everyone who bounced, complained or left, and people erased before this file was written."""
    count = max(rows // 250, 1)
    erased = pl.DataFrame({"number": pl.int_range(1, count + 1, eager=True)}).select(
        customer_id=pl.lit(""),
        email=pl.format("former.customer{}@example.net", "number"),
        channel=pl.lit("email"),
        reason=pl.lit("erasure"),
        occurred_at=pl.lit("2026-03-02T08:00:00Z"),
        source=pl.lit("privacy desk"),
    )
    stopped = stops.select(
        "customer_id",
        "email",
        channel=pl.lit("email"),
        reason=pl.col("event"),
        occurred_at=moment("occurred_at"),
        source=pl.lit("mail provider"),
    )
    return pl.concat([erased, stopped]).sort("occurred_at", "email")


if __name__ == "__main__":
    main()
