"""API keys of the tenant: made, rotated, revoked. A secret is shown once."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Request
from pydantic import BaseModel, ConfigDict, Field

from liftline_console.callers import Caller
from liftline_console.guarding import api_router
from liftline_console.permissions import needs
from liftline_console.problems import missing
from liftline_console.routes.api.shapes import shown

router = api_router("api keys")
Keeper = Annotated[Caller, needs("keys.manage")]
KeyId = Annotated[str, Path(pattern="^[0-9a-f]{16}$")]
Days = Annotated[int, Field(ge=1, le=366)]

KEY = {
    "key_id": "1f0c9a7be2d44c10", "name": "shop", "roles": ["operator"], "expires_at": "2027-02-18T12:00:00Z",
    "replaces": None, "key": "ll_1f0c9a7be2d44c10_…",
}  # fmt: skip


class NewKey(BaseModel):
    """What a key is for and may do."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "shop", "roles": ["operator"], "days": 90}]}
    )

    name: Annotated[str, Field(min_length=1, max_length=100)]
    roles: Annotated[list[Annotated[str, Field(max_length=30)]], Field(min_length=1, max_length=9)]
    days: Days = 90


class Rotation(BaseModel):
    """How long the new key lives, and how long the old one still works."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"days": 90, "grace_hours": 24}]})

    days: Days = 90
    grace_hours: Annotated[int, Field(ge=0, le=168)] = 24


@router.get("/api-keys", responses=shown({"items": [{**KEY, "key": None}]}))
def list_keys(request: Request, caller: Keeper) -> dict[str, Any]:
    """All keys without their secrets, newest first."""
    return {"items": request.app.state.console.people.keys(caller.tenant)}


@router.post("/api-keys", status_code=201, responses=shown(KEY, 201))
def make_key(request: Request, caller: Keeper, body: NewKey) -> dict[str, Any]:
    """Make a key; this answer is the only one that holds its secret."""
    request.state.told_once = True
    people = request.app.state.console.people
    made: dict[str, Any] = people.make_key(
        caller.tenant, name=body.name, roles=body.roles, days=body.days, by=caller.name
    )
    return made


@router.post("/api-keys/{key_id}/rotation", status_code=201, responses=shown(KEY, 201))
def rotate_key(request: Request, caller: Keeper, key_id: KeyId, body: Rotation) -> dict[str, Any]:
    """Make a key in place of an old one, which still works for the grace."""
    request.state.told_once = True
    people = request.app.state.console.people
    made: dict[str, Any] = people.rotate_key(
        caller.tenant, key_id, days=body.days, grace_hours=body.grace_hours, by=caller.name
    )
    return made


@router.delete("/api-keys/{key_id}", status_code=204, responses=shown(None, 204, also=[404]))
def revoke_key(request: Request, caller: Keeper, key_id: KeyId) -> None:
    """End a key at once."""
    if not request.app.state.console.people.revoke_key(caller.tenant, key_id, by=caller.name):
        raise missing(f"key {key_id} in force")
