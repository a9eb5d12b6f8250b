"""`liftline safety screen-campaign|release|reject|queue`: the texts of a campaign, and what waits for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from pipelines.commands.screen import AS_JSON, count_bar, out, print_json, print_table
from pipelines.contracts import Refusal

TENANT = Annotated[str, typer.Option(help="Whose.")]
WHAT = Annotated[str, typer.Argument(help="A text's content hash or a question's id, as the queue shows it.")]
BY = Annotated[str, typer.Option("--as", help="Who decides.")]
REASON = Annotated[str, typer.Option(help="Why; it is logged.")]


def screen_campaign(
    campaign: Annotated[str, typer.Argument(help="The campaign's id.")], tenant: TENANT, as_json: AS_JSON = False
) -> None:
    """Screen every drafted variant that has no decision yet; exit code 1 if some could not be judged."""
    from pipelines.commands.opening import open_services
    from pipelines.safety import run

    checkpoint = open_services().checkpoint
    with count_bar(f"Screening {campaign}", silent=as_json) as progress:
        summary = run.screen_campaign(checkpoint, tenant, campaign, progress=progress)
    show_coverage(summary.to_json(), run.screened(checkpoint, tenant, campaign), as_json=as_json)
    try:
        run.require_coverage(summary)
    except run.Undecided as undecided:
        raise Refusal(str(undecided)) from undecided


def release(what: WHAT, tenant: TENANT, by: BY, reason: REASON, as_json: AS_JSON = False) -> None:
    """Let pass what waits for a person; whoever made it cannot."""
    from pipelines.commands.opening import open_services
    from pipelines.safety import run

    run.release(open_services().checkpoint, tenant, what, by=by, reason=reason)
    _settled(what, "released", by, as_json=as_json)


def reject(what: WHAT, tenant: TENANT, by: BY, reason: REASON, as_json: AS_JSON = False) -> None:
    """Leave held what waits for a person."""
    from pipelines.commands.opening import open_services
    from pipelines.safety import run

    run.reject(open_services().checkpoint, tenant, what, by=by, reason=reason)
    _settled(what, "rejected", by, as_json=as_json)


def queue(tenant: TENANT, as_json: AS_JSON = False) -> None:
    """Show what waits for a person, the most urgent first."""
    from pipelines.commands.opening import open_services
    from pipelines.safety import run

    waiting = run.queue(open_services().checkpoint, tenant)
    if as_json:
        print_json({"waiting": waiting})
        return
    print_table(
        f"{len(waiting)} {'decision' if len(waiting) == 1 else 'decisions'} of {tenant} for a person to make",
        ("priority", "due (UTC)", "kind", "campaign", "what", "reason", "told"),
        [
            (
                row["priority"],
                f"{row['due_at']:%Y-%m-%d %H:%M}{' (overdue)' if row['overdue'] else ''}",
                row["kind"],
                row["campaign_id"],
                row["object"] if row["kind"] == "content" else row["escalation_id"],
                row["reason"],
                "yes" if row["notified_at"] else "not yet",
            )
            for row in waiting
        ],
    )


def show_coverage(summary: Mapping[str, Any], variants: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """How a campaign's variants ended, for a person or a machine."""
    if as_json:
        print_json({**summary, "variants": variants})
        return
    print_table(
        f"Campaign {summary['campaign_id']}: {summary['screened']} of {summary['variants']} variants screened = "
        f"{summary['passed']} passed + {summary['reviewed']} reviewed + {summary['blocked']} blocked",
        ("variant", "for", "decision", "codes", "reason"),
        [
            (
                row["variant_id"],
                f"{row['unit_id']}, {row['strategy']}",
                f"review, released by {row['released_by']}" if row["released_by"] else row["decision"],
                " ".join(dict.fromkeys(one["code"] for one in row["findings"] or [])),
                row["reason"],
            )
            for row in variants
        ],
    )
    told = f"{summary['cleared']} may be approved; policy {summary['policy_version']}."
    out.print(told, highlight=False, markup=False)


def _settled(what: str, how: str, by: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"what": what, "settlement": how, "by": by})
    else:
        out.print(f"{what} is {how}, by {by}.", highlight=False, markup=False)
