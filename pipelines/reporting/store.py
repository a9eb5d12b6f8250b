"""What reports read of the marts, and what is kept of them."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from pipelines.contracts import Refusal, no_such_tenant
from pipelines.database import Connection, Queries

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
Rows = list[dict[str, Any]]


class Marts:
    """The marts of the tenant that a transaction is bound to."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def house(self, tenant: str) -> str:
        """What the tenant calls itself, once it is sure that there is something to read."""
        row = self.connection.execute(QUERIES["tenant"], {"tenant": tenant}).fetchone()
        if row is None:
            raise no_such_tenant(tenant)
        built = self.connection.execute(QUERIES["built"]).fetchone()
        if not (built and built["built"]):
            raise Refusal("The marts were never built; run `liftline reporting refresh` first.")
        return str(row["name"])

    def of(self, statement: str, month: date) -> Rows:
        """The rows of a named statement for a month."""
        return self.connection.execute(QUERIES[statement], {"month": month}).fetchall()


class Register:
    """The reports and subscriptions of the tenant that a transaction is bound to."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def newest(self, kind: str, subject: str, for_client: bool) -> dict[str, Any] | None:
        """The newest report of this kind and subject."""
        given = {"kind": kind, "subject": subject, "for_client": for_client}
        return self.connection.execute(QUERIES["newest_report"], given).fetchone()

    def campaigns_due(self) -> list[str]:
        """The campaigns of which something is known that their report does not say."""
        return [row["campaign_id"] for row in self.connection.execute(QUERIES["campaigns_due"]).fetchall()]

    def keep(self, **report: Any) -> None:
        """Note a report."""
        self.connection.execute(QUERIES["keep_report"], report)

    def all(self, before: tuple[datetime, str] | None, most: int) -> Rows:
        """The newest report of each kind and subject, the last made first."""
        made, report_id = before or (None, None)
        asked = {"made_before": made, "id_before": report_id, "most": most}
        return self.connection.execute(QUERIES["reports"], asked).fetchall()

    def one(self, report_id: str) -> dict[str, Any] | None:
        """A report by its id."""
        return self.connection.execute(QUERIES["report"], {"report_id": report_id}).fetchone()

    def subscribe(self, **subscription: Any) -> None:
        """Note who wants what."""
        self.connection.execute(QUERIES["subscribe"], subscription)

    def unsubscribe(self, **subscription: Any) -> bool:
        """End a subscription; whether there was one."""
        return self.connection.execute(QUERIES["unsubscribe"], subscription).fetchone() is not None

    def subscriptions(self) -> Rows:
        """Who wants what."""
        return self.connection.execute(QUERIES["subscriptions"]).fetchall()

    def delivered(self, subscription_id: str, period: str) -> None:
        """Note what a subscriber got last."""
        self.connection.execute(QUERIES["delivered"], {"subscription_id": subscription_id, "period": period})
