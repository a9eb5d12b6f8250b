"""Use cases: pause a campaign, let it go on, or cancel it for good."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pipelines.contracts import Refusal
from pipelines.database import Queries
from pipelines.review import store
from pipelines.review.ports import Board

QUERIES = Queries(Path(__file__).with_name("browsing.sql"))

Turn = Literal["pause", "resume", "cancel"]
FROM: Mapping[Turn, tuple[str, ...]] = {
    "pause": ("draft", "active"),
    "resume": ("paused",),
    "cancel": ("draft", "active", "paused"),
}
PAST: Mapping[Turn, str] = {"pause": "paused", "resume": "resumed", "cancel": "cancelled"}


def steer(board: Board, tenant: str, campaign_id: str, turn: Turn, *, by: str, reason: str) -> str:
    """Take the turn, and return the status that the campaign has now; done already, it stays as it is."""
    if not reason.strip():
        raise Refusal(f"Say why campaign {campaign_id} is to be {PAST[turn]}.")
    with board.database.transaction(tenant) as connection:
        before = store.campaign(connection, campaign_id)["status"]
        sent = connection.execute(QUERIES["was_sent"], {"campaign_id": campaign_id}).fetchone()
        going = "active" if sent and sent["yes"] else "draft"
        status = going if turn == "resume" else PAST[turn]
        if before == status or (turn == "resume" and before in ("draft", "active")):
            return str(before)
        told = {"campaign_id": campaign_id, "status": status, "before": list(FROM[turn])}
        if connection.execute(QUERIES["steer"], told).fetchone() is None:
            raise Refusal(f"Campaign {campaign_id} is {before} and cannot be {PAST[turn]}.")
        store.log(
            connection, f"campaign.{turn}", PAST[turn], actor=by, reason=reason.strip(), about=campaign_id,
            campaign_id=campaign_id,
        )  # fmt: skip
    return status
