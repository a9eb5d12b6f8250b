"""`liftline campaign …`: the chain of a launch without Airflow, by the same use cases."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.commands.drafting import snapshot_of
from pipelines.commands.reporting import show_campaign_report
from pipelines.commands.review import show_standing
from pipelines.commands.screen import AS_JSON, count_bar, err, out, print_json
from pipelines.commands.whose import TENANT, tenant_of

app = typer.Typer(help="A campaign from its brief to its end.", no_args_is_help=True)


@app.command()
def prepare(
    brief: Annotated[Path, typer.Option(help="The brief, a YAML file.")],
    tenant: Annotated[str, typer.Option(help="Whose campaign.")],
    launch: Annotated[str, typer.Option(help="Name it to launch the same brief once more.")] = "",
    by: Annotated[str | None, typer.Option("--as", help="Who makes it; else who is signed in here.")] = None,
    as_json: AS_JSON = False,
) -> None:
    """Bring a campaign to its approval: segment, retrieve, draft, screen, decide who may be written to, design, ask."""
    from pipelines.commands.opening import open_services
    from pipelines.experiments.run import fix_design
    from pipelines.generation import run as generation
    from pipelines.review.run import ask_for_approval
    from pipelines.safety.run import decide_audience, require_coverage, screen_campaign

    services, maker = open_services(), by or getpass.getuser()
    read = generation.read_brief(brief, today=services.today())
    opened = generation.open_campaign(services.studio, tenant, read, by=maker, launch=launch)
    campaign = opened.campaign_id
    generation.retrieve(services.studio, tenant, campaign, snapshot_of(services, opened))
    with count_bar("Drafting", silent=as_json) as progress:
        drafted = generation.draft(services.studio, tenant, campaign, by=maker, progress=progress)
    require_coverage(screen_campaign(services.checkpoint, tenant, campaign))
    decided = decide_audience(services.gatehouse, tenant, campaign, by=maker)
    designed = fix_design(services.laboratory, tenant, campaign, by=maker)
    stands = ask_for_approval(services.board, tenant, campaign, by=maker).to_json()
    if as_json:
        counts = {
            "drafted": drafted.drafted, "blocked": drafted.blocked, "waiting": drafted.waiting,
            "audience": decided.audience, "included": decided.included, "excluded": decided.excluded,
        }  # fmt: skip
        experiment = {name: designed[name] for name in ("design_hash", "arms", "power")}
        print_json({"campaign_id": campaign, "tenant": tenant, **counts, "experiment": experiment, "approval": stands})
        return
    out.print(campaign, highlight=False, markup=False)
    if designed["power"] and not designed["power"]["enough"]:
        err.print(designed["power"]["sentence"], style="yellow", highlight=False, markup=False)
    err.print(stands["sentence"], highlight=False, markup=False)


@app.command()
def send(
    campaign: Annotated[str, typer.Argument(help="The campaign's id.")],
    tenant: TENANT = None,
    by: Annotated[str | None, typer.Option("--as", help="Who sends it; else who is signed in here.")] = None,
    as_json: AS_JSON = False,
) -> None:
    """Send what an approved campaign may send now; run again, it sends nothing twice and forgets nobody."""
    from pipelines.commands.delivery import show
    from pipelines.commands.opening import open_services
    from pipelines.delivery.run import send_campaign
    from pipelines.experiments.run import assign
    from pipelines.outreach.run import campaigns

    services = open_services()
    whose = tenant_of(services, campaign, tenant)
    sender = by or getpass.getuser()
    assign(services.laboratory, whose, campaign, by=sender)
    campaigns.follow_arms(services.database, whose, campaign)
    show(send_campaign(services.post_room, whose, campaign, by=sender), as_json=as_json)


@app.command()
def report(
    campaign: Annotated[str, typer.Argument(help="The campaign's id.")],
    tenant: TENANT = None,
    as_json: AS_JSON = False,
) -> None:
    """Write what came out of a campaign, by its newest read-out: page, PDF, JSON and CSV."""
    from pipelines.commands.opening import open_services

    show_campaign_report(open_services(), campaign, tenant, as_json=as_json)


@app.command()
def status(
    campaign: Annotated[str, typer.Argument(help="The campaign's id.")],
    tenant: TENANT = None,
    as_json: AS_JSON = False,
) -> None:
    """Say where a campaign stands."""
    from pipelines.commands.opening import open_services
    from pipelines.review.run import reviewed, standing

    services = open_services()
    whose = tenant_of(services, campaign, tenant)
    found = reviewed(services.board, whose, campaign)
    stands = standing(services.board, whose, campaign).to_json()
    variants = found["variants"]
    told: dict[str, Any] = {
        "campaign_id": campaign, "tenant": whose, "name": found["name"], "status": found["status"],
        "variants": len(variants), "approvable": sum(row["approvable"] for row in variants),
        "obstacle": found["obstacle"], "approval": stands,
    }  # fmt: skip
    if as_json:
        print_json(told)
        return
    line = (
        f"{told['name']} ({whose}): {told['status']}, {told['approvable']} of {told['variants']} variants approvable."
    )
    out.print(line, highlight=False, markup=False)
    if told["obstacle"]:
        out.print(f"It cannot be approved yet: {told['obstacle']}.", highlight=False, markup=False)
    show_standing(stands)
