"""`liftline reporting …`"""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipelines.commands.screen import AS_JSON, err, out, print_json, print_table
from pipelines.commands.whose import tenant_of

if TYPE_CHECKING:
    from pipelines.services import Services

app = typer.Typer(help="The marts, and the reports made of them.", no_args_is_help=True)
Tenant = Annotated[str, typer.Option(help="Whose reports.")]
Kind = Literal["executive", "deliverability", "safety", "learning"]


@app.command()
def refresh(
    full: Annotated[bool, typer.Option("--full", help="Build anew what else only grows.")] = False,
    docs: Annotated[bool, typer.Option(help="Write the pages that describe the marts.")] = True,
    as_json: AS_JSON = False,
) -> None:
    """Build and test the marts of all tenants; what fails is named with its number of rows."""
    from pipelines.commands.opening import open_services
    from pipelines.reporting import run

    newsroom = open_services().newsroom
    done = run.refresh(newsroom, full=full)
    if docs:
        done["docs"] = str(run.write_docs(newsroom))
    done["stale"] = run.stale(newsroom)
    if as_json:
        print_json(done)
        return
    out.print(f"{done['models']} models were built and {done['tests']} tests passed.", highlight=False)
    for sentence in done["stale"]:
        err.print(sentence, markup=False, highlight=False)


@app.command()
def build(
    tenant: Annotated[str | None, typer.Option(help="Whose reports.")] = None,
    month: Annotated[str | None, typer.Option(help="Of which month, as 2026-11.")] = None,
    campaign: Annotated[str | None, typer.Option(help="Only the report of this campaign.")] = None,
    client: Annotated[bool, typer.Option("--client", help="Only what a client may see.")] = False,
    as_json: AS_JSON = False,
) -> None:
    """Write the reports of a month: page, PDF, CSV and JSON; the same facts again write nothing."""
    from pipelines.commands.opening import open_services
    from pipelines.reporting import run

    if bool(campaign) == bool(tenant and month):
        raise typer.BadParameter("give --tenant and --month, or --campaign")
    services = open_services()
    if campaign:
        show_campaign_report(services, campaign, tenant, as_json=as_json)
        return
    made = run.build(services.newsroom, tenant or "", month or "", by=getpass.getuser(), for_client=client)
    if as_json:
        print_json({"reports": [one.to_json() for one in made]})
        return
    print_table(
        f"Reports of {tenant}, {month}",
        ("report", "folder", "written"),
        [(one.kind, str(one.folder), "now" if one.new else "unchanged") for one in made],
    )


def show_campaign_report(services: Services, campaign: str, tenant: str | None, *, as_json: bool) -> None:
    """Write the report of a campaign and say where it lies."""
    from pipelines.reporting import run

    whose = tenant_of(services, campaign, tenant)
    made = run.campaign_report(services.newsroom, whose, campaign, by=getpass.getuser())
    page = str(made.folder / "index.html")
    if as_json:
        print_json({**made.to_json(), "campaign_id": campaign, "tenant": whose, "page": page})
    else:
        out.print(page, highlight=False, markup=False)


@app.command()
def subscribe(
    tenant: Tenant,
    kind: Annotated[Kind, typer.Option(help="Which report.")],
    to: Annotated[str, typer.Option(help="An e-mail address, or a folder.")],
    every: Annotated[Literal["day", "week", "month"], typer.Option(help="How often.")] = "month",
    way: Annotated[Literal["email", "folder"], typer.Option(help="How it gets there.")] = "email",
    client: Annotated[bool, typer.Option("--client", help="Only what a client may see.")] = False,
    as_json: AS_JSON = False,
) -> None:
    """Have a report sent, or dropped in a folder, by schedule."""
    from pipelines.commands.opening import open_services
    from pipelines.reporting import run

    made = run.subscribe(
        open_services().newsroom, tenant, kind, every=every, way=way, target=to, by=getpass.getuser(), for_client=client
    )
    if as_json:
        print_json({"subscription_id": made})
    else:
        ends = f"liftline reporting unsubscribe {made} --tenant {tenant}"
        out.print(f"Subscription {made}; it ends with `{ends}`.", highlight=False)


@app.command()
def unsubscribe(
    subscription: Annotated[str, typer.Argument(help="Its id.")], tenant: Tenant, as_json: AS_JSON = False
) -> None:
    """End a subscription."""
    from pipelines.commands.opening import open_services
    from pipelines.reporting import run

    run.unsubscribe(open_services().newsroom, tenant, subscription)
    if as_json:
        print_json({"subscription_id": subscription, "ended": True})
    else:
        out.print(f"Subscription {subscription} has ended.", highlight=False)


@app.command()
def subscriptions(tenant: Tenant, as_json: AS_JSON = False) -> None:
    """Who gets which report, how often and how."""
    from pipelines.commands.opening import open_services
    from pipelines.reporting import run

    found = run.subscriptions(open_services().newsroom, tenant)
    if as_json:
        print_json({"subscriptions": found})
        return
    print_table(
        f"Subscriptions of {tenant}",
        ("id", "report", "every", "to", "last"),
        [(row["subscription_id"], row["kind"], row["every"], row["target"], row["last_period"]) for row in found],
    )


@app.command()
def deliver(as_json: AS_JSON = False) -> None:
    """Give every subscriber what is due now."""
    from pipelines.commands.opening import open_services
    from pipelines.reporting import run

    services = open_services()
    done = run.deliver(services.newsroom, services.tenant_ids(), by=getpass.getuser())
    if as_json:
        print_json(done)
    else:
        out.print(f"{done['delivered']} reports were delivered.", highlight=False)
