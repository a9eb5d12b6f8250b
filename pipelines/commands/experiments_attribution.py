"""`liftline experiments attribution`: what campaigns earned, by six ways of saying so."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from pipelines.commands.screen import AS_JSON, out, print_json, print_table

Model = Literal["first", "last", "linear", "time-decay", "position-based", "incremental"]


def attribution(
    tenant: Annotated[str, typer.Option(help="Whose campaigns.")],
    campaign: Annotated[str | None, typer.Option(help="Only this campaign.")] = None,
    model: Annotated[Model | None, typer.Option(help="Only this model.")] = None,
    as_json: AS_JSON = False,
) -> None:
    """Say what each model of attribution credits campaigns with, as the marts were last built."""
    from pipelines.commands.opening import open_services
    from pipelines.reporting.attribution import attribution as read

    found = read(open_services().database, tenant, campaign_id=campaign, model=model)
    if as_json:
        print_json({"tenant": tenant, "campaigns": found})
        return
    print_table(
        f"What campaigns of {tenant} earned, in US dollars",
        ("campaign", "model", "touches", "orders", "revenue", "a touch", "cost", "profit"),
        [
            (
                row["campaign_id"], row["attribution_model"], f"{row['touches']:,}", _told(row["orders"]),
                _told(row["revenue_usd"]), _told(row["revenue_per_touch_usd"]), _told(row["cost_usd"]),
                _told(row["profit_usd"]),
            )
            for row in found
        ],
    )  # fmt: skip
    for row in found:
        if row["revenue_low_usd"] is not None:
            out.print(
                f"{row['campaign_id']}: its messages caused between {_told(row['revenue_low_usd'])} and "
                f"{_told(row['revenue_high_usd'])}; the other models only share out what happened.",
                highlight=False, markup=False,
            )  # fmt: skip


def _told(value: object) -> str:
    return "–" if value is None else f"{float(str(value)):,.2f}"
