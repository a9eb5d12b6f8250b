"""Insights: what worked, with its evidence, and what people say to it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from liftline_console.callers import Caller
from liftline_console.guarding import api_router
from liftline_console.permissions import needs
from liftline_console.routes.api.shapes import shown
from pipelines.learning import run as learning

router = api_router("insights")

INSIGHT = {
    "insight_id": "i-4be1c2a09d31f07a", "dimension": "subject_pattern", "value": "ask a question", "segment": None,
    "statement": "Subjects that ask a question earned 1.31 times the answers that were to be expected.",
    "effect": 0.31, "ci_low": 0.12, "ci_high": 0.52, "evidence": {"reached": 5200, "engaged": 210}, "state": "offered",
    "offered_at": "2026-11-01T02:32:00Z", "decided_by": None, "decided_at": None, "comment": None,
    "prompt_version": None,
}  # fmt: skip


class Decision(BaseModel):
    """Yes or no, and why."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"decision": "accepted"}]})

    decision: Literal["accepted", "rejected"]
    comment: Annotated[str, Field(max_length=500)] = ""


@router.get("/insights", responses=shown({"items": [INSIGHT]}))
def list_insights(
    request: Request,
    caller: Annotated[Caller, needs("insights.read")],
    state: Annotated[Literal["offered", "accepted", "rejected", "outdated"] | None, Query()] = None,
) -> dict[str, Any]:
    """What was learnt, offers first."""
    return {"items": learning.insights(request.app.state.console.services.workshop, caller.tenant, state=state)}


@router.post("/insights/{insight_id}/decision", responses=shown(INSIGHT))
def decide_on_insight(
    request: Request,
    caller: Annotated[Caller, needs("insights.decide")],
    insight_id: Annotated[str, Path(max_length=40)],
    body: Decision,
) -> dict[str, Any]:
    """Accept an insight, which makes a new version of the prompt, or reject it; only a person may."""
    return learning.decide(
        request.app.state.console.services.workshop, caller.tenant, insight_id, body.decision, by=caller.name,
        comment=body.comment,
    )  # fmt: skip
