"""`liftline experiments …`: how large, who gets what, and what was designed."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from pipelines.commands.experiments_analysis import LARGEST, allocate, analyse, conclude, library, readout
from pipelines.commands.experiments_attribution import attribution
from pipelines.commands.experiments_explanation import explain, explain_campaign
from pipelines.commands.screen import AS_JSON, err, out, print_json, print_table
from pipelines.commands.whose import TENANT, tenant_of
from pipelines.contracts import Refusal

app = typer.Typer(help="Experiments: designed, sized, assigned.", no_args_is_help=True)
for command in (analyse, explain, explain_campaign, readout, allocate, conclude, library, attribution):
    app.command()(command)


@app.command()
def size(
    baseline: Annotated[float, typer.Option(help="The rate without any change: 0.02 is 2 %.")],
    lift: Annotated[float, typer.Option(help="The relative change to detect: 0.10 is from 2 % to 2.2 %.")],
    power: Annotated[float, typer.Option(help="How surely it should be detected.")] = 0.8,
    alpha: Annotated[float, typer.Option(help="How often a difference may be seen where there is none.")] = 0.05,
    arms: Annotated[int, typer.Option(help="How many arms, the control among them.")] = 2,
    plan: Annotated[str, typer.Option(help="fixed: one look at the end; sequential: look every day.")] = "fixed",
    correction: Annotated[str, typer.Option(help="For several comparisons: holm, bonferroni or none.")] = "holm",
    audience: Annotated[int | None, typer.Option(help="How many people there are.")] = None,
    daily: Annotated[int | None, typer.Option(help="How many are reached a day; else all at once.")] = None,
    window: Annotated[int, typer.Option(help="Days in which a response counts.")] = 7,
    as_json: AS_JSON = False,
) -> None:
    """Say how many people an experiment needs, what can be detected with those there are, and how long it takes."""
    from pipelines.experiments.sizing import Wish
    from pipelines.experiments.sizing import size as sized

    chosen: Literal["fixed", "sequential"] = _one_of("plan", plan, ("fixed", "sequential"))
    corrected = _one_of("correction", correction, ("holm", "bonferroni", "none"))
    for name, number in (("audience", audience), ("daily", daily), ("window", window)):
        if number is not None and number < 1:
            raise Refusal(f"--{name} is {number}; write 1 or more.")
    wish = Wish(baseline, lift, power, alpha, arms, chosen, corrected)
    told = sized(wish, audience=audience, daily=daily, attribution_days=window).to_json()
    if as_json:
        print_json(told)
        return
    out.print(told["sentence"], highlight=False, markup=False)
    out.print(f"It takes {told['days']} days at least.", highlight=False, markup=False)
    if arms > 2 and correction != "none":
        out.print(
            f"Each of the {arms - 1} comparisons with the control may err by {told['alpha_per_comparison']:.2%}, so "
            f"that all together err by {alpha:.0%}.", highlight=False, markup=False,
        )  # fmt: skip


def _one_of(name: str, value: str, known: tuple[str, ...]) -> Any:
    if value not in known:
        raise typer.BadParameter(f"{value!r} is none of {', '.join(known)}", param_hint=f"--{name}")
    return value


@app.command()
def assign(
    file: Annotated[Path, typer.Argument(help="A table with ids (any delimiter or encoding, also Parquet).")],
    key: Annotated[str, typer.Option(help="The experiment: it seeds the hash.")],
    id_column: Annotated[str, typer.Option("--id", help="The column that names a person.")],
    arms: Annotated[str, typer.Option(help="control:25,a:25,b; arms without a weight share the rest of 100.")],
    coverage: Annotated[float, typer.Option(help="The share of everybody that takes part.")] = 1.0,
    namespace: Annotated[str | None, typer.Option(help="NAME,START,END, such as x,0,0.5.")] = None,
    hash_version: Annotated[int, typer.Option(help="GrowthBook's hash, 1 or 2.")] = 2,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="CSV of all rows with arm and bucket.")] = None,
    as_json: AS_JSON = False,
) -> None:
    """Give each row the arm that any GrowthBook SDK would give it; needs no tenant and no database."""
    from pipelines.customers.reading.open import open_table
    from pipelines.customers.reading.source import open_file
    from pipelines.experiments.arms import arms_in, shares_of
    from pipelines.experiments.files import Wanted, assign_table

    if not key.strip():
        raise Refusal("--key is empty; name the experiment, for its name seeds the hash.")
    wanted = Wanted(key, id_column, shares_of(arms_in(arms)), coverage, _namespace(namespace), hash_version)
    with open_file(file, max_bytes=LARGEST) as opened:
        told = assign_table(open_table(opened, max_bytes=LARGEST), wanted, file, output).to_json()
    if as_json:
        print_json(told)
        return
    print_table(
        f"{told['rows']:,} rows in experiment {key}",
        ("arm", "rows", "share wanted"),
        [(arm, told["arms"][arm], f"{share:.1%}") for arm, share in wanted.shares.items()],
    )
    without = {code: rows for code, rows in told["codes"].items() if code != "assigned"}
    if without:
        print_table("Without an arm", ("code", "rows"), list(without.items()))
    for warning in told["warnings"]:
        err.print(warning, style="yellow", highlight=False, markup=False)
    if output:
        out.print(f"Written to {output}", highlight=False, markup=False)


def _namespace(text: str | None) -> Any:
    from pipelines.experiments.design import Namespace

    if text is None:
        return None
    name, _, bounds = text.partition(",")
    try:
        start, end = (float(bound) for bound in bounds.split(","))
        return Namespace(name=name.strip(), start=start, end=end)
    except ValueError as error:
        raise Refusal(
            f"--namespace {text!r} is no part of a namespace; write NAME,START,END with 0 <= START < END <= 1."
        ) from error


@app.command()
def show(
    campaign: Annotated[str, typer.Argument(help="The campaign's id.")], tenant: TENANT = None, as_json: AS_JSON = False
) -> None:
    """Show the design of a campaign's experiment, who has which arm, and what it can detect."""
    from pipelines.commands.opening import open_services
    from pipelines.experiments import run as step

    services = open_services()
    _show(step.show(services.laboratory, tenant_of(services, campaign, tenant), campaign), as_json=as_json)


@app.command()
def reweigh(
    campaign: Annotated[str, typer.Argument(help="The campaign's id.")],
    arms: Annotated[str, typer.Option(help="All its arms, such as control:40,professional,friendly,direct.")],
    tenant: TENANT = None,
    by: Annotated[str | None, typer.Option("--as", help="Who changes it; else who is signed in here.")] = None,
    as_json: AS_JSON = False,
) -> None:
    """Give the arms other weights, before anything is sent; an approval given to the design before is void."""
    from pipelines.commands.opening import open_services
    from pipelines.experiments import run as step
    from pipelines.experiments.arms import arms_in

    services, who = open_services(), by or getpass.getuser()
    whose = tenant_of(services, campaign, tenant)
    _show(step.reweigh(services.laboratory, whose, campaign, arms_in(arms), by=who), as_json=as_json)


def _show(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(told)
        return
    design = told["design"]
    print_table(
        f"{told['experiment_key']}: {told['state']}, by {design['primary_metric']} within {design['attribution_days']} "
        f"days, {design['plan']} plan, {design.get('allocation', 'fixed')} shares, "
        f"{design['min_days']} to {design['max_days']} days",
        ("arm", "share", "sends", "customers"),
        [
            (
                f"{arm['name']} (control)" if arm["control"] else arm["name"], f"{arm['share']:.1%}",
                arm["strategy"] or "nothing", arm["customers"],
            )
            for arm in told["arms"]
        ],
    )  # fmt: skip
    if told["without_arm"]:
        print_table(
            "Without an arm", ("code", "customers", "why"),
            [(one["code"], one["customers"], one["sentence"]) for one in told["without_arm"]],
        )  # fmt: skip
    if told["power"]:
        out.print(told["power"]["sentence"], highlight=False, markup=False)
    out.print(f"Design {told['design_hash']}", highlight=False, markup=False)
