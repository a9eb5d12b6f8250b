"""Customers: find them and look at one."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Request

from liftline_console.callers import Caller
from liftline_console.guarding import api_router
from liftline_console.paging import Cursor, Limit, after, paged
from liftline_console.permissions import needs
from pipelines.customers import browsing

router = api_router("customers")
Reader = Annotated[Caller, needs("customers.read")]


@router.get("/customers")
def list_customers(request: Request, caller: Reader, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """Customers by id, page by page."""
    place = after(cursor, str)
    database = request.app.state.console.services.database
    rows = browsing.customers(database, caller.tenant, after=place[0] if place else None, most=limit + 1)
    return paged(rows, limit, lambda row: [row["customer_id"]])
