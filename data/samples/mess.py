"""What goes wrong in real exports: about three rows in a hundred, each kind in turn."""

from __future__ import annotations

import numpy as np
import polars as pl

SHARE = 0.03
_SURPLUS = "\x1esurplus"

# Each refused on its own ground; column, and what stands there instead.
_REFUSED = {
    "bad e-mail": {"E-mail": pl.col("E-mail").str.replace("@", "@@", literal=True)},
    "impossible date": {"Signup Date": pl.lit("2025-02-30")},
    "sign-up to come": {"Signup Date": pl.lit("2031-05-01")},
    "unknown country": {"Country": pl.lit("Atlantis")},
    "negative count": {"Orders": pl.lit("-3")},
    "failed calculation": {"Total Spend": pl.lit("NaN")},
    "nobody": {"Customer ID": pl.lit(""), "E-mail": pl.lit(""), "Phone": pl.lit("")},
    "ragged line": {"Loyalty Tier": pl.lit(_SURPLUS)},
    "day or month first": {"Signup Date": pl.lit("03/04/2025")},
    "phone as a number": {"Phone": pl.lit("4.42079E+11")},
}
# Mended on the way in.
_SPACED = {
    "First Name": pl.lit("  ") + pl.col("First Name"),
    "E-mail": pl.col("E-mail") + pl.lit(" "),
    "Country": pl.lit(" ") + pl.col("Country").str.to_lowercase() + pl.lit("\t"),
}
_KINDS = (*_REFUSED, "stray spaces", "e-mail twice", "id twice")


def tally(rows: int) -> dict[str, int]:
    """How many rows of a file are messy, by kind."""
    messy = round(rows * SHARE)
    return {kind: messy // len(_KINDS) + (at < messy % len(_KINDS)) for at, kind in enumerate(_KINDS)}


def refused_in(rows: int) -> int:
    """How many rows will be refused."""
    return sum(count for kind, count in tally(rows).items() if kind in _REFUSED)


def repeated_in(rows: int) -> int:
    """How many rows say again what another row has said."""
    return sum(count for kind, count in tally(rows).items() if kind.endswith("twice"))


def spoilt(rng: np.random.Generator, table: pl.DataFrame, silent: pl.Series, rows: int) -> pl.DataFrame:
    """The table with its silent rows spoilt and other rows spaced out or repeated, `rows` in all."""
    counts = tally(rows)
    kinds = np.repeat(np.array(_KINDS), [counts[kind] for kind in _KINDS])
    refused = rng.permutation(kinds[np.isin(kinds, list(_REFUSED))])
    mess = np.full(table.height, "", dtype=kinds.dtype)
    mess[silent.to_numpy()] = refused
    spare = rng.choice(np.flatnonzero(~silent.to_numpy()), counts["stray spaces"] + repeated_in(rows), replace=False)
    mess[spare[: counts["stray spaces"]]] = "stray spaces"
    table = table.with_columns(mess=pl.Series(mess, dtype=pl.String), place=pl.int_range(pl.len()).cast(pl.Float64))
    for kind, changes in {**_REFUSED, "stray spaces": _SPACED}.items():
        for column, change in changes.items():
            changed = pl.when(pl.col("mess") == kind).then(change).otherwise(column)
            table = table.with_columns(changed.alias(column))
    again = _again(rng, table[spare[counts["stray spaces"] :]], counts["e-mail twice"], table.height)
    return pl.concat([table, again]).sort("place", maintain_order=True).drop("mess", "place")


def _again(rng: np.random.Generator, twins: pl.DataFrame, by_email: int, people: int) -> pl.DataFrame:
    """The same people further down: some under a new id with the address in capitals, some under a new title."""
    at = pl.int_range(pl.len())
    width = twins["Customer ID"].str.len_chars().max() or 6
    fresh = (at + people + 17).cast(pl.String).str.zfill(width)
    return twins.with_columns(
        pl.when(at < by_email).then(fresh).otherwise("Customer ID").alias("Customer ID"),
        pl.when(at < by_email).then(pl.col("E-mail").str.to_uppercase()).otherwise("E-mail").alias("E-mail"),
        pl.when(at < by_email).then("Job Title").otherwise(pl.lit("Director")).alias("Job Title"),
        place=pl.col("place") + 0.5 + pl.Series(rng.integers(0, 40, twins.height)),
    )


def torn(csv: str) -> str:
    """The CSV with a cell too many on the lines marked for it."""
    return csv.replace(_SURPLUS, "Bronze,,call back")
