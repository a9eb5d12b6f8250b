"""What each role may do. A route names one permission; who has no role that holds it is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Depends, Request

from liftline_console.callers import Caller

EVERYONE = frozenset(
    {"operator", "reviewer", "qa", "compliance", "analyst", "ai_template_manager", "manager", "director", "admin"}
)  # fmt: skip

PERMISSIONS: dict[str, frozenset[str]] = {
    "home.read": EVERYONE,
    "account.use": EVERYONE,
    "jobs.read": EVERYONE,
    "knowledge.read": EVERYONE,
    "knowledge.write": frozenset(
        {"operator", "reviewer", "qa", "compliance", "ai_template_manager", "manager", "admin"}
    ),
    # The database asks for the same roles.
    "knowledge.approve": frozenset({"reviewer", "qa", "compliance", "manager", "director"}),
    "segments.read": EVERYONE,
    "customers.read": frozenset({"operator", "reviewer", "compliance", "analyst", "manager", "admin"}),
    "consents.read": frozenset({"operator", "reviewer", "compliance", "manager", "admin"}),
    "consents.write": frozenset({"operator", "compliance", "manager", "admin"}),
    "suppressions.read": frozenset({"operator", "reviewer", "compliance", "manager", "admin"}),
    "suppressions.write": frozenset({"operator", "compliance", "manager", "admin"}),
    # The database asks for the same roles, and for two people.
    "lifts.ask": frozenset({"compliance"}),
    "lifts.answer": frozenset({"compliance", "manager", "director"}),
    "erasures.write": frozenset({"compliance", "admin"}),
    "experiments.read": EVERYONE,
    "events.write": frozenset({"operator", "admin"}),
    "uploads.read": frozenset({"operator", "compliance", "analyst", "manager", "admin"}),
    "uploads.write": frozenset({"operator", "manager", "admin"}),
    "audit.read": frozenset({"compliance", "qa", "manager", "director", "admin"}),
    "audit.export": frozenset({"compliance", "admin"}),
    "engagement.read": frozenset(
        {"operator", "reviewer", "qa", "compliance", "analyst", "manager", "director", "admin"}
    ),
    "engagement.write": frozenset({"operator", "admin"}),
    "campaigns.read": EVERYONE,
    "campaigns.write": frozenset({"operator", "manager", "admin"}),
    "variants.edit": frozenset({"operator", "reviewer", "qa", "compliance", "ai_template_manager", "manager", "admin"}),
    "variants.rate": EVERYONE,
    "variants.decide": frozenset({"reviewer", "qa", "compliance", "ai_template_manager", "manager", "director"}),
    # Which of them which question, the policy of the review queue says.
    "questions.answer": frozenset({"reviewer", "qa", "compliance", "manager", "director"}),
    "approvals.answer": frozenset({"reviewer", "qa", "compliance", "manager", "director"}),
    "insights.read": EVERYONE,
    # The database asks for the same roles.
    "insights.decide": frozenset({"ai_template_manager", "manager", "director", "admin"}),
    "models.read": EVERYONE,
    "models.manage": frozenset({"analyst", "manager", "admin"}),
    "keys.manage": frozenset({"admin"}),
    "outreach.read": frozenset({"operator", "reviewer", "qa", "compliance", "analyst", "manager", "director", "admin"}),
    "outreach.write": frozenset({"operator", "manager", "admin"}),
    "reports.read": EVERYONE,
    "marts.read": frozenset({"analyst", "compliance", "manager", "director", "admin"}),
    "messages.read": frozenset({"operator", "reviewer", "qa", "compliance", "manager", "director", "admin"}),
    "templates.manage": frozenset({"ai_template_manager"}),
    "decisions.read": frozenset({"compliance", "qa", "manager", "director", "admin"}),
    "webhooks.manage": frozenset({"admin"}),
}


def allowed(permission: str, roles: frozenset[str]) -> bool:
    """Whether any of the roles holds the permission."""
    return bool(PERMISSIONS[permission] & roles)


class Needs:
    """A dependency that names a route's permission and hands it the caller, whom the route itself let in."""

    def __init__(self, permission: str) -> None:
        if permission not in PERMISSIONS:
            raise ValueError(f"There is no permission {permission}; add it to PERMISSIONS.")
        self.permission = permission

    # Not a plain function: that would be handed to a thread, for each request.
    async def __call__(self, request: Request) -> Caller:
        caller: Caller = request.state.caller
        return caller


def needs(permission: str) -> Any:
    """`Annotated[Caller, needs("customers.read")]`: the caller, let in only with that permission."""
    return Depends(Needs(permission))


def permission_named(dependency: Callable[..., Any] | None) -> str | None:
    """The permission that a dependency names, if it does."""
    return dependency.permission if isinstance(dependency, Needs) else None
