"""`liftline experiments explain`: which attributes go with response and lift in a table of units."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.experiments_analysis import LARGEST
from pipelines.commands.screen import AS_JSON, out, print_json, print_table
from pipelines.commands.whose import TENANT, tenant_of
from pipelines.contracts import Refusal


def explain(
    file: Annotated[Path, typer.Argument(help="A table of one row a unit (any delimiter or encoding, also Parquet).")],
    arm: Annotated[str, typer.Option(help="The column of the arms.")],
    control: Annotated[str, typer.Option(help="The arm to compare with.")],
    treatment: Annotated[str, typer.Option(help="The arm to explain.")],
    metric: Annotated[str, typer.Option(help="The column of what they did: yes or no, or an amount.")],
    by: Annotated[list[str], typer.Option(help="An attribute known before the experiment; give it again for more.")],
    seed: Annotated[int, typer.Option(help="Draws are the same for the same number.")] = 0,
    as_json: AS_JSON = False,
) -> None:
    """Say which attributes explain response and lift, and where chance does; only for arms that were drawn by lot."""
    import numpy as np

    from pipelines.customers.reading.open import open_table
    from pipelines.customers.reading.source import open_file
    from pipelines.experiments.analysis.explanation import Asked, sentences
    from pipelines.experiments.analysis.explanation import explain as explained
    from pipelines.experiments.analysis.table import read_columns

    attributes, warnings = tuple(dict.fromkeys(by)), list[str]()
    with open_file(file, max_bytes=LARGEST) as opened:
        table = open_table(opened, max_bytes=LARGEST)
        columns = list(dict.fromkeys([arm, metric, *attributes]))
        rows = read_columns(table.header, table.slices, columns, str(file), warnings)
    if rows.is_empty():
        raise Refusal(f"{file} holds no row; give it one row a unit.")
    told = explained(rows, Asked(arm, treatment, control, metric, attributes), np.random.default_rng(seed))
    if as_json:
        print_json({**told.to_json(), "warnings": [*told.warnings, *warnings]})
        return
    for one in told.segments:
        print_table(
            f"Lift by {one.attribute}",
            ("segment", "units", "control units", "seen", "believed", "interval", "stands out"),
            [
                (
                    lift.segment, lift.n_arm, lift.n_control, f"{lift.lift:+.4g}", f"{lift.believed:+.4g}",
                    f"{lift.ci_low:+.4g} to {lift.ci_high:+.4g}", "yes" if lift.stands_out else "no",
                )
                for lift in one.lifts
            ],
        )  # fmt: skip
    for sentence in (*sentences(told), *warnings):
        out.print(sentence, highlight=False, markup=False)


def explain_campaign(
    campaign: Annotated[str, typer.Argument(help="The campaign's id.")],
    tenant: TENANT = None,
    as_json: AS_JSON = False,
) -> None:
    """Say whom the arm that is ahead moved, by unit, country, lifecycle stage and what people spent before."""
    from pipelines.commands.opening import open_services
    from pipelines.experiments.analysis import run as step

    services = open_services()
    told = step.explain_campaign(services.laboratory, tenant_of(services, campaign, tenant), campaign)
    if told is None:
        raise Refusal(
            f"Nothing of campaign {campaign} can be explained yet; it needs a read-out that compares two arms."
        )
    if as_json:
        print_json(told)
        return
    for sentence in told["sentences"]:
        out.print(sentence, highlight=False, markup=False)
