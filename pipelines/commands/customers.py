"""`liftline customers …`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.commands.screen import err, out, print_json, print_table, progress_bar

app = typer.Typer(help="Customer data in, every line accounted for.", no_args_is_help=True)


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV (any delimiter or encoding, also .gz) or Parquet.")],
    tenant: Annotated[str, typer.Option(help="Whose data it is.")],
    kind: Annotated[str, typer.Option(help="customers, orders, events, consents or suppressions.")] = "customers",
    mapping: Annotated[Path | None, typer.Option(help='YAML of `canonical_name: "Header in the file"`.')] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Import a file: each line is loaded, merged or quarantined with its reason."""
    from pipelines.commands.opening import open_services
    from pipelines.customers import run

    order = run.Order(tenant, file, kind, mapping)
    try:
        with progress_bar(f"Reading {file.name}", silent=as_json) as progress:
            summary = run.import_file(open_services().desk, order, progress=progress)
    except run.Held as held:
        if as_json:
            print_json({**held.summary.to_json(), "held": True})
        raise
    show_import(summary.to_json(), as_json=as_json)


def show_import(summary: dict[str, Any], *, as_json: bool) -> None:
    """How a file ended, for a person or a machine."""
    if as_json:
        print_json(summary)
        return
    print_table(
        f"{summary['rows']:,} lines in {summary['seconds']:.1f} s",
        ("ended", "lines"),
        [(word, summary[word]) for word in ("loaded", "merged", "quarantined")],
    )
    if summary["reasons"]:
        print_table("Why lines are in quarantine", ("reason", "lines"), summary["reasons"].items())
        err.print(f"Mend them in {summary['quarantine_file']} and import that file.", highlight=False, markup=False)
    out.print(f"Quality report: {summary['report_file']}", highlight=False, markup=False)
