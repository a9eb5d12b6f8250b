"""Who the invented customers are: names, addresses, companies and buying habits."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np
import polars as pl
from places import COUNTRIES, Country


@dataclass(frozen=True)
class Habit:
    """A way of buying: ranges in days before the reference date, of orders, and how often mail is opened."""

    name: str
    share: float
    signed_up: tuple[int, int]
    orders: tuple[int, int]
    last_order: tuple[int, int]
    opens: float
    tier: str


HABITS = (
    Habit("champion", 0.05, (400, 1500), (8, 30), (1, 30), 0.75, "Gold"),
    Habit("loyal", 0.10, (200, 1400), (4, 10), (5, 70), 0.55, "Silver"),
    Habit("regular", 0.15, (100, 1200), (2, 5), (20, 95), 0.40, "Bronze"),
    Habit("one-time", 0.30, (40, 1300), (1, 1), (1, 1300), 0.22, "Bronze"),
    Habit("lapsed", 0.17, (400, 1500), (2, 8), (100, 390), 0.08, "Bronze"),
    Habit("newcomer", 0.08, (2, 29), (0, 2), (1, 28), 0.60, ""),
    Habit("browser", 0.15, (30, 1400), (0, 0), (1, 1), 0.25, ""),
)
BROWSER = len(HABITS) - 1

_STEMS = ("Nordlicht", "Blue Harbour", "Ardoise", "Kestrel", "Söderholm", "Río Claro", "Falkenau", "Maple & Finch",
          "Tramontana", "Hinoki", "Quarzo", "Lumière d'Or", "Zephyr", "Old Mill", "Wielka Łąka", "Ipê")  # fmt: skip
_TRADES = ("Logistics", "Studio", "Foods", "Textiles", "Software", "Clinic", "Interiors", "Energy, Water & Heat",
           "Söhne", "Instruments", "Travel", "Bikes")  # fmt: skip
_TITLES = ("Owner", "Head of Marketing, EMEA", "Buyer", "Office Manager", "CTO", "Geschäftsführerin",
           'Engineer "Platform"', "Responsable des achats", "Intern", "Chief of Staff", "", "")  # fmt: skip
_DOMAINS = ("example.com", "example.org", "example.net")
_LETTERS = str.maketrans(
    {
        "ß": "ss",
        "ø": "o",
        "ł": "l",
        "Ł": "l",
        "ı": "i",
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "Ö": "oe",
        "Ä": "ae",
        "Ü": "ue",
    }
)


def picked(rng: np.random.Generator, size: int, shares: list[float]) -> np.ndarray:
    """Indices drawn by their shares."""
    return np.minimum(np.searchsorted(np.cumsum(shares), rng.random(size), side="right"), len(shares) - 1)


def between(rng: np.random.Generator, low: np.ndarray, high: np.ndarray, skew: float = 1.0) -> np.ndarray:
    """Whole numbers from low to high, both included; a skew above 1 makes the small ones common."""
    return low + np.floor((np.maximum(high - low, 0) + 1) * rng.random(len(low)) ** skew).astype(np.int64)


def people(rng: np.random.Generator, size: int) -> pl.DataFrame:
    """One row per person, with their habits and the day they signed up, as days before the reference date."""
    habit = picked(rng, size, [one.share for one in HABITS])
    age = between(rng, *(np.array([one.signed_up[end] for one in HABITS])[habit] for end in (0, 1)))
    country = picked(rng, size, [one.share for one in COUNTRIES])
    homes = [_home(rng, land, np.flatnonzero(country == at)) for at, land in enumerate(COUNTRIES)]
    width = max(6, len(str(size)))
    frame = (
        pl.concat(homes)
        .sort("person")
        .with_columns(
            customer_id=pl.col("person").add(17).cast(pl.String).str.zfill(width),
            habit=pl.Series(habit),
            age=pl.Series(age),
            tier=pl.Series([one.tier for one in HABITS]).gather(habit),
        )
    )
    return _with_company(rng, _with_email(rng, frame))


def _home(rng: np.random.Generator, land: Country, rows: np.ndarray) -> pl.DataFrame:
    def some(values: tuple[str, ...]) -> pl.Series:
        return pl.Series(values, dtype=pl.String).gather(rng.integers(0, len(values), len(rows)))

    at = rng.integers(0, len(land.cities), len(rows))
    first, last = some(land.first_names), some(land.last_names)
    # Mail that knows no zone or no telephone is everyday business.
    zone = pl.Series([city.time_zone for city in land.cities]).gather(at)
    return pl.DataFrame(
        {
            "person": rows,
            "first_name": first.str.extract(r"^([^:]+)"),
            "last_name": last.str.extract(r"^([^:]+)"),
            "mailbox": _latin(first) + "." + _latin(last),
            "country": pl.Series([land.code]).new_from_index(0, len(rows)),
            "region": pl.Series([city.region for city in land.cities]).gather(at),
            "city": pl.Series([city.name for city in land.cities]).gather(at),
            "zone": zone,
            "time_zone": zone.set(pl.Series(rng.random(len(rows)) < 0.04), ""),
            "locale": some(land.locales),
            "currency": pl.Series([land.currency]).new_from_index(0, len(rows)),
            "rate": pl.Series([land.rate]).new_from_index(0, len(rows)),
            "phone": _phones(rng, land, len(rows)),
        }
    )


def _phones(rng: np.random.Generator, land: Country, size: int) -> pl.Series:
    """Half as one dials them at home, half as E.164, a quarter none at all."""
    which = rng.integers(0, len(land.phones), size)
    digits = pl.Series(rng.integers(0, 10_000, size)).cast(pl.String).str.zfill(4)
    filled = pl.Series([""], dtype=pl.String).new_from_index(0, size)
    for at, pattern in enumerate(land.phones):
        rows = pl.Series(np.flatnonzero(which == at))
        left, written = digits.gather(rows), pl.Series([""], dtype=pl.String).new_from_index(0, len(rows))
        used = 0
        for letter in pattern:
            written = written + (left.str.slice(used, 1) if letter == "#" else letter)
            used += letter == "#"
        filled = filled.scatter(rows, written)
    trunk = "" if land.code == "IT" else "^0"
    bare = filled.str.replace_all(r"\D", "").str.replace(trunk or "^$", "")
    form = rng.random(size)
    return filled.zip_with(pl.Series(form < 0.5), land.calling_code + bare).set(pl.Series(form > 0.75), "")


def _latin(names: pl.Series) -> pl.Series:
    def one(name: str) -> str:
        plain = unicodedata.normalize("NFKD", name.rpartition(":")[2].translate(_LETTERS))
        return "".join(letter for letter in plain.lower() if letter.isascii() and letter.isalpha())

    known = names.unique(maintain_order=True)
    return names.replace_strict(known, pl.Series([one(name) for name in known], dtype=pl.String))


def _with_email(rng: np.random.Generator, frame: pl.DataFrame) -> pl.DataFrame:
    namesake = pl.col("person").cum_count().over("mailbox")
    number = pl.when(namesake > 1).then(namesake.cast(pl.String)).otherwise(pl.lit(""))
    domain = pl.Series(_DOMAINS).gather(rng.integers(0, len(_DOMAINS), frame.height))
    return frame.with_columns(email=pl.col("mailbox") + number + "@" + domain)


def _with_company(rng: np.random.Generator, frame: pl.DataFrame) -> pl.DataFrame:
    """Two in five work for an account; its people write to it at its own domain."""
    accounts = max(frame.height // 8, 1)
    stem, trade = (rng.integers(0, len(words), accounts) for words in (_STEMS, _TRADES))
    form = picked(rng, accounts, [one.share for one in COUNTRIES])
    number = pl.int_range(accounts, eager=True)
    stems = pl.Series(_STEMS).gather(stem)
    # Every 40th name has the line break that an address field once had.
    gap = pl.Series([" ", "\n"]).gather((number % 40 == 3).cast(pl.Int64))
    name = (
        stems
        + gap
        + pl.Series(_TRADES).gather(trade)
        + " "
        + pl.Series([c.company_form for c in COUNTRIES]).gather(form)
    )
    domain = _latin(stems) + number.cast(pl.String) + ".example"
    at = pl.Series(rng.integers(0, accounts, frame.height))
    employed = pl.Series(rng.random(frame.height) < 0.4)
    title = pl.Series(_TITLES).gather(rng.integers(0, len(_TITLES), frame.height))

    def of_account(values: pl.Series) -> pl.Series:
        return values.gather(at).set(~employed, "")

    frame = frame.with_columns(
        company=of_account(name),
        account_id=of_account("A-" + number.cast(pl.String).str.zfill(5)),
        job_title=title.set(~employed, ""),
        work=of_account(domain),
    )
    at_work = pl.col("email").str.extract(r"^([^@]+)") + "@" + pl.col("work")
    return frame.with_columns(email=pl.when(pl.col("work") != "").then(at_work).otherwise("email")).drop("work")
