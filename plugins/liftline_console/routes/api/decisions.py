"""Logged decisions, one entry of the audit ledger each, in the shape that other systems read."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Request

from liftline_console.callers import Caller
from liftline_console.guarding import api_router
from liftline_console.permissions import needs
from liftline_console.routes.api.campaigns import outreach_of
from liftline_console.routes.api.shapes import shown
from pipelines.outreach.run import decisions

router = api_router("decisions")

DECISION = {
    "timestamp": "2025-01-15T10:30:45Z", "decision_id": "dec_812", "customer_id": "cust_001", "agent": "airflow",
    "action": "eligibility.one",
    "parameters": {"object": "customer cust_001", "decision": "included", "reason": "May be written to.",
                   "campaign_id": "winter-warmth-1"},
    "guardrail_checks": {"spam": "pass", "compliance": "pass", "tone": "pass", "money": "pass"},
    "confidence_score": 0.87, "human_override": False, "override_reason": None, "execution_status": "included",
    "result_metrics": {"opens": 1, "clicks": 0, "conversions": 0},
}  # fmt: skip


@router.get("/decisions/{decision_id}", responses=shown(DECISION, also=[404]))
def get_decision(
    request: Request,
    caller: Annotated[Caller, needs("decisions.read")],
    decision_id: Annotated[str, Path(max_length=40, description="`dec_` and the number of the entry in the ledger.")],
) -> dict[str, Any]:
    """One decision: about whom, by whom, what the guardrails said, and what came of it."""
    return decisions.decision(outreach_of(request), caller.tenant, decision_id)
