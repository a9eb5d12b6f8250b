"""`liftline engagement …`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.commands.screen import AS_JSON, out, print_json, print_table
from pipelines.contracts import Json, Refusal

if TYPE_CHECKING:
    from pipelines.engagement.simulation.run import Post

app = typer.Typer(help="What came back: events, who made them, and what people did.", no_args_is_help=True)
FILE = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="Events as SendGrid posts them: JSON array or JSONL.")
]
TENANT = Annotated[str, typer.Option(help="Whose.")]
CAMPAIGN = Annotated[str, typer.Option(help="Campaign id.")]


@app.command()
def ingest(file: FILE, tenant: TENANT, as_json: AS_JSON = False) -> None:
    """Store events, each once, whatever their order; label them and pass on what people did."""
    from pipelines.commands.opening import open_services
    from pipelines.engagement.run import feed, ingest_file, label

    listener = open_services().listener
    told = ingest_file(listener, tenant, file).to_json()
    told |= {"labels": label(listener, tenant), "feeds": feed(listener, tenant)}
    if as_json:
        print_json(told)
        return
    out.print(
        f"{told['events']:,} events: {told['stored']:,} stored, {told['duplicates']:,} known before, "
        f"{told['refused']:,} refused; {told['unmatched']:,} name no message or customer of {tenant}.",
        highlight=False,
    )
    _print_refused(told)


@app.command()
def report(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV of conversions and replies.")],
    tenant: TENANT,
    as_json: AS_JSON = False,
) -> None:
    """Store conversions and replies from a CSV with customer_id, message_id or email, occurred_at, value, kind."""
    from pipelines.commands.opening import open_services
    from pipelines.engagement.run import feed, label, report_file

    listener = open_services().listener
    told = report_file(listener, tenant, file, by="cli").to_json()
    told |= {"labels": label(listener, tenant), "feeds": feed(listener, tenant)}
    if as_json:
        print_json(told)
        return
    out.print(
        f"{told['events']:,} lines: {told['stored']:,} stored, {told['duplicates']:,} known before, "
        f"{told['refused']:,} refused; {told['unmatched']:,} name no message or customer of {tenant}.",
        highlight=False,
    )
    _print_refused(told)


@app.command()
def classify(
    file: FILE,
    output: Annotated[Path, typer.Option("--output", "-o", help="CSV that is written.")],
    as_json: AS_JSON = False,
) -> None:
    """Say of every event who made it: human, proxy, suspected or bot; needs no tenant and no database."""
    from pipelines.engagement.run import classify_file
    from pipelines.settings import load_settings

    told = classify_file(load_settings().liftline_policies, file, output)
    if as_json:
        print_json(told)
        return
    counts = ", ".join(f"{count:,} {verdict}" for verdict, count in told["verdicts"].items())
    out.print(
        f"{told['labelled']:,} events under {told['rule_version']}: {counts}; written to {output}.", highlight=False
    )
    _print_refused(told)


@app.command()
def label(
    tenant: TENANT,
    again: Annotated[bool, typer.Option("--again", help="Judge all of the history once more.")] = False,
    as_json: AS_JSON = False,
) -> None:
    """Judge what is new, or everything under rules that changed, and pass on what people did."""
    from pipelines.commands.opening import open_services
    from pipelines.engagement.run import feed
    from pipelines.engagement.run import label as judge

    listener = open_services().listener
    told = judge(listener, tenant, again=again) | {"feeds": feed(listener, tenant)}
    if as_json:
        print_json(told)
        return
    out.print(f"{told['changed']:,} labels are new or changed under {told['rule_version']}.", highlight=False)


@app.command()
def simulate(
    campaign: CAMPAIGN,
    tenant: Annotated[str | None, typer.Option(help="Whose; may be left out where only one tenant has it.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same events.")] = 1,
    lift: Annotated[list[str] | None, typer.Option(help="True effect of an arm, as ARM=0.2 for a fifth more.")] = None,
    post: Annotated[
        str | None, typer.Option(help="Webhook that is posted to; else straight into the database.")
    ] = None,
    as_json: AS_JSON = False,
) -> None:
    """Let invented recipients act on the messages of a campaign, with a known true effect."""
    from pipelines.commands.opening import open_services
    from pipelines.commands.whose import tenant_of
    from pipelines.engagement.simulation.run import simulate as act
    from pipelines.engagement.simulation.world import World

    services = open_services()
    whose = tenant_of(services, campaign, tenant)
    told = act(
        services.listener, whose, campaign, seed=seed, world=World(lift=_lifts(lift or [])),
        post=_poster(post) if post else None,
    )  # fmt: skip
    if as_json:
        print_json(told)
        return
    out.print(
        f"{told['people']:,} people, {told['events']:,} events, {told['stored']:,} stored; "
        f"the truth is in {told['truth']}.",
        highlight=False,
    )


@app.command()
def measure(
    campaign: CAMPAIGN,
    tenant: Annotated[str | None, typer.Option(help="Whose; may be left out where only one tenant has it.")] = None,
    as_json: AS_JSON = False,
) -> None:
    """Hold the labels of a simulated campaign against the truth, and the lift with and without them."""
    from pipelines.commands.opening import open_services
    from pipelines.commands.whose import tenant_of
    from pipelines.engagement.simulation.run import measure as hold

    services = open_services()
    told = hold(services.listener, tenant_of(services, campaign, tenant), campaign)
    if as_json:
        print_json(told)
        return
    names = ("events", "robots", "caught", "precision", "recall", "people_lost")
    print_table(
        "Robots found",
        ("kind", *names),
        [(kind, *(told[kind][name] for name in names)) for kind in ("clicks", "opens")],
    )
    columns = ("arm", "people", "truly", "filtered", "unfiltered", "lift_truly", "lift_filtered", "lift_unfiltered")
    print_table("Who clicked", columns, [[row[name] for name in columns] for row in told["lift"]])


@app.command()
def key() -> None:
    """Print the simulator's public key, for SENDGRID_WEBHOOK_PUBLIC_KEY where its posts are to be believed."""
    from pipelines.commands.opening import open_services
    from pipelines.engagement.simulation.run import simulator_key

    typer.echo(simulator_key(open_services().listener))


def _lifts(told: list[str]) -> dict[str, float]:
    lifts = {}
    for one in told:
        arm, _, share = one.rpartition("=")
        try:
            lifts[arm] = float(share)
        except ValueError:
            arm = ""
        if not arm or lifts[arm] < -1:
            raise Refusal(f"--lift {one} is not understood; write ARM=0.2 for a fifth more.")
    return lifts


def _poster(url: str) -> Post:
    from pipelines.adapters.webhook.http import HttpCourier
    from pipelines.webhooks.ports import Letter

    courier = HttpCourier(to_private_hosts=True)

    def post(body: bytes, headers: dict[str, str]) -> None:
        (answer,) = courier.carry([Letter(url, body, {"Content-Type": "application/json", **headers})])
        if not answer.taken:
            raise Refusal(f"The webhook {url} did not take a post: {answer.sentence}")

    return post


def _print_refused(told: Json) -> None:
    rows: list[tuple[Any, ...]] = [(one["line"], one["reason"]) for one in told["reasons"]]
    if rows:
        print_table("Refused", ("line", "reason"), rows)
