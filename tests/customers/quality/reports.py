"""Files to report on, and a way to read a report as a browser would."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.customers.quality import QualityFacts

ROWS = 60

CLEAN = pl.DataFrame(
    {
        "customer_id": [f"{row:05}" for row in range(ROWS)],
        "email": [f"person{row}@example.com" for row in range(ROWS)],
        "phone": [f"+4930{1000000 + row}" for row in range(ROWS)],
        "first_name": ["Jörg"] * ROWS,
        "last_name": ["O'Neil"] * ROWS,
        "country": ["de", "GB", "US"] * (ROWS // 3),
        "time_zone": ["Europe/Berlin", "Europe/London", "America/New_York"] * (ROWS // 3),
        "locale": ["de-DE", "en_GB", "en"] * (ROWS // 3),
        "signup_date": ["2024-05-01", "01.05.2024", "May 1, 2024"] * (ROWS // 3),
        "last_purchase_date": ["2025-05-01", None, "1 May 2025"] * (ROWS // 3),
        "orders": ["3", "0", "1,204"] * (ROWS // 3),
        "total_spend": ["12.50", "1.234,50 €", "£ 7"] * (ROWS // 3),
        "consent": ["Yes", "no", "1"] * (ROWS // 3),
        "tags": ["vip;new", "", " "] * (ROWS // 3),
    }
)

# Of these some columns are spoilt in every tenth row.
SPOILT = {
    "email": "canary-at-nowhere",
    "phone": "4.91512E+12",
    "country": "Atlantis",
    "time_zone": "half past nine",
    "locale": "canary language",
    "signup_date": "soon-canary",
    "orders": "-3",
    "total_spend": "NaN",
    "consent": "maybe-canary",
    "customer_id": "00001",
}


def spoilt(*columns: str) -> pl.DataFrame:
    """The clean file with these columns spoilt."""
    every_tenth = pl.int_range(pl.len()) % 10 == 5
    return CLEAN.with_columns(
        pl.when(every_tenth).then(pl.lit(SPOILT[column])).otherwise(column).alias(column) for column in columns
    )


def facts(**changes: Any) -> QualityFacts:
    """Facts of an import of the clean file, but for the changes."""
    known: dict[str, Any] = {
        "file_name": "customers.csv",
        "tenant": "acme",
        "batch_id": "b1",
        "rows": ROWS,
        "clean": ROWS,
        "quarantined": 0,
        "limit": 0.2,
        "held": False,
        "reasons": {},
        "sentences": {},
        "columns": {"Customer ID": "customer_id", "Loyalty Tier": "attribute"},
        "imported_at": datetime(2026, 11, 3, 9, 15, tzinfo=UTC),
    }
    return QualityFacts(**(known | changes))


class Page(HTMLParser):
    """A page's tags, the references in them, and its words."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.references: list[str] = []
        self.ids: set[str] = set()
        words: list[str] = []
        self._words = words
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)
        self.text = " ".join(" ".join(words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.references.append(value)
            elif name == "id" and value:
                self.ids.add(value)

    def handle_data(self, data: str) -> None:
        self._words.append(data)
