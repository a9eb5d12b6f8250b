"""`liftline safety eligibility`: who of a campaign's audience may be sent to, and why not."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.commands.screen import AS_JSON, out, print_json, print_table
from pipelines.commands.whose import tenant_of

if TYPE_CHECKING:
    pass


def eligibility(
    campaign: Annotated[str, typer.Option(help="The campaign's id.")],
    tenant: Annotated[str | None, typer.Option(help="Whose campaign; may be left out where its id says it.")] = None,
    customer: Annotated[str | None, typer.Option(help="Decide on this one customer only, at this moment.")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="CSV of everybody, with the reasons.")] = None,
    verify: Annotated[Path | None, typer.Option(help="Hold such a CSV against the audit ledger instead.")] = None,
    by: Annotated[str | None, typer.Option("--as", help="Who decides; else who is signed in here.")] = None,
    as_json: AS_JSON = False,
) -> None:
    """Pass a campaign and everybody in its audience through the seven guardrails; each decision is logged."""
    from pipelines.commands.opening import open_services
    from pipelines.safety.guardrails import run as step

    if sum(option is not None for option in (customer, output, verify)) > 1:
        raise typer.BadParameter("give only one of --customer, --output and --verify")
    services = open_services()
    whose, who = tenant_of(services, campaign, tenant), by or getpass.getuser()
    if verify:
        seq = step.verify_decisions(services.gatehouse, whose, campaign, verify)
        show_proof(verify, seq, as_json=as_json)
    elif customer:
        decided = step.decide_one(services.gatehouse, whose, campaign, customer, by=who)
        show_customer(decided.to_json(), as_json=as_json)
    else:
        summary = step.decide_audience(services.gatehouse, whose, campaign, by=who, out=output)
        show_eligibility(summary.to_json(), as_json=as_json)


def show_eligibility(summary: dict[str, Any], *, as_json: bool) -> None:
    """The seven answers and the counts per reason, for a person or a machine."""
    if as_json:
        print_json(summary)
        return
    _show_guardrails(f"Campaign {summary['campaign_id']}: {summary['decision']}", summary["guardrails"])
    print_table(
        f"{summary['audience']:,} people: {summary['included']:,} included, {summary['review']:,} to review, "
        f"{summary['excluded']:,} excluded",
        ("reason", "guardrail", "people", "held against", "why", "for example"),
        [
            (row["code"], row["guardrail"].replace("_", " "), row["customers"], row["held_against"], row["sentence"],
             row["example"])
            for row in summary["reasons"]
        ],
    )  # fmt: skip
    if summary["paused"]:
        out.print("The campaign was paused.", style="red")
    if summary["asked"]:
        out.print(f"{len(summary['asked'])} questions wait for a person.", highlight=False)
    run = f"Run {summary['run']}" if summary["new"] else f"Nothing changed since run {summary['run']}"
    out.print(f"{run}, digest {summary['digest']}", highlight=False, markup=False)
    if summary["file"]:
        out.print(f"Written to {summary['file']}", highlight=False, markup=False)


def show_customer(decided: dict[str, Any], *, as_json: bool) -> None:
    """The seven answers about one customer."""
    if as_json:
        print_json(decided)
        return
    _show_guardrails(f"{decided['customer_id']}: {decided['verdict']}. {decided['sentence']}", decided["guardrails"])


def show_proof(file: Path, seq: int, *, as_json: bool) -> None:
    """That a file is what was decided."""
    if as_json:
        print_json({"whole": True, "file": file, "seq": seq})
    else:
        out.print(f"{file} is exactly what entry {seq} of the audit ledger says.", highlight=False, markup=False)


def _show_guardrails(title: str, verdicts: list[dict[str, Any]]) -> None:
    print_table(
        title,
        ("guardrail", "answer", "why", "seen by"),
        [(one["guardrail"].replace("_", " "), one["decision"], one["sentence"], one["evidence"]) for one in verdicts],
    )
