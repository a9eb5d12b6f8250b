"""Messages: their variants side by side, and what a channel says became of them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Request
from pydantic import BaseModel, ConfigDict, Field

from liftline_console.callers import Caller
from liftline_console.guarding import api_router
from liftline_console.permissions import needs
from liftline_console.routes.api.campaigns import MESSAGE, VARIANTS, MessageStatus, outreach_of
from liftline_console.routes.api.shapes import shown
from pipelines.outreach.run import messages

router = api_router("messages")
MessageId = Annotated[str, Path(max_length=100)]

SIDE_BY_SIDE = {
    "message_id": MESSAGE["id"], "campaign_id": MESSAGE["campaign_id"], "lead_id": "cust_001", "selected_variant": 0,
    "status": "pending", "variants": VARIANTS,
}  # fmt: skip
REPORT: dict[str, Any] = {"status": "delivered", "channel_data": {"email_id": "msg_123456", "provider": "sendgrid"}}
REPORTED = {
    "success": True, "message_id": MESSAGE["id"], "campaign_id": MESSAGE["campaign_id"], "lead_id": "cust_001",
    "status": "delivered", "reported": "delivered", "channel_data": REPORT["channel_data"],
}  # fmt: skip


class Report(BaseModel):
    """What became of a message."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [REPORT]})

    status: MessageStatus
    channel_data: Annotated[dict[str, Any], Field(max_length=100)] = {}
    by_machine: Annotated[bool, Field(description="Opened or clicked by a robot; told apart in the statistics.")] = (
        False
    )


@router.get("/messages/{message_id}/variants", responses=shown(SIDE_BY_SIDE, also=[404]))
def compare_variants(
    request: Request, caller: Annotated[Caller, needs("messages.read")], message_id: MessageId
) -> dict[str, Any]:
    """The variants of a message, each as its lead would read it, with its verdict."""
    return messages.variants(outreach_of(request), caller.tenant, message_id)


@router.put("/messages/{message_id}/status", responses=shown(REPORTED, also=[404, 409]))
def report_status(
    request: Request, caller: Annotated[Caller, needs("outreach.write")], message_id: MessageId, body: Report
) -> dict[str, Any]:
    """Report what a channel of your own did; every report is kept, and a late one takes nothing back.

    That a message was sent can only be reported of a campaign that is approved as it stands.
    """
    return messages.report(
        outreach_of(request), caller.tenant, message_id, status=body.status, channel_data=body.channel_data,
        by_machine=body.by_machine, by=caller.name,
    )  # fmt: skip
