"""Lists of the console and the API are read along an index, however much a tenant holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pipelines.audit import store as audit
from pipelines.audit.filters import Filters
from pipelines.customers import browsing as customers
from pipelines.customers import reception
from pipelines.knowledge import contributions
from pipelines.outreach import store as outreach
from pipelines.review import browsing as review
from pipelines.segmentation import browsing as segmentation
from pipelines.tenants import run as tenants
from pipelines.webhooks import run as webhooks

MOMENT = "2026-11-20T12:00:00Z"
NOTHING = Filters().values()
LISTS = {
    "whether there is any": (tenants.QUERIES["begun"], {"tenant": "t"}),
    "customers": (customers.QUERIES["customers"], {"after": "c1"}),
    "customers by id or address": (customers.QUERIES["customers_exactly"], {"after": "", "text": "a@example.com"}),
    "a customer": (customers.QUERIES["customer"], {"customer": "c1"}),
    "orders of a customer": (customers.QUERIES["recent_orders"], {"customer": "c1"}),
    "events of a customer": (customers.QUERIES["recent_events"], {"customer": "c1"}),
    "consents": (
        customers.QUERIES["consents"],
        {"customer": "c1", "channel": "", "purpose": "", "occurred_at": "-infinity", "status": ""},
    ),
    "suppressions": (customers.QUERIES["suppressions"], {"address_hash": "", "channel": "", "reason": ""}),
    "imports": (customers.QUERIES["recent_batches"], {}),
    "uploads": (reception.QUERIES["newest"], {"uploaded_at": MOMENT, "upload_id": "u1"}),
    "snapshots": (segmentation.QUERIES["snapshots"], {"taken_at": MOMENT, "snapshot_id": "s1"}),
    "members": (segmentation.QUERIES["members"], {"snapshot_id": "s1", "after": "c1"}),
    "members of a segment": (
        segmentation.QUERIES["members_of_segment"],
        {"snapshot_id": "s1", "segment": "champions", "after": "c1"},
    ),
    "campaigns": (review.QUERIES["campaigns"], {"campaign_id": None, "before": MOMENT, "before_id": "c1"}),
    "campaigns of the API": (
        outreach.QUERIES["campaigns"],
        {"campaign_id": None, "status": None, "before": MOMENT, "before_id": "c1"},
    ),
    "messages": (
        outreach.QUERIES["messages"],
        {"campaign_id": "c1", "status": None, "leads": None, "created_at": MOMENT, "lead_id": "l1", "skipped": 0},
    ),
    "messages of a status": (
        outreach.QUERIES["messages"],
        {"campaign_id": "c1", "status": "sent", "leads": None, "created_at": None, "lead_id": "", "skipped": 0},
    ),
    "the ledger": (audit.QUERIES["entries"], {**NOTHING, "before": 100}),
    "the ledger of a campaign": (audit.QUERIES["entries"], {**NOTHING, "campaign": "c1", "before": 100}),
    "done since a moment": (review.QUERIES["since"], {"since": MOMENT, "actions": ["screen"]}),
    "documents that were brought": (
        contributions.QUERIES["newest"],
        {"brought_at": MOMENT, "contribution_id": "c1"},
    ),
    "deliveries of webhooks": (
        webhooks.QUERIES["deliveries"],
        {"subscription_id": "s1", "state": None, "before": 100},
    ),
}


@pytest.mark.parametrize("what", LISTS)
def test_a_list_is_read_along_an_index(database, tenant, what):
    query, told = LISTS[what]
    with database.transaction(tenant) as connection:
        # Where an index serves, it is used even over an empty table; where none does, the plan says so.
        for way in ("seqscan", "bitmapscan", "sort"):
            connection.execute(f"SET LOCAL enable_{way} = off")
        explained = f"EXPLAIN (FORMAT JSON) {query.as_string(connection)}"
        (row,) = connection.execute(explained, {"most": 51, **told}).fetchall()
    nodes = list(walked(row["QUERY PLAN"][0]["Plan"]))
    assert [node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"] == []
    # A sort just below the limit means that everything is read for one page.
    limits = [node["Plans"][0]["Node Type"] for node in nodes if node["Node Type"] == "Limit"]
    assert "Sort" not in limits


def walked(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A node and all below it."""
    yield node
    for below in node.get("Plans", ()):
        yield from walked(below)
