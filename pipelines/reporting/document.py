"""What a report is before anybody prints it: sections of sentences, tables and charts, with the facts in them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

# A report that is laid out anew is a new report, even of the same facts.
LAYOUT = 3

Kind = Literal["executive", "deliverability", "safety", "learning", "campaign"]
Unit = Literal[
    "text", "count", "share", "points", "change", "usd", "amount", "hours", "times", "number", "range", "date", "month"
]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: where its cells are found, what people call it, how they are read."""

    name: str
    title: str
    unit: Unit = "text"


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of a table: what runs along it and what is measured."""

    form: Literal["line", "bars", "heat", "diagonal", "intervals"]
    x: str
    y: str
    title: str
    colour: str | None = None
    unit: Unit = "number"
    size: str | None = None
    low: str | None = None
    high: str | None = None
    # What stands under what runs along it, where its values do not say themselves what they are.
    below: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, what there is to say, and the rows that it rests on."""

    key: str
    heading: str
    sentences: Sequence[str] = ()
    columns: Sequence[Column] = ()
    rows: Sequence[Row] = ()
    charts: Sequence[Chart] = ()
    empty: str = "Nothing happened here yet."
    # Folded are details that few open; not on the page is what only the files hold.
    folded: bool = False
    on_page: bool = True

    def bare(self) -> Section:
        """The same with nothing in its rows but what is shown: what must not be seen is not in the files either."""
        drawn = {
            name
            for chart in self.charts
            for name in (chart.x, chart.y, chart.colour, chart.size, chart.low, chart.high)
            if name
        }
        names = [column.name for column in self.columns]
        names += sorted(drawn - set(names))
        return replace(self, rows=[{name: row[name] for name in names} for row in self.rows])


@dataclass(frozen=True, slots=True)
class Report:
    """One report of one tenant over one period, or of one campaign, whose id stands where the period would."""

    kind: Kind
    title: str
    tenant: str
    house: str
    period: str
    for_client: bool
    sections: Sequence[Section] = field(default_factory=tuple)

    def facts(self) -> dict[str, Any]:
        """Everything that it says, as JSON would hold it."""
        found: dict[str, Any] = json.loads(json.dumps(asdict(self), default=_plain, ensure_ascii=False))
        return found

    def content_hash(self) -> str:
        """The same facts in the same layout, the same hash."""
        told = json.dumps([LAYOUT, self.facts()], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(told.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a report cannot hold a {type(value).__name__}")
