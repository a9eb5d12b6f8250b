"""Which tenant a person works for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request, Response
from pydantic import BaseModel

from liftline_console.callers import Caller
from liftline_console.guarding import page_router, remember_tenant
from liftline_console.permissions import needs
from liftline_console.problems import Problem

router = page_router()


class Choice(BaseModel):
    """The tenant that is chosen."""

    tenant: str


@router.post("/tenant", status_code=204)
def choose(
    request: Request, response: Response, choice: Choice, caller: Annotated[Caller, needs("account.use")]
) -> None:
    """Work for another tenant from now on; each request checks anew that this person may."""
    if choice.tenant not in caller.tenants:
        raise Problem(403, "You have no role in that tenant.")
    remember_tenant(request, response, choice.tenant)
