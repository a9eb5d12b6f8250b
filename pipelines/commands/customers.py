"""`liftline customers …`"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.commands.screen import AS_JSON, err, out, print_json, print_table, progress_bar

app = typer.Typer(help="Customer data in, every line accounted for.", no_args_is_help=True)


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV (any delimiter or encoding, also .gz) or Parquet.")],
    tenant: Annotated[str, typer.Option(help="Whose data it is.")],
    kind: Annotated[str, typer.Option(help="customers, orders, events, consents or suppressions.")] = "customers",
    mapping: Annotated[Path | None, typer.Option(help='YAML of `canonical_name: "Header in the file"`.')] = None,
    as_json: AS_JSON = False,
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
            print_json(held.summary.to_json())
        raise
    show_import(summary.to_json(), as_json=as_json)


@app.command()
def erase(
    customer: Annotated[str, typer.Argument(help="The customer's id.")],
    tenant: Annotated[str, typer.Option(help="Whose customer.")],
    by: Annotated[str, typer.Option("--as", help="Who does it: somebody with the role compliance or admin.")],
    reason: Annotated[str, typer.Option(help="How the person asked.")],
    as_json: AS_JSON = False,
) -> None:
    """Erase a person: hashes keep them out, and consents and decisions stay under the id alone."""
    from pipelines.commands.opening import open_services
    from pipelines.contracts import Refusal
    from pipelines.customers.recording import record
    from pipelines.review.access import roles_of

    services = open_services()
    if not {"compliance", "admin"} & set(roles_of(services.database, tenant, by)):
        raise Refusal(f"{by} may not erase anybody in {tenant}; that takes the role compliance or admin.")
    entry = {"customer_id": customer, "reason": "erasure", "source": reason}
    told = record(services.desk, tenant, "suppressions", [entry], by=by, subject=customer)
    if told.refused:
        raise Refusal(f"{told.refused[0]['why']} Nobody was erased; check the id.")
    if as_json:
        print_json({"customer_id": customer, "erased": bool(told.loaded), "batch_id": told.batch_id})
        return
    ended = "is erased" if told.loaded else "was erased before"
    out.print(f"{customer} {ended}.", highlight=False, markup=False)


@app.command()
def lift(
    customer: Annotated[str, typer.Argument(help="The customer's id.")],
    tenant: Annotated[str, typer.Option(help="Whose customer.")],
    channel: Annotated[str, typer.Option(help="The one way by which they want messages again.")],
    said: Annotated[datetime, typer.Option(help="When they asked for them, UTC; newer than each of their stops.")],
    evidence: Annotated[str, typer.Option(help="How they asked, and where that is kept.")],
    reason: Annotated[str, typer.Option(help="Why the stop should end.")],
    by: Annotated[str, typer.Option("--as", help="Who asks: somebody with the role compliance.")],
    as_json: AS_JSON = False,
) -> None:
    """Ask that a stop by unsubscribing be lifted; it holds until another officer says yes."""
    from pipelines.commands.opening import open_services
    from pipelines.delivery.wishes.run import ask_to_lift

    told = ask_to_lift(
        open_services().wishes, tenant, customer, channel, said_at=said.replace(tzinfo=UTC), evidence=evidence,
        reason=reason, by=by,
    )  # fmt: skip
    if as_json:
        print_json(told)
        return
    out.print(
        f"{told['lift_id']} asks for it. The stop holds until another officer says yes: "
        f"liftline customers answer-lift {told['lift_id']} --tenant {tenant} --yes --as NAME",
        highlight=False, markup=False, soft_wrap=True,
    )  # fmt: skip


@app.command("answer-lift")
def answer_lift(
    lift_id: Annotated[str, typer.Argument(help="What `lift` told, or `lifts` lists.")],
    tenant: Annotated[str, typer.Option(help="Whose customer.")],
    by: Annotated[str, typer.Option("--as", help="Who answers: compliance, manager or director, and not who asked.")],
    yes: Annotated[bool, typer.Option("--yes/--no", help="Whether the stop is lifted.")],
    comment: Annotated[str, typer.Option(help="Why; a no needs one.")] = "",
    as_json: AS_JSON = False,
) -> None:
    """Say yes or no to a lift, once; a yes enters the person's word as a consent."""
    from pipelines.commands.opening import open_services
    from pipelines.delivery.wishes.run import answer_lift

    services = open_services()
    told = answer_lift(services.wishes, tenant, lift_id, "approve" if yes else "reject", by=by, comment=comment)
    if as_json:
        print_json(told)
        return
    ended = "is lifted" if yes else "stays"
    out.print(f"The stop of {told['customer_id']} on {told['channel']} {ended}.", highlight=False, markup=False)
    if yes and told["channel"] == "email" and services.settings.email_provider == "sendgrid":
        err.print(
            "SendGrid still keeps them: take the address off its global unsubscribes, or it drops what is sent.",
            highlight=False, markup=False,
        )  # fmt: skip


@app.command()
def lifts(
    tenant: Annotated[str, typer.Option(help="Whose customers.")],
    customer: Annotated[str | None, typer.Option(help="Of one customer only.")] = None,
    as_json: AS_JSON = False,
) -> None:
    """List what was asked to be lifted, with its answers; those that wait come first."""
    from pipelines.commands.opening import open_services
    from pipelines.delivery.wishes.run import lifts

    found = lifts(open_services().database, tenant, customer=customer)
    if as_json:
        print_json({"lifts": found})
        return
    words = {"approve": "lifted", "reject": "refused", None: "waits"}
    print_table(
        "Lifts",
        ("lift", "customer", "channel", "they asked", "evidence", "asked by", "answer", "answered by"),
        [
            (one["lift_id"], one["customer_id"], one["channel"], one["said_at"], one["evidence"], one["asked_by"],
             words[one["decision"]], one["answered_by"])
            for one in found
        ],
    )  # fmt: skip


@app.command("forget-files")
def forget_files(as_json: AS_JSON = False) -> None:
    """Delete what is older than LIFTLINE_FILES_KEPT_DAYS: files of people, and what jobs of the console said."""
    from pipelines.commands.opening import open_services

    told = open_services().forget()
    if as_json:
        print_json(told)
    else:
        print_table("Deleted", ("what", "how many"), told.items())


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
    unread = summary.get("consent_not_understood")
    if unread:
        words = f" ({', '.join(map(repr, unread['examples']))})" if unread["examples"] else ""
        err.print(
            f"Lines whose consent is neither a clear yes nor a clear no: {unread['lines']:,}{words}. It was not "
            "recorded: write granted or denied there and import the file again.",
            highlight=False,
            markup=False,
        )
    out.print(f"Quality report: {summary['report_file']}", highlight=False, markup=False)
