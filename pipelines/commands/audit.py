"""`liftline audit …`"""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.screen import AS_JSON, err, out, print_json, print_table

app = typer.Typer(help="The ledger of every decision, and the proof that it is whole.", no_args_is_help=True)
Tenant = Annotated[str, typer.Option(help="Whose ledger.")]
Campaign = Annotated[str | None, typer.Option(help="Only this campaign.")]


@app.command()
def export(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to make.")],
    campaign: Campaign = None,
    tenant: Annotated[str | None, typer.Option(help="Whose ledger; may be left out where --campaign says it.")] = None,
    from_day: Annotated[str | None, typer.Option("--from", help="First day, UTC, as 2026-11-01.")] = None,
    to_day: Annotated[str | None, typer.Option("--to", help="Last day, UTC, as 2026-11-30.")] = None,
    by: Annotated[str | None, typer.Option("--as", help="Who exports; else who is signed in here.")] = None,
    as_json: AS_JSON = False,
) -> None:
    """Export a campaign's or a tenant's entries with their proof; the export itself is logged."""
    from pipelines.audit import run
    from pipelines.commands.opening import open_services

    if not (campaign or tenant):
        raise typer.BadParameter("give --campaign or --tenant")
    services = open_services()
    whose = tenant or run.tenant_of(services.archive, campaign or "", services.tenant_ids())
    scope = run.Scope(whose, campaign, run.day_of(from_day), run.day_of(to_day))
    made = run.export(services.archive, scope, output, by=by or getpass.getuser())
    if as_json:
        print_json(made.to_json())
    else:
        told = made.manifest
        out.print(
            f"{told['shown']:,} entries of {scope.sentence} are in {made.folder}, "
            f"{told['withheld']:,} of others stand for the chain by their hash.",
            highlight=False, markup=False,
        )  # fmt: skip
        out.print(f"Check it with `liftline audit verify {made.folder}`.", highlight=False, markup=False)
    if made.fault:
        err.print(f"The ledger itself is broken: {made.fault}.", style="red", highlight=False, markup=False)
        raise typer.Exit(1)


@app.command()
def verify(
    path: Annotated[Path, typer.Argument(help="The folder of an export, or its entries.csv.")],
    anchors: Annotated[Path | None, typer.Option(help="The tenant's file of anchors; else LIFTLINE_ANCHORS.")] = None,
    as_json: AS_JSON = False,
) -> None:
    """Say whether an export is whole, or name the first entry that is not; needs no database."""
    from pipelines.audit import run
    from pipelines.commands.opening import open_services

    if anchors is not None and not anchors.exists():
        raise typer.BadParameter(f"{anchors} does not exist", param_hint="--anchors")
    verdict = run.verify(path, anchors or open_services().anchors_to_hold_against)
    if as_json:
        print_json(verdict.to_json())
    else:
        out.print(verdict.sentence, style="green" if verdict.whole else "red", highlight=False, markup=False)
    if not verdict.whole:
        raise typer.Exit(1)


@app.command()
def anchor(tenant: Tenant, as_json: AS_JSON = False) -> None:
    """Keep the newest hash of a tenant's ledger outside the database."""
    from dataclasses import asdict

    from pipelines.audit import run
    from pipelines.commands.opening import open_services

    made, path = run.anchor(open_services().archive, tenant)
    if as_json:
        print_json({**asdict(made), "file": path})
    else:
        out.print(f"Entry {made.seq:,} of {tenant} is anchored in {path}.", highlight=False, markup=False)


@app.command()
def show(
    tenant: Tenant,
    campaign: Campaign = None,
    last: Annotated[int, typer.Option(help="How many.", min=1, max=10_000)] = 20,
    as_json: AS_JSON = False,
) -> None:
    """Show the newest entries, newest first."""
    from pipelines.audit import run
    from pipelines.commands.opening import open_services

    found = run.latest(open_services().archive, tenant, campaign=campaign, most=last)
    if as_json:
        print_json({"entries": found})
        return
    print_table(
        f"Audit ledger of {tenant}",
        ("entry", "when (UTC)", "who", "action", "what", "decision", "reason"),
        [
            (row["seq"], f"{row['occurred_at']:%Y-%m-%d %H:%M:%S}", row["actor"], row["action"], row["object"],
             row["decision"], row["reason"])
            for row in found
        ],
    )  # fmt: skip
