"""What does not hold afterwards, by the vendor's own count, by the ledger's, by promises and by the audit export."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pipelines.audit.run import Scope, export, verify
from pipelines.delivery.run import Delivery
from pipelines.promises.run import examine
from pipelines.services import Services
from tests.doubles.sendgrid_server import SendGridServer

STRATEGIES = 3
COPY = f"""
SELECT 'unscreened: ' || variant_id AS what FROM variants AS v
WHERE status = 'drafted' AND NOT EXISTS (
    SELECT 1 FROM screenings AS s WHERE s.content_hash = v.content_hash AND NOT s.undecided)
UNION ALL
SELECT 'written more than once: ' || unit_id || ', ' || strategy FROM variants GROUP BY unit_id, strategy
HAVING count(*) > 1
UNION ALL
SELECT 'texts of ' || u.unit_id || ': ' || count(v.*) FROM audience_units AS u
LEFT JOIN variants AS v ON v.campaign_id = u.campaign_id AND v.unit_id = u.unit_id
GROUP BY u.campaign_id, u.unit_id HAVING count(v.*) <> {STRATEGIES}
UNION ALL
SELECT 'no group of people has a text' WHERE NOT EXISTS (SELECT 1 FROM variants)"""


def broken_in_copy(services: Services, tenant: str) -> Iterator[str]:
    """Texts that nobody screened, that were written twice, and those that are missing."""
    with services.database.transaction(tenant) as connection:
        for row in connection.execute(COPY.encode()):
            yield str(row["what"])


def broken_in_delivery(stands: Delivery, states: dict[str, str], vendor: SendGridServer) -> Iterator[str]:
    """People and messages that do not add up; `states` are the ledger's, by message."""
    if twice := [message for message in states if vendor.deliveries[message] > 1]:
        yield f"{len(twice)} messages were delivered more than once"
    if stands.waiting or stands.audience != stands.claimed + stands.skipped:
        yield f"people do not add up: {stands}"
    if stands.claimed != stands.accepted + stands.rejected + stands.unknown:
        yield f"messages do not add up: {stands}"
    if lost := [one for one, state in states.items() if state == "accepted" and not vendor.deliveries[one]]:
        yield f"{len(lost)} messages are accepted and were never delivered"
    if odd := [one for one in states if vendor.deliveries[one] and states[one] not in ("accepted", "unknown")]:
        yield f"{len(odd)} messages were delivered and the ledger does not know"


def broken_promises(services: Services, tenant: str, now: datetime) -> Iterator[str]:
    """What `doctor --promises` finds, and whether an export of the audit ledger is whole."""
    for promise in examine(services.database, [tenant], now=now):
        if promise.broken:
            yield f"promise broken: {promise.promise} ({promise.broken}, {', '.join(promise.examples)})"
    folder = services.settings.liftline_reports / f"chaos-{tenant}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    made: Any = export(services.archive, Scope(tenant, None), folder, by="chaos")
    verdict = verify(folder, services.anchors)
    if made.fault or not verdict.whole:
        yield f"the audit ledger is not whole: {made.fault or verdict.sentence}"
