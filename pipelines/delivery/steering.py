"""Pause a campaign, let it go on, or cancel it for good: the one place that does, whoever asks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pipelines.contracts import Refusal
from pipelines.database import Database
from pipelines.delivery.store import Store

Turn = Literal["pause", "resume", "cancel"]
FROM: Mapping[Turn, tuple[str, ...]] = {
    "pause": ("draft", "active"),
    "resume": ("paused",),
    "cancel": ("draft", "active", "paused"),
}
PAST: Mapping[Turn, str] = {"pause": "paused", "resume": "resumed", "cancel": "cancelled"}


def steer(database: Database, tenant: str, campaign_id: str, turn: Turn, *, by: str, reason: str, now: datetime) -> str:
    """Take the turn, and return the status that the campaign has now; done already, it stays as it is.

    The next claim waits for this transaction or finds what it left; between two requests of a claim it is asked too.
    """
    if not reason.strip():
        raise Refusal(f"Say why campaign {campaign_id} is to be {PAST[turn]}.")
    with database.transaction(tenant) as connection:
        store = Store(connection, tenant, campaign_id)
        store.rows("lock_campaign")
        before = store.campaign()["status"]
        sent = store.row("was_sent")
        going = "active" if sent and sent["yes"] else "draft"
        status = going if turn == "resume" else PAST[turn]
        if turn == "cancel" and before in (*FROM[turn], status):
            # Cancelled already too: an older one left what was claimed just then, and the experiment, as they were.
            store.rows("cancel_waiting", now=now)
            store.rows("tell_outreach", messages=None)
            store.rows("cancel_experiment", now=now)
        if before == status or (turn == "resume" and before in ("draft", "active")):
            return str(before)
        if before not in FROM[turn]:
            raise Refusal(f"Campaign {campaign_id} is {before} and cannot be {PAST[turn]}.")
        store.rows("set_status", status=status)
        if turn == "resume":
            store.rows("note_success", now=now)
        store.log(f"campaign.{turn}", PAST[turn], reason.strip(), by=by, about=campaign_id)
    return status
