"""A large customer file for benchmarks: 15 columns, one row in a hundred bad, about 137 MB at a million rows.

.venv/bin/python -m benchmarks.million FOLDER [ROWS]
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import polars as pl

# Part of the file's name: raise it with every change of what is written, or old files would be measured.
VERSION = 1

_COUNTRIES = ("DE", "FR", "GB", "US", "ES", "NL", "SE", "JP")
_ZONES = ("Europe/Berlin", "Europe/Paris", "Europe/London", "America/New_York", "Europe/Madrid", "Europe/Amsterdam",
          "Europe/Stockholm", "Asia/Tokyo")  # fmt: skip
# National digits before the last four, in number ranges without a pattern that a reader could guess.
_CALLING = ("+493023125", "+3319900", "+442079460", "+121255501", "+34910555", "+31205550", "+468465004", "+8135550")
_DIGITS = (3, 4, 3, 2, 3, 3, 2, 4)
_FIRST = ("Anna", "Jörg", "Chloé", "Oliver", "María", "Sanne", "Åsa", "Yoko", "Lukas", "Priya", "Emily", "Karim")
_LAST = ("Müller", "Lefèvre", "O'Connor", "García", "de Vries", "Lindqvist", "Sato", "Smith", "Weiß", "Patel", "Nguyen")
_STEMS = ("Nordlicht", "Blue Harbour", '"Kestrel"', "Falkenau", "Old Mill")
_TRADES = ("Logistics", "Studio, Ltd", "Foods", "Software", "Clinic", "Energy")
_PRIME = 4_294_967_291
_BAD = ("no address", "2031-05-01", "Atlantis", "-3", "NaN")


def customers_csv(folder: Path, rows: int) -> Path:
    """The CSV with that many rows in the folder; written once, then found again."""
    path = folder / f"customers-{rows}-v{VERSION}.csv"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}.draft")
        try:
            _table(rows).sink_csv(draft)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    return path


def _table(rows: int) -> pl.LazyFrame:
    # Drawn by a hash of the row's number: the same on every machine, and in one pass.
    numbers = pl.LazyFrame().select(n=pl.int_range(rows, dtype=pl.UInt64))
    n = pl.col("n")

    def drawn(stream: int, below: int) -> pl.Expr:
        spread = (n + 1) * (stream * 7_919 + 104_729) % _PRIME
        return spread * spread % _PRIME // 97 % below

    def one_of(values: tuple[str | None, ...] | tuple[int, ...], index: pl.Expr) -> pl.Expr:
        return pl.lit(pl.Series(values)).gather(index)

    land = drawn(1, len(_COUNTRIES))
    orders = drawn(2, 16) * drawn(3, 4) // 3
    signup = pl.date(2022, 1, 1) + pl.duration(days=drawn(4, 1500))
    bad = pl.when(n % 100 == 41).then(n // 100 % len(_BAD)).otherwise(len(_BAD))

    def spoilt(column: pl.Expr, kind: int) -> pl.Expr:
        return pl.when(bad == kind).then(pl.lit(_BAD[kind])).otherwise(column)

    digits = drawn(5, 10_000).cast(pl.String).str.zfill(4).str.slice(0, one_of(_DIGITS, land))
    email = pl.format("{}.{}{}@example.{}", one_of(("anna", "j.r", "chloe", "oliver-k"), drawn(6, 4)),
                      one_of(("mueller", "smith", "sato", "garcia"), drawn(7, 4)), n,
                      one_of(("com", "org", "net"), drawn(8, 3)))  # fmt: skip
    return numbers.select(
        customer_id=n.cast(pl.String).str.zfill(8),
        email=spoilt(email, 0),
        phone=pl.when(drawn(9, 10) < 8).then(one_of(_CALLING, land) + digits),
        first_name=one_of(_FIRST, drawn(10, len(_FIRST))),
        last_name=one_of(_LAST, drawn(11, len(_LAST))),
        company=pl.when(drawn(19, 100) < 55).then(
            one_of(_STEMS, drawn(12, len(_STEMS))) + " " + one_of(_TRADES, drawn(13, len(_TRADES)))
        ),
        country=spoilt(one_of(_COUNTRIES, land), 2),
        time_zone=one_of(_ZONES, land),
        signup_date=spoilt(signup.dt.strftime("%Y-%m-%d"), 1),
        last_purchase_date=pl.when(orders > 0).then(
            (signup + pl.duration(days=drawn(14, 200))).dt.strftime("%Y-%m-%d")
        ),
        orders=spoilt(orders.cast(pl.String), 3),
        total_spend=spoilt(pl.format("{}.{}", orders * (drawn(15, 90) + 9), drawn(16, 90) + 10), 4),
        consent=one_of(("yes", "yes", "yes", "no", None), drawn(17, 5)),
        consent_date=signup.dt.strftime("%Y-%m-%d"),
        tags=one_of(("b2b", "vip;b2b", "home", "home;newsletter", None), drawn(18, 5)),
    )


if __name__ == "__main__":
    started = time.monotonic()
    written = customers_csv(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000)
    print(f"{written}: {written.stat().st_size / 1e6:.0f} MB in {time.monotonic() - started:.1f} s")
