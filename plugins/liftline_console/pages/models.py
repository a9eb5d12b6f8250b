"""Models: which version of each is live, what was decided last night and why, and the way back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Request
from fastapi.responses import HTMLResponse

from liftline_console.callers import Caller
from liftline_console.guarding import page_router
from liftline_console.permissions import allowed, needs
from liftline_console.problems import missing
from liftline_console.rendering import page
from pipelines.learning import run as learning

router = page_router()

WORDS = {
    "response": "who answers a message", "conversion": "who orders soon", "churn": "who is about to leave",
    "send_hour": "at which hour to write", "lead_quality": "who becomes a customer",
}  # fmt: skip
LISTED = 12


@router.get("/models")
def models(request: Request, caller: Annotated[Caller, needs("models.read")]) -> HTMLResponse:
    """All models of the tenant."""
    found = learning.models(request.app.state.console.services.workshop, caller.tenant)
    return page(request, "models.html", title="Models", rows=[_summary(found, name) for name in learning.MODELS])


@router.get("/models/{model}")
def model(
    request: Request, caller: Annotated[Caller, needs("models.read")], model: Annotated[str, Path(max_length=40)]
) -> HTMLResponse:
    """One model: champion beside challenger, its card, its history."""
    if model not in learning.MODELS:
        raise missing(f"model {model}")
    found = learning.show(request.app.state.console.services.workshop, caller.tenant, model)
    live = next((row for row in found["versions"] if row["state"] == "champion"), None)
    features = found["version"]["features"] if found["version"] else {}
    newest = found["versions"][0] if found["versions"] else None
    return page(
        request,
        "model.html",
        title=model.replace("_", " ").capitalize(),
        name=model,
        words=WORDS[model],
        live=live,
        challenger=newest if newest and newest is not live else None,
        shown=found["version"],
        importance=list(features.get("used", {}).items())[:LISTED],
        left_out=features.get("left_out", []),
        versions=found["versions"][:LISTED],
        decisions=found["decisions"][:LISTED],
        measurements=found["measurements"][:LISTED],
        may_roll_back=allowed("models.manage", caller.roles),
    )


def _summary(found: dict[str, Any], name: str) -> dict[str, Any]:
    versions = [row for row in found["versions"] if row["model"] == name]
    decided = next((row for row in found["decisions"] if row["model"] == name), None)
    live = next((row for row in versions if row["state"] == "champion"), None)
    return {"name": name, "words": WORDS[name], "live": live, "decided": decided, "versions": len(versions)}
