"""Knowledge: the approved passages that answer a question."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import Query, Request

from liftline_console.callers import Caller
from liftline_console.guarding import api_router
from liftline_console.permissions import needs
from liftline_console.routes.api.shapes import shown
from pipelines.contracts import PassageFilters
from pipelines.knowledge.run import search

router = api_router("knowledge")

FOUND = {
    "passage": {"passage_id": "p-2f9c", "title": "Delivery", "text": "We deliver within three days.", "locale": "en"},
    "score": 0.031, "keyword_rank": 1, "vector_rank": 2,
}  # fmt: skip


@router.get("/knowledge/search", responses=shown({"items": [FOUND]}))
def search_knowledge(
    request: Request,
    caller: Annotated[Caller, needs("knowledge.read")],
    q: Annotated[str, Query(min_length=1, max_length=500, description="What is asked, in words.")],
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
    locale: Annotated[str | None, Query(max_length=10)] = None,
) -> dict[str, Any]:
    """Approved, unexpired passages that answer best, best first."""
    services = request.app.state.console.services
    filters = PassageFilters(on=services.clock().date(), locale=locale)
    return {"items": [asdict(one) for one in search(services.library, caller.tenant, q, filters, limit)]}
