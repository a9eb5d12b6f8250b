"""Models: their versions, what was decided on them and why, and the way back."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path, Request
from pydantic import BaseModel, ConfigDict, Field

from liftline_console.callers import Caller
from liftline_console.guarding import api_router
from liftline_console.permissions import needs
from liftline_console.routes.api.shapes import shown
from pipelines.learning import run as learning

router = api_router("models")
Reader = Annotated[Caller, needs("models.read")]
ModelName = Annotated[Literal["response", "conversion", "churn", "send_hour", "lead_quality"], Path()]

METRICS = {"auc": 0.71, "pr_auc": 0.2, "brier": 0.05, "calibration_error": 0.01, "top_decile_lift": 2.9}
VERSION = {
    "model": "churn", "version": 3, "state": "champion", "rows": 41210, "metrics": METRICS,
    "data_hash": "9f2c…", "artifact_sha256": "51ab…", "code_version": "0c1d2e3f4a5b", "trained_by": "airflow",
    "window_from": "2026-02-01T00:00:00Z", "window_to": "2026-08-01T00:00:00Z", "trained_at": "2026-11-01T02:31:00Z",
}  # fmt: skip
DECISION = {
    "seq": 12, "model": "churn", "version": 3, "champion_before": 2, "champion_after": 3, "decision": "promote",
    "code": "better", "reason": "promoted: better than version 2 (AUC +0.0120, +0.0040 to +0.0200).", "evidence": {},
    "decided_by": "airflow", "decided_at": "2026-11-01T02:31:00Z",
}  # fmt: skip


class Rollback(BaseModel):
    """Why the live version goes."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "It favours one region."}]})

    reason: Annotated[str, Field(min_length=1, max_length=500)]


@router.get("/models", responses=shown({"versions": [VERSION], "decisions": [DECISION]}))
def list_models(request: Request, caller: Reader) -> dict[str, Any]:
    """Every version of every model, and the newest decisions."""
    return learning.models(request.app.state.console.services.workshop, caller.tenant)


@router.get("/models/{model}", responses=shown({"model": "churn", "version": VERSION, "versions": [VERSION]}))
def get_model(request: Request, caller: Reader, model: ModelName) -> dict[str, Any]:
    """The live version with its card, and the history of the model."""
    return learning.show(request.app.state.console.services.workshop, caller.tenant, model)


@router.post("/models/{model}/rollback", responses=shown({"model": "churn", "rolled_back": 3, "champion": 2}))
def roll_back_model(
    request: Request, caller: Annotated[Caller, needs("models.manage")], model: ModelName, body: Rollback
) -> dict[str, Any]:
    """Take the live version out; the one before it is live again, or none (`champion` is null) if it was the first."""
    workshop = request.app.state.console.services.workshop
    return learning.roll_back(workshop, caller.tenant, model, by=caller.name, reason=body.reason)
