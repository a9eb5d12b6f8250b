"""Who may do what in a tenant: roles granted and revoked, each with its entry in the audit ledger."""

from __future__ import annotations

import re
from typing import Any

from pipelines.contracts import ROLES, Refusal
from pipelines.database import Database
from pipelines.review import store

USER = re.compile(r"[^\s\x00-\x1f\x7f:]{1,120}")


def grant(database: Database, tenant: str, user: str, role: str, *, by: str, at_machine: bool = False) -> bool:
    """Give a person a role; only an admin may, or whoever sits at the machine itself. False if they held it."""
    _check(user, role)
    with database.transaction(tenant) as connection:
        store.require_tenant(connection, tenant)
        actor = _entitled(connection, tenant, by, at_machine=at_machine)
        given = store.grant(connection, user, role, actor)
        if given:
            store.log(connection, "access.grant", "granted", actor=actor, reason=f"{role} for {user}", about=user)
    return given


def revoke(database: Database, tenant: str, user: str, role: str, *, by: str, at_machine: bool = False) -> bool:
    """Take a role from a person; False if they did not hold it."""
    _check(user, role)
    with database.transaction(tenant) as connection:
        store.require_tenant(connection, tenant)
        actor = _entitled(connection, tenant, by, at_machine=at_machine)
        taken = store.revoke(connection, user, role, actor)
        if taken:
            store.log(connection, "access.revoke", "revoked", actor=actor, reason=f"{role} of {user}", about=user)
    return taken


def grants(database: Database, tenant: str, *, ended: bool = False) -> list[dict[str, Any]]:
    """Who holds which role, by whom and since when; with `ended` also what was revoked."""
    with database.transaction(tenant) as connection:
        store.require_tenant(connection, tenant)
        return store.grants(connection, ended=ended)


def roles_of(database: Database, tenant: str, user: str) -> tuple[str, ...]:
    """The roles that a person holds in a tenant."""
    with database.transaction(tenant) as connection:
        return store.roles_of(connection, user)


def _entitled(connection: Any, tenant: str, by: str, *, at_machine: bool) -> str:
    """The name under which this is entered: nobody who signs in can be called `machine:…`."""
    if at_machine:
        return f"machine:{by}"
    if "admin" not in store.roles_of(connection, by):
        raise Refusal(f"{by} is no admin of tenant {tenant}; ask one, or do it on the machine itself.")
    return by


def _check(user: str, role: str) -> None:
    if role not in ROLES:
        raise Refusal(f"{role} is no role; the roles are: {', '.join(ROLES)}.")
    if not USER.fullmatch(user):
        raise Refusal(f"{user!r} cannot be a user's name; write it without blanks and colons, as they sign in.")
