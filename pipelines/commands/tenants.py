"""`liftline tenants …`"""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.commands.screen import AS_JSON, out, print_json, print_table

app = typer.Typer(help="The companies that share this installation.", no_args_is_help=True)
TenantId = Annotated[str, typer.Argument(help="Short name of the tenant, e.g. acme.")]


@app.command()
def create(
    tenant: TenantId, name: Annotated[str | None, typer.Option(help="Full name.")] = None, as_json: AS_JSON = False
) -> None:
    """Make a tenant."""
    from pipelines.commands.opening import open_services
    from pipelines.tenants.run import create_tenant

    made = create_tenant(open_services().database, tenant, name)
    if as_json:
        print_json({"tenant_id": made.tenant_id, "name": made.name})
    else:
        out.print(f"Tenant {made.tenant_id} is ready.", highlight=False)


@app.command("list")
def list_all(as_json: AS_JSON = False) -> None:
    """List all tenants."""
    from pipelines.commands.opening import open_services
    from pipelines.tenants.run import list_tenants

    found = list_tenants(open_services().database)
    if as_json:
        print_json({"tenants": found})
    elif not found:
        out.print("No tenant yet; make one with `liftline tenants create NAME`.", markup=False)
    else:
        print_table("Tenants", ("tenant", "name", "created"), (tuple(row.values()) for row in found))


@app.command()
def show(tenant: TenantId, as_json: AS_JSON = False) -> None:
    """Show what a tenant holds."""
    from pipelines.commands.opening import open_services
    from pipelines.tenants.run import show_tenant

    held = show_tenant(open_services().database, tenant)
    if as_json:
        print_json(held)
    else:
        print_table(f"Tenant {tenant}", ("what", "how much"), ((key.replace("_", " "), v) for key, v in held.items()))
