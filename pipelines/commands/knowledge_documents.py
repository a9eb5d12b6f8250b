"""`liftline knowledge bring|documents|approve|reject|withdraw`: what people bring, and what others say of it."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.commands.screen import AS_JSON, out, print_json, print_table
from pipelines.contracts import Refusal

if TYPE_CHECKING:
    from pipelines.knowledge.contributions import Decision

TENANT = Annotated[str, typer.Option(help="Whose knowledge.")]
DOCUMENT = Annotated[str, typer.Argument(help="The document's id, as `liftline knowledge documents` tells it.")]
AS = Annotated[str | None, typer.Option("--as", help="Who does it; else who is signed in here.")]
COMMENT = Annotated[str, typer.Option(help="Why.")]
COLUMNS = ("contribution_id", "name", "version", "state", "brought_by", "approved_by", "indexed")


def bring(
    file: Annotated[Path, typer.Argument(help="Markdown, HTML, text, CSV or JSON.")],
    tenant: TENANT,
    by: AS = None,
    as_json: AS_JSON = False,
) -> None:
    """Bring a document; nothing cites it before somebody else approved it."""
    from pipelines.commands.opening import open_services
    from pipelines.knowledge.contributions import bring

    try:
        content = file.read_bytes()
    except OSError as error:
        raise Refusal(f"{file} cannot be read ({error.strerror}); name a file.") from error
    _show(bring(open_services().library, tenant, file.name, content, by=by or getpass.getuser()), as_json)


def documents(tenant: TENANT, as_json: AS_JSON = False) -> None:
    """List what was brought, newest first, every version, and whether it is searched now."""
    from pipelines.commands.opening import open_services
    from pipelines.knowledge.contributions import contributions

    rows = contributions(open_services().library, tenant, most=200)
    if as_json:
        print_json({"documents": rows})
        return
    print_table("Documents", COLUMNS, [[row[name] for name in COLUMNS] for row in rows])


def approve(document: DOCUMENT, tenant: TENANT, by: AS = None, comment: COMMENT = "", as_json: AS_JSON = False) -> None:
    """Approve exactly this version, as another than who brought it; it is searched at once."""
    _decide(document, tenant, "approve", by, comment, as_json)


def reject(document: DOCUMENT, tenant: TENANT, by: AS = None, comment: COMMENT = "", as_json: AS_JSON = False) -> None:
    """Reject this version; an earlier one that was approved stays."""
    _decide(document, tenant, "reject", by, comment, as_json)


def withdraw(
    document: DOCUMENT, tenant: TENANT, by: AS = None, comment: COMMENT = "", as_json: AS_JSON = False
) -> None:
    """Take a document back; nothing cites it any more."""
    _decide(document, tenant, "withdraw", by, comment, as_json)


def _decide(document: str, tenant: str, decision: Decision, by: str | None, comment: str, as_json: bool) -> None:
    from pipelines.commands.opening import open_services
    from pipelines.knowledge.contributions import contribution, decide
    from pipelines.knowledge.run import index_again

    library = open_services().library
    row = decide(library, tenant, document, decision, by=by or getpass.getuser(), comment=comment)
    if row["approved_by"]:
        index_again(library, tenant)
        kept = contribution(library, tenant, document)
        row = kept[0] if kept else row
    _show(row, as_json)


def _show(row: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(row)
        return
    searched = "searched now" if row["indexed"] else "not searched"
    out.print(
        f"{row['name']}, version {row['version']} ({row['contribution_id']}): {row['state']}, {searched}",
        highlight=False,
        markup=False,
    )
