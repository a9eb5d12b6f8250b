"""`liftline generation draft|give-up-batch|show|export|preview`: copy for a campaign, and a look at it."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.commands.screen import AS_JSON, count_bar, out, print_json, print_table

if TYPE_CHECKING:
    from pipelines.services import Services

TENANT = Annotated[str, typer.Option(help="Whose campaign.")]


def draft(
    brief: Annotated[Path, typer.Option(help="The brief, a YAML file.")],
    tenant: TENANT,
    launch: Annotated[str, typer.Option(help="Name it to launch the same brief once more.")] = "",
    again: Annotated[
        bool, typer.Option("--again", help="Also draft anew what is blocked, or cites what is withdrawn.")
    ] = False,
    batch: Annotated[
        bool,
        typer.Option("--batch", help="Submit what is missing as a batch: half the price, within a day; run again."),
    ] = False,
    as_json: AS_JSON = False,
) -> None:
    """Draft the copy of a campaign: segment, retrieve, write, verify; a second run finds everything done."""
    from pipelines.commands.opening import open_services
    from pipelines.generation import run as step

    services = open_services()
    read = step.read_brief(brief, today=services.today())
    maker = getpass.getuser()
    opened = step.open_campaign(services.studio, tenant, read, by=maker, launch=launch)
    step.retrieve(services.studio, tenant, opened.campaign_id, snapshot_of(services, opened))
    with count_bar("Drafting", silent=as_json) as progress:
        summary = step.draft(
            services.studio, tenant, opened.campaign_id, by=maker, again=again, batch=batch, progress=progress
        ).to_json()
    if as_json:
        print_json(summary)
    else:
        show_copy(summary)


def give_up_batch(
    batch: Annotated[str, typer.Argument(help="The vendor's id of the batch.")],
    campaign: Annotated[str, typer.Option(help="The campaign's id.")],
    tenant: TENANT,
) -> None:
    """Wait no longer for a batch that the vendor forgot; its money counts as spent, its drafts are asked anew."""
    from pipelines.commands.opening import open_services
    from pipelines.generation import run as step

    asked = step.give_up_batch(open_services().studio, tenant, campaign, batch)
    out.print(f"Given up: {asked} drafts; draft again to ask anew.", highlight=False, markup=False)


def snapshot_of(services: Services, opened: Any) -> str:
    """The snapshot of segments that the campaign speaks to."""
    from pipelines.segmentation.run import run

    return run(
        services.database,
        tenant=opened.tenant,
        scheme=opened.scheme,
        as_of=opened.as_of,
        campaign_id=opened.campaign_id,
        policies=services.settings.liftline_policies,
        clock=services.clock,
    ).snapshot_id


def show(
    campaign: Annotated[str, typer.Argument(help="The campaign's id.")],
    tenant: TENANT,
    as_json: AS_JSON = False,
) -> None:
    """Show every variant of a campaign, with the passages that its sentences rest on."""
    from pipelines.commands.opening import open_services
    from pipelines.generation.run import drafted

    found = drafted(open_services().studio, tenant, campaign)
    if as_json:
        print_json({"campaign_id": campaign, "variants": found})
        return
    for row in found:
        show_variant(row)


def export(
    campaign: Annotated[str, typer.Argument(help="The campaign's id.")],
    tenant: TENANT,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder; one JSON file for each audience unit.")],
) -> None:
    """Write the drafted variants as template files, one for each audience unit, of at most 50 KB."""
    from pipelines.commands.opening import open_services
    from pipelines.generation.run import export_templates

    for path in export_templates(open_services().studio, tenant, campaign, output):
        out.print(str(path), highlight=False, markup=False)


def preview(
    variant: Annotated[str, typer.Argument(help="The variant's id.")],
    tenant: TENANT,
    customer: Annotated[str | None, typer.Option(help="For whom; else the first of its audience.")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder; else reports/previews.")] = None,
    as_json: AS_JSON = False,
) -> None:
    """Render a variant as one customer would get it, to HTML and PNG."""
    from pipelines.commands.opening import open_services
    from pipelines.generation.run import preview_variant

    services = open_services()
    folder = output or services.settings.liftline_reports / "previews" / tenant
    shown = preview_variant(services.studio, tenant, variant, customer_id=customer, folder=folder)
    if as_json:
        print_json(shown)
        return
    for name in ("subject", "html", "png", "text"):
        if shown.get(name):
            out.print(f"{name}: {shown[name]}", highlight=False, markup=False)


def show_copy(summary: dict[str, Any], *, samples: int = 2) -> None:
    """The variants as a table, a few of them in full, and what it cost."""
    print_table(
        f"Campaign {summary['campaign_id']}: {summary['drafted']} variants drafted, {summary['blocked']} blocked",
        ("for", "strategy", "subject", "state", "sentences", "cited", "variant"),
        [
            (
                row["label"],
                row["strategy"],
                row["message"]["subject"]["text"] if row["message"] else "",
                row["status"] if row["status"] == "drafted" else f"blocked: {row['reason']}",
                len(row["sentences"]),
                sum(one["verdict"] == "supported" for one in row["sentences"]),
                row["variant_id"],
            )
            for row in summary["variants"]
        ],
    )
    for row in [row for row in summary["variants"] if row["status"] == "drafted"][:samples]:
        show_variant(row)
    for key, why in summary["waiting"].items():
        out.print(f"Waiting: {key}: {why}", highlight=False, markup=False)
    out.print(
        f"Written by {summary['source']}: {summary['calls']} calls, {summary['from_memory']} from memory, "
        f"{summary['cost_usd']:.4f} USD ({summary['campaign_cost_usd']:.4f} for the campaign so far), "
        f"{summary['seconds']} s.",
        highlight=False,
        markup=False,
    )


def show_variant(row: dict[str, Any]) -> None:
    """One variant, sentence by sentence, each with what it rests on."""
    print_table(
        f"{row['variant_id']}: {row['strategy']} for {row['label']} ({row['status']})",
        ("place", "sentence", "verdict", "rests on"),
        [
            (one["place"], one["text"], one["verdict"], ", ".join(one["passage_ids"]) or one["reason"])
            for one in row["sentences"]
        ],
    )
