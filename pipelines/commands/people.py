"""The people whom Airflow knows on a machine of its own, and what they may do in Liftline there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.services import Services

ROLES = {"ada": ("admin",), "mark": ("operator",), "olga": ("reviewer", "analyst"), "vera": ("compliance",)}


def welcome(services: Services, tenant: str) -> bool:
    """Give them their roles in a tenant where none of them ever held one; what was revoked stays so."""
    from pipelines.review.access import grant, grants

    if {row["user_name"] for row in grants(services.database, tenant, ended=True)} & ROLES.keys():
        return False
    for user, roles in ROLES.items():
        for role in roles:
            grant(services.database, tenant, user, role, by="liftline", at_machine=True)
    return True
