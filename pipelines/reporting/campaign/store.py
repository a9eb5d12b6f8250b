"""What the report of a campaign reads, all of it in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.contracts import Json, Refusal
from pipelines.database import Connection, Queries
from pipelines.reporting.attribution import credited
from pipelines.reporting.document import Unit

QUERIES = Queries(Path(__file__).with_name("queries.sql"))

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that is known of a campaign; what did not happen yet is empty."""

    campaign: Row
    experiment: Row | None
    readouts: list[Row]
    analysis: Json | None
    promotions: list[Row]
    audience: Row | None
    without_arm: list[Row]
    arms: list[Row]
    costs: Row
    # What each model of attribution credits; empty before the marts were built.
    attribution: list[Row]

    @property
    def currency(self) -> str | None:
        """In what revenue was told; None where nobody said, or in several."""
        return (self.analysis or {}).get("currency")

    @property
    def amount(self) -> Unit:
        """How revenue is written."""
        return "usd" if self.currency == "USD" else "amount"

    @property
    def newest(self) -> Row | None:
        """The read-out that counts."""
        return self.readouts[0] if self.readouts else None


def facts_of(connection: Connection, campaign_id: str) -> Facts:
    """The facts of a campaign of the tenant that the transaction is bound to."""

    def rows(name: str) -> list[Row]:
        return connection.execute(QUERIES[name], {"campaign_id": campaign_id}).fetchall()

    def one(name: str) -> Row | None:
        return next(iter(rows(name)), None)

    rows("set_based")
    campaign = one("campaign")
    if campaign is None:
        raise Refusal(f"There is no campaign {campaign_id}; check the id.")
    analysis = one("analysis")
    (costs,) = rows("costs")
    return Facts(
        campaign, one("experiment"), rows("readouts"), analysis["analysis"] if analysis else None, rows("promotions"),
        one("audience"), rows("without_arm"), rows("arms"), costs,
        credited(connection, campaign_id) or [],
    )  # fmt: skip
