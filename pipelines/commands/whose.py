"""Whose a campaign or a variant is, where the command does not say it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.contracts import Refusal

if TYPE_CHECKING:
    from pipelines.services import Services

TENANT = Annotated[str | None, typer.Option(help="Whose; may be left out where only one tenant has it.")]


def tenant_of(services: Services, what: str, told: str | None) -> str:
    """The tenant that was told, or the only one that has this campaign or variant."""
    from pipelines.review.run import tenants_with
    from pipelines.tenants.run import list_tenants

    if told:
        return told
    found = tenants_with(services.board, [row["tenant_id"] for row in list_tenants(services.database)], what)
    if len(found) != 1:
        which = f"the tenants {' and '.join(found)} have" if found else "no tenant has"
        raise Refusal(f"{which[0].upper()}{which[1:]} {what}; name the tenant with --tenant.")
    return found[0]
