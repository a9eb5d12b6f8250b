"""`liftline access …`"""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from pipelines.commands.screen import AS_JSON, err, out, print_json, print_table

app = typer.Typer(help="Who may do what in a tenant.", no_args_is_help=True)
USER = Annotated[str, typer.Argument(help="The person, as they sign in.")]
ROLE = Annotated[
    str,
    typer.Option(help="operator, reviewer, qa, compliance, analyst, ai_template_manager, manager, director or admin."),
]
TENANT = Annotated[str, typer.Option(help="In which tenant.")]
AS = Annotated[
    str | None, typer.Option("--as", help="The admin who does it; left out, it is logged as done at this machine.")
]


@app.command()
def grant(user: USER, role: ROLE, tenant: TENANT, by: AS = None, as_json: AS_JSON = False) -> None:
    """Give a person a role."""
    from pipelines.commands.opening import open_services
    from pipelines.review import run

    who = by or getpass.getuser()
    given = run.grant(open_services().database, tenant, user, role, by=who, at_machine=by is None)
    _print(user, role, tenant, "granted", given, "holds it already", as_json=as_json)


@app.command()
def revoke(user: USER, role: ROLE, tenant: TENANT, by: AS = None, as_json: AS_JSON = False) -> None:
    """Take a role from a person."""
    from pipelines.commands.opening import open_services
    from pipelines.review import run

    who = by or getpass.getuser()
    taken = run.revoke(open_services().database, tenant, user, role, by=who, at_machine=by is None)
    _print(user, role, tenant, "revoked", taken, "does not hold it", as_json=as_json)


@app.command()
def key(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    role: Annotated[list[str], typer.Option(help="A role that it stands for; repeat it for several.")],
    tenant: TENANT,
    days: Annotated[int, typer.Option(help="How long it lives.", min=1, max=366)] = 90,
    as_json: AS_JSON = False,
) -> None:
    """Make an API key; its secret is shown this once."""
    from pipelines.commands.opening import open_services
    from pipelines.console.people import People

    services = open_services()
    people = People(services.database, services.clock)
    made = people.make_key(tenant, name=name, roles=role, days=days, by=f"machine:{getpass.getuser()}")
    if as_json:
        print_json(made)
        return
    # The key alone on standard output, so that a script can take it.
    err.print(f"{name} may act in {tenant} as {', '.join(made['roles'])} until {made['expires_at']:%Y-%m-%d}:")
    out.print(made["key"], highlight=False, markup=False, soft_wrap=True)


@app.command("list")
def list_all(
    tenant: TENANT,
    ended: Annotated[bool, typer.Option("--ended", help="Also what was revoked.")] = False,
    as_json: AS_JSON = False,
) -> None:
    """List who holds which role."""
    from pipelines.commands.opening import open_services
    from pipelines.review.run import grants

    rows = grants(open_services().database, tenant, ended=ended)
    if as_json:
        print_json({"grants": rows})
        return
    columns = ("user_name", "role", "granted_by", "granted_at", "revoked_by", "revoked_at")
    print_table(f"Access to {tenant}", columns, [[row[name] for name in columns] for row in rows])


def _print(user: str, role: str, tenant: str, done: str, changed: bool, otherwise: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"tenant": tenant, "user": user, "role": role, "changed": changed})
    else:
        sentence = f"{role} in {tenant}: {done} for {user}." if changed else f"{user}: {role} in {tenant}: {otherwise}."
        out.print(sentence, highlight=False, markup=False)
