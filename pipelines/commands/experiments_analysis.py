"""`liftline experiments analyse`: what a table of units says of the difference between its arms."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.commands.screen import AS_JSON, err, out, print_json, print_table
from pipelines.commands.whose import TENANT, tenant_of
from pipelines.contracts import Refusal

LARGEST = 50_000_000_000


def analyse(
    file: Annotated[Path, typer.Argument(help="A table of one row a unit (any delimiter or encoding, also Parquet).")],
    arm: Annotated[str, typer.Option(help="The column of the arms.")],
    control: Annotated[str, typer.Option(help="The arm that the others are compared with.")],
    metric: Annotated[
        list[str],
        typer.Option(help="NAME[:binary|:continuous][:lower], or NUMERATOR/DENOMINATOR; give it again for more."),
    ],
    by: Annotated[list[str] | None, typer.Option(help="A column of segments; give it again for more.")] = None,
    covariate: Annotated[str | None, typer.Option(help="What was known before: CUPED takes it out.")] = None,
    unit: Annotated[str | None, typer.Option("--id", help="The column that names a unit.")] = None,
    weights: Annotated[str | None, typer.Option(help="The shares meant, such as control:30,a:35,b:35.")] = None,
    winsorise: Annotated[float | None, typer.Option(help="Pull values beyond this quantile back to it.")] = None,
    plan: Annotated[str, typer.Option(help="fixed: looked at once; sequential: as often as you like.")] = "fixed",
    correction: Annotated[str, typer.Option(help="For several arms: holm, bonferroni or none.")] = "holm",
    alpha: Annotated[float, typer.Option(help="How often a difference may be seen where there is none.")] = 0.05,
    expected: Annotated[
        int | None, typer.Option(help="Units that the experiment was planned for (sequential).")
    ] = None,
    as_json: AS_JSON = False,
) -> None:
    """Compare each arm with the control; needs no tenant and no database. Intervals are of the absolute lift."""
    from pipelines.customers.reading.open import open_table
    from pipelines.customers.reading.source import open_file
    from pipelines.experiments.analysis.table import Wanted, analyse_table, with_weights
    from pipelines.experiments.analysis.verdicts import Terms

    if plan not in ("fixed", "sequential"):
        raise typer.BadParameter(f"{plan!r} is none of fixed, sequential", param_hint="--plan")
    if correction not in ("holm", "bonferroni", "none"):
        raise typer.BadParameter(f"{correction!r} is none of holm, bonferroni, none", param_hint="--correction")
    if not 0 < alpha < 1:
        raise Refusal(f"--alpha is {alpha:g}; write a number between 0 and 1, such as 0.05.")
    if winsorise is not None and not 0.5 < winsorise < 1:
        raise Refusal(f"--winsorise is {winsorise:g}; write a quantile between 0.5 and 1, such as 0.99.")
    terms = Terms(control, alpha, plan, correction, expected)  # type: ignore[arg-type]
    wanted = Wanted(arm, metric, terms, by or (), covariate, unit, winsorise=winsorise)
    if weights:
        wanted = with_weights(wanted, weights)
    with open_file(file, max_bytes=LARGEST) as opened:
        table = open_table(opened, max_bytes=LARGEST)
        told = analyse_table(table.header, table.slices, wanted, str(file)).to_json()
    if as_json:
        print_json(told)
        return
    show_analysis(told)


def show_analysis(told: dict[str, Any]) -> None:
    """The comparisons as a table, then every verdict in words."""
    print_table(
        "Each arm against the control",
        ("metric", "arm", "units", "has", "control has", "lift", "interval of the lift", "relative", "p", "verdict"),
        [
            (
                f"{one['metric']} {one['segment']}" if "segment" in one else one["metric"], one["arm"],
                f"{one['n_arm']:,}", *_lifted(one), "" if one["lift_rel"] is None else f"{one['lift_rel']:+.1%}",
                "" if one["p_adjusted"] is None else f"{one['p_adjusted']:.3g}", one["verdict"],
            )
            for one in told["comparisons"]
        ],
    )  # fmt: skip
    for one in told["comparisons"]:
        # What segments say is exploratory, and a sentence for each would bury what counts; --json has them.
        if "segment" not in one:
            out.print(f"{one['arm']}: {one['verdict']}. {one['reason']}", highlight=False, markup=False)
    for one in told.get("factors") or []:
        out.print(one["sentence"], highlight=False, markup=False)
    if any("segment" in one for one in told["comparisons"]):
        out.print(
            "Segments are exploratory: what was found by looking into them is for the next experiment to show.",
            highlight=False,
            markup=False,
        )
    for finding in told["health"]:
        style = {"ok": "green", "warning": "yellow", "invalid": "red"}[finding["severity"]]
        err.print(finding["sentence"], style=style, highlight=False, markup=False)
    for warning in told["warnings"]:
        err.print(warning, style="yellow", highlight=False, markup=False)


def _lifted(one: dict[str, Any]) -> tuple[str, str, str, str]:
    """What the arm and the control have, the lift and its interval, all in one unit: shares in percent and points."""
    value, change, factor = ("{:.2%}", "{:+.2f} points", 100) if one["kind"] == "binary" else ("{:,.4g}", "{:+,.4g}", 1)
    reach = change.removesuffix(" points")
    return (
        "" if one["value_arm"] is None else value.format(one["value_arm"]),
        "" if one["value_control"] is None else value.format(one["value_control"]),
        "" if one["lift_abs"] is None else change.format(factor * one["lift_abs"]),
        "" if one["ci_low"] is None
        else f"{reach.format(factor * one['ci_low'])} to {reach.format(factor * one['ci_high'])}",
    )  # fmt: skip


def readout(
    campaign: Annotated[str, typer.Argument(help="The campaign's id.")],
    tenant: TENANT = None,
    as_of: Annotated[datetime | None, typer.Option(help="The moment to look at; else now.")] = None,
    by: Annotated[str | None, typer.Option("--as", help="Who looks; else who is signed in here.")] = None,
    as_json: AS_JSON = False,
) -> None:
    """Read a campaign's experiment out: human responses only, as often as you like."""
    from pipelines.commands.opening import open_services
    from pipelines.experiments.analysis.run import read_out

    services, who = open_services(), by or getpass.getuser()
    moment = as_of.replace(tzinfo=as_of.tzinfo or UTC) if as_of else None
    told = read_out(services.laboratory, tenant_of(services, campaign, tenant), campaign, by=who, as_of=moment)
    _show_readout(told, as_json=as_json)


def allocate(
    campaign: Annotated[str, typer.Argument(help="The campaign's id.")],
    tenant: TENANT = None,
    by: Annotated[str | None, typer.Option("--as", help="Who asks; else who is signed in here.")] = None,
    as_json: AS_JSON = False,
) -> None:
    """Open the next wave of an experiment that learns, if the wave before it had its time to respond."""
    from pipelines.commands.opening import open_services
    from pipelines.experiments.analysis.run import allocate_next

    services, who = open_services(), by or getpass.getuser()
    told = allocate_next(services.laboratory, tenant_of(services, campaign, tenant), campaign, by=who)
    if as_json:
        print_json(told)
        return
    if told["opened"]:
        shares = ", ".join(f"{arm} {share:.1%}" for arm, share in told["shares"].items())
        out.print(f"Wave {told['wave']} is open: {shares}.", highlight=False, markup=False)
    out.print(told["reason"], highlight=False, markup=False)


def library(
    tenant: Annotated[str, typer.Option(help="Whose copy.")],
    as_json: AS_JSON = False,
) -> None:
    """List the copy whose worth experiments have shown, with what was learnt of it."""
    from pipelines.commands.opening import open_services
    from pipelines.experiments.analysis import run as step

    found = step.library(open_services().laboratory, tenant)
    if as_json:
        print_json({"tenant": tenant, "templates": found})
        return
    print_table(
        f"Copy of {tenant} that experiments have judged",
        ("outcome", "strategy", "subjects, by audience unit", "what was learnt", "experiment"),
        _by_arm(found),
    )


def _by_arm(found: Sequence[dict[str, Any]]) -> list[tuple[str, ...]]:
    """What was learnt is learnt of an arm: its texts stand together."""
    texts: dict[tuple[str, ...], list[str]] = {}
    for one in found:
        arm = (one["outcome"], one["strategy"], one["learnt"], one["experiment_key"])
        texts.setdefault(arm, []).append(f"{one['unit_id']}: {one['subject'] or 'no subject'}")
    return [
        (outcome, strategy, "\n".join(lines), learnt, key) for (outcome, strategy, learnt, key), lines in texts.items()
    ]


def conclude(
    campaign: Annotated[str, typer.Argument(help="The campaign's id.")],
    by: Annotated[str, typer.Option("--as", help="Who ends it.")],
    tenant: TENANT = None,
    as_of: Annotated[datetime | None, typer.Option(help="The moment to look at; else now.")] = None,
    as_json: AS_JSON = False,
) -> None:
    """End a campaign's experiment: the winner is what comes next is compared with, losers retire."""
    from pipelines.commands.opening import open_services
    from pipelines.experiments.analysis import run as step

    services = open_services()
    moment = as_of.replace(tzinfo=as_of.tzinfo or UTC) if as_of else None
    whose = tenant_of(services, campaign, tenant)
    told = step.conclude(services.laboratory, whose, campaign, by=by, as_of=moment)
    _show_readout(told, as_json=as_json)
    if not as_json:
        print_table(
            "What becomes of the arms", ("arm", "outcome", "why"),
            [(one["arm"], one["outcome"], one["reason"]) for one in told["promotions"]],
        )  # fmt: skip


def _show_readout(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(told)
        return
    show_analysis(told)
    show_verdict(told)


def show_verdict(told: dict[str, Any]) -> None:
    """The one verdict that counts, and why."""
    named = f" ({told['winner']})" if told["winner"] else ""
    out.print(f"Verdict: {told['verdict']}{named}. {told['reason']}", highlight=False, markup=False)
