"""Experiments: how they are designed, what they can detect, and who got which arm."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Path, Query, Request

from liftline_console.callers import Caller
from liftline_console.guarding import api_router
from liftline_console.paging import Cursor, Limit, after, moment, paged
from liftline_console.permissions import needs
from liftline_console.problems import missing
from liftline_console.routes.api.shapes import shown
from pipelines.experiments import run as step
from pipelines.experiments.analysis.run import results

router = api_router("experiments")
Reader = Annotated[Caller, needs("experiments.read")]
Key = Annotated[str, Path(max_length=200)]

LISTED = {
    "experiment_key": "winter-warmth-0f3c9a7be2", "campaign_id": "winter-warmth-0f3c9a7be2", "kind": "ab",
    "state": "designed", "design_hash": "5d41402abc4b2a76b9719d911017c592", "created_by": "olga",
    "created_at": "2026-11-20T12:00:00Z", "started_at": None, "concluded_at": None,
}  # fmt: skip
ARM = {"name": "friendly", "share": 0.25, "strategy": "friendly", "levels": {}, "control": False, "customers": 245}
EXPERIMENT = {
    **LISTED, "conclusion": None, "assigned": None, "design": {"primary_metric": "clicked", "plan": "sequential"},
    "arms": [ARM], "without_arm": [{"code": "global_holdout", "sentence": "Belongs to the few.", "customers": 20}],
    "power": {"sample_per_arm": 80638, "enough": False, "sentence": "It cannot detect a change from 2% to 2.2%."},
    "included": 1000,
}  # fmt: skip
ASSIGNMENT = {
    "customer_id": "cust_001", "unit_id": "champions", "arm": "friendly", "bucket": 0.6312, "code": "assigned",
    "cohort": 3, "assigned_at": "2026-11-21T09:00:00Z",
}  # fmt: skip
COMPARISON = {
    "metric": "clicked", "arm": "friendly", "control": "professional", "n_arm": 4980, "n_control": 5010,
    "value_arm": 0.061, "value_control": 0.048, "lift_abs": 0.013, "lift_rel": 0.271, "ci_low": 0.002, "ci_high": 0.024,
    "p_value": 0.012, "p_adjusted": 0.024, "verdict": "winner", "reason": "clicked: 6.10% in friendly against 4.80% …",
}  # fmt: skip
RESULTS = {
    "experiment_key": "winter-warmth-0f3c9a7be2", "readout": 3, "as_of": "2026-12-05T09:00:00+00:00", "final": False,
    "verdict": "winner", "winner": "friendly", "reason": "clicked: 6.10% in friendly against 4.80% …", "arms": [],
    "comparisons": [COMPARISON], "health": [], "warnings": [], "currency": "USD", "learnt": None,
    "incremental": {"revenue": 412.0, "low": 35.5, "high": 788.5, "people": 14970, "currency": "USD"},
}  # fmt: skip


@router.get("/experiments", responses=shown({"items": [LISTED], "next_cursor": None}))
def list_experiments(request: Request, caller: Reader, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """Experiments, the newest first."""
    place = after(cursor, str, str)
    before: tuple[datetime, str] | None = (moment(place[0]), place[1]) if place else None
    laboratory = request.app.state.console.services.laboratory
    rows = step.experiments(laboratory, caller.tenant, before=before, most=limit + 1)
    return paged(rows, limit, lambda row: [row["created_at"].isoformat(), row["experiment_key"]])


@router.get("/experiments/{key}", responses=shown(EXPERIMENT, also=[404]))
def get_experiment(request: Request, caller: Reader, key: Key) -> dict[str, Any]:
    """One experiment with its design, its arms, and what it can detect."""
    found = step.find(request.app.state.console.services.laboratory, caller.tenant, key)
    if found is None:
        raise missing(f"experiment {key}")
    return found


@router.get("/experiments/{key}/assignments", responses=shown({"items": [ASSIGNMENT], "next_cursor": None}, also=[404]))
def list_assignments(
    request: Request,
    caller: Annotated[Caller, needs("customers.read")],
    key: Key,
    arm: Annotated[str | None, Query(max_length=200)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Who got which arm, or why none, in order of their ids."""
    laboratory = request.app.state.console.services.laboratory
    if step.find(laboratory, caller.tenant, key) is None:
        raise missing(f"experiment {key}")
    place = after(cursor, str)
    begin = place[0] if place else None
    rows = step.assignments(laboratory, caller.tenant, key, arm=arm, after=begin, most=limit + 1)
    return paged(rows, limit, lambda row: [row["customer_id"]])


@router.get("/experiments/{key}/results", responses=shown(RESULTS, also=[404]))
def get_results(request: Request, caller: Reader, key: Key) -> dict[str, Any]:
    """The newest read-out: every comparison with its interval and verdict, and whether it can be believed."""
    laboratory = request.app.state.console.services.laboratory
    found = results(laboratory, caller.tenant, key) if step.find(laboratory, caller.tenant, key) else None
    if found is None:
        raise missing(f"read-out of experiment {key}")
    return found
