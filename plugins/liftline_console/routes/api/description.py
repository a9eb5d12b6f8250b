"""The description of the API itself, for whoever is signed in."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Request

from liftline_console.callers import Caller
from liftline_console.guarding import api_router
from liftline_console.permissions import needs

router = api_router("description")


@router.get("/openapi.json", include_in_schema=False)
def describe(request: Request, caller: Annotated[Caller, needs("account.use")]) -> dict[str, Any]:
    """OpenAPI 3.1 with examples."""
    told: dict[str, Any] = request.app.openapi()
    server = {"url": request.scope.get("root_path", "") or "/"}
    return {**told, "servers": [server]}
