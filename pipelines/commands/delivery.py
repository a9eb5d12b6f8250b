"""`liftline delivery …`: where the sending of a campaign stands, and who stops it or settles what is in doubt."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipelines.commands.screen import AS_JSON, err, out, print_json, print_table
from pipelines.commands.whose import TENANT, tenant_of

if TYPE_CHECKING:
    from pipelines.delivery.run import Delivery, Turn

app = typer.Typer(help="Messages on their way out: where they stand, stopped, resumed, settled.", no_args_is_help=True)
CAMPAIGN = Annotated[str, typer.Option(help="The campaign's id.")]
REASON = Annotated[str, typer.Option(help="Why; it goes into the audit ledger.")]
ASKED = "asked for on the command line"
BY = Annotated[str | None, typer.Option("--as", help="Who does it; else who is signed in here.")]


@app.command()
def status(campaign: CAMPAIGN, tenant: TENANT = None, as_json: AS_JSON = False) -> None:
    """Say what became of everybody in the approved audience."""
    from pipelines.commands.opening import open_services
    from pipelines.delivery.run import standing

    services = open_services()
    show(standing(services.post_room, tenant_of(services, campaign, tenant), campaign), as_json=as_json)


@app.command()
def pause(
    campaign: CAMPAIGN, reason: REASON = ASKED, tenant: TENANT = None, by: BY = None, as_json: AS_JSON = False
) -> None:
    """Stop for now: nothing is claimed and no further request is made until it is resumed."""
    _steer(campaign, "pause", reason, tenant, by, as_json)


@app.command()
def resume(
    campaign: CAMPAIGN, reason: REASON = ASKED, tenant: TENANT = None, by: BY = None, as_json: AS_JSON = False
) -> None:
    """Let it go on."""
    _steer(campaign, "resume", reason, tenant, by, as_json)


@app.command()
def cancel(
    campaign: CAMPAIGN, reason: REASON = ASKED, tenant: TENANT = None, by: BY = None, as_json: AS_JSON = False
) -> None:
    """End it for good: what waits is never sent."""
    _steer(campaign, "cancel", reason, tenant, by, as_json)


@app.command()
def complete(
    tenant: Annotated[str | None, typer.Option(help="Whose; none: every tenant's.")] = None, as_json: AS_JSON = False
) -> None:
    """End the campaigns of which nothing is left to send, to settle or to learn."""
    from pipelines.commands.opening import open_services
    from pipelines.delivery.run import complete_what_is_over

    services = open_services()
    ended = complete_what_is_over(services.post_room, [tenant] if tenant else services.tenant_ids())
    if as_json:
        print_json(ended)
        return
    for whose, campaigns in ended.items():
        out.print(f"{whose}: {', '.join(campaigns)} completed.", highlight=False, markup=False)
    if not ended:
        out.print("No campaign is over that was not completed before.", highlight=False, markup=False)


@app.command()
def widen(
    campaign: CAMPAIGN,
    to: Annotated[int | None, typer.Option(help="The step to grow to; none: the next.")] = None,
    reason: Annotated[str, typer.Option(help="Why; it goes into the audit ledger.")] = "",
    tenant: TENANT = None,
    by: BY = None,
    as_json: AS_JSON = False,
) -> None:
    """Let a campaign that grows step by step (`ramp: true` in its brief) write to the people of the next step."""
    from pipelines.commands.opening import open_services
    from pipelines.delivery.run import widen as grow

    services = open_services()
    whose = tenant_of(services, campaign, tenant)
    grown = grow(services.post_room, whose, campaign, by=by or getpass.getuser(), reason=reason, to=to)
    if as_json:
        print_json({"campaign_id": campaign, "tenant": whose, **asdict(grown)})
        return
    line = f"{campaign} has grown to step {grown.cohort} of {grown.of}; {grown.entered:,} messages were entered."
    out.print(line, highlight=False, markup=False)


@app.command("sync-suppressions")
def sync_suppressions(
    tenant: Annotated[str, typer.Option(help="Whose.")],
    by: BY = None,
    as_json: AS_JSON = False,
) -> None:
    """Take over whom the sender of mails sends nothing more, and tell it whom we send nothing more."""
    from pipelines.commands.opening import open_services
    from pipelines.delivery.run import sync_suppressions as sync

    services = open_services()
    synced = sync(services.database, services.suppression_list(), tenant, by=by or getpass.getuser())
    if as_json:
        print_json({"tenant": tenant, **asdict(synced)})
        return
    line = f"{synced.listed:,} are on its lists; {synced.taken:,} are new here, and {synced.told:,} are new there."
    out.print(line, highlight=False, markup=False)


@app.command()
def resolve(
    campaign: CAMPAIGN,
    verdict: Annotated[Literal["sent", "not-sent"], typer.Argument(help="Whether they left.")],
    reason: REASON,
    message: Annotated[list[str] | None, typer.Option(help="The id of one; may be repeated. None: all.")] = None,
    tenant: TENANT = None,
    by: BY = None,
    as_json: AS_JSON = False,
) -> None:
    """Settle messages of which nobody knows whether they left; none of them is ever sent again."""
    from pipelines.commands.opening import open_services
    from pipelines.delivery.run import resolve as settle

    services = open_services()
    whose = tenant_of(services, campaign, tenant)
    who = by or getpass.getuser()
    settled = settle(services.post_room, whose, campaign, verdict, by=who, reason=reason, messages=message)
    if as_json:
        print_json({"campaign_id": campaign, "tenant": whose, "verdict": verdict, "resolved": settled})
        return
    out.print(f"{settled:,} messages of {campaign} were settled as {verdict}.", highlight=False, markup=False)


def _steer(campaign: str, turn: Turn, reason: str, tenant: str | None, by: str | None, as_json: bool) -> None:
    from pipelines.commands.opening import open_services
    from pipelines.delivery.run import steer

    services = open_services()
    whose = tenant_of(services, campaign, tenant)
    told = {"by": by or getpass.getuser(), "reason": reason}
    status = steer(services.database, whose, campaign, turn, now=services.clock(), **told)
    if as_json:
        print_json({"campaign_id": campaign, "tenant": whose, "status": status})
        return
    out.print(f"{campaign} is {status}.", highlight=False, markup=False)


def show(told: Delivery, *, as_json: bool) -> None:
    """The numbers, which add up to the approved audience, and the reasons."""
    if as_json:
        print_json(told.to_json())
        return
    line = (
        f"{told.campaign_id} ({told.tenant}) is {told.status}. Of {told.audience:,} people {told.claimed:,} "
        f"were claimed ({told.accepted:,} accepted, {told.rejected:,} rejected, {told.unknown:,} unknown), "
        f"{told.skipped:,} skipped, {told.waiting:,} wait."
    )
    out.print(line, highlight=False, markup=False)
    for one in told.later:
        line = (
            f"Step {one.step} of the journey: {one.claimed:,} were claimed ({one.accepted:,} accepted, "
            f"{one.rejected:,} rejected, {one.unknown:,} unknown), {one.skipped:,} skipped, {one.waiting:,} wait."
        )
        out.print(line, highlight=False, markup=False)
    if told.cohort is not None:
        out.print(f"It has grown to step {told.cohort} of {told.cohorts}.", highlight=False, markup=False)
    if told.reasons:
        rows = [(one.state, one.code, one.sentence, one.messages) for one in told.reasons]
        print_table("Why", ("state", "code", "reason", "messages"), rows)
    if told.overdue:
        err.print(
            f"{told.overdue:,} have been unknown for long; settle them with `liftline delivery resolve`.",
            highlight=False, markup=False,
        )  # fmt: skip
    if told.sentence:
        err.print(told.sentence, highlight=False, markup=False)
