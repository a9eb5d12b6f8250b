"""`liftline segmentation …`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.commands.screen import AS_JSON, out, print_json, print_table

app = typer.Typer(help="Who is who, and why.", no_args_is_help=True)


@app.command()
def run(
    tenant: Annotated[str, typer.Option(help="Whose customers.")],
    scheme: Annotated[str, typer.Option(help="rules, rfm or kmeans.")] = "rfm",
    as_of: Annotated[str | None, typer.Option(help="Date (its end) or moment; nothing later is looked at.")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="CSV of every customer's segment.")] = None,
    as_json: AS_JSON = False,
) -> None:
    """Put every customer into exactly one segment, with the reason in words."""
    from pipelines.commands.opening import open_services
    from pipelines.segmentation import run as step

    services = open_services()
    summary = step.run(
        services.database,
        tenant=tenant,
        scheme=scheme,
        as_of=step.moment_of(as_of) if as_of else None,
        policies=services.settings.liftline_policies,
        out=output,
        clock=services.clock,
    )
    show_segments(summary.to_json(), as_json=as_json)


@app.command()
def prune(
    tenant: Annotated[str, typer.Option(help="Whose snapshots.")],
    keep: Annotated[int, typer.Option(help="How many snapshots of each scheme stay.")] = 5,
    as_json: AS_JSON = False,
) -> None:
    """Forget old snapshots and their profiles; what a campaign was launched on always stays."""
    from pipelines.commands.opening import open_services
    from pipelines.segmentation import run as step

    gone = step.prune(open_services().database, tenant=tenant, keep=keep)
    if as_json:
        print_json(gone)
        return
    out.print(f"Forgotten: {gone['snapshots']:,} snapshots, {gone['profiles']:,} profiles", highlight=False)


def show_segments(summary: dict[str, Any], *, as_json: bool) -> None:
    """The sizes of the segments, for a person or a machine."""
    if as_json:
        print_json(summary)
        return
    as_of = summary["as_of"][:16].replace("T", " ")
    print_table(
        f"{summary['customers']:,} customers by {summary['scheme']} as of {as_of} UTC",
        ("segment", "customers", "share", "who they are", "note"),
        [
            (s["segment"], s["customers"], f"{s['share']:.1%}", s["description"], s["flag"] or "")
            for s in summary["segments"]
        ],
    )
    if summary["file"]:
        out.print(f"Written to {summary['file']}", highlight=False, markup=False)
