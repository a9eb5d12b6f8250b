"""`liftline safety screen-campaign|release|reject|queue`: the texts of a campaign, and what waits for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from pipelines.commands.screen import count_bar, out, print_json, print_table
from pipelines.contracts import Refusal

TENANT = Annotated[str, typer.Option(help="Whose.")]
AS_JSON = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
CONTENT = Annotated[str, typer.Argument(help="The text's content hash, as the queue shows it.")]
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


def release(content_hash: CONTENT, tenant: TENANT, by: BY, reason: REASON, as_json: AS_JSON = False) -> None:
    """Let a text pass that waits for a person; whoever made it cannot."""
    from pipelines.commands.opening import open_services
    from pipelines.safety import run

    run.release(open_services().checkpoint, tenant, content_hash, by=by, reason=reason)
    _settled(content_hash, "released", by, as_json=as_json)


def reject(content_hash: CONTENT, tenant: TENANT, by: BY, reason: REASON, as_json: AS_JSON = False) -> None:
    """Leave a text held that waits for a person."""
    from pipelines.commands.opening import open_services
    from pipelines.safety import run

    run.reject(open_services().checkpoint, tenant, content_hash, by=by, reason=reason)
    _settled(content_hash, "rejected", by, as_json=as_json)


def queue(tenant: TENANT, as_json: AS_JSON = False) -> None:
    """Show what waits for a person, the most urgent first."""
    from pipelines.commands.opening import open_services
    from pipelines.safety import run

    waiting = run.queue(open_services().checkpoint, tenant)
    if as_json:
        print_json({"waiting": waiting})
        return
    print_table(
        f"{len(waiting)} decisions of {tenant} wait for a person",
        ("priority", "due (UTC)", "kind", "campaign", "what", "reason", "told"),
        [
            (
                row["priority"],
                f"{row['due_at']:%Y-%m-%d %H:%M}{' (overdue)' if row['overdue'] else ''}",
                row["kind"],
                row["campaign_id"],
                row["object"],
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


def _settled(content_hash: str, how: str, by: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"content_hash": content_hash, "settlement": how, "by": by})
    else:
        out.print(f"The text {content_hash} is {how}, by {by}.", highlight=False, markup=False)
