"""How well robots are told from people, and how wrong the lift would be without that."""

from __future__ import annotations

import polars as pl

from pipelines.contracts import Json


def measured(told: pl.DataFrame) -> Json:
    """Precision and recall over events with `truth` and `verdict` (and `event`): a robot is what is no person's."""
    told = told.filter(pl.col("event").is_in(["opened", "clicked"]))
    parts = {"clicks": told.filter(pl.col("event") == "clicked"), "opens": told.filter(pl.col("event") == "opened")}
    return {name: _scores(part) for name, part in parts.items()}


def _scores(part: pl.DataFrame) -> Json:
    robot, caught = pl.col("truth") != "human", pl.col("verdict") != "human"
    counted = part.select(
        events=pl.len(), robots=robot.sum(), caught=caught.sum(), rightly=(robot & caught).sum(),
        people=(~robot).sum(), wrongly=(~robot & caught).sum(),
    ).row(0, named=True)  # fmt: skip
    return {
        **counted,
        "precision": _share(counted["rightly"], counted["caught"]),
        "recall": _share(counted["rightly"], counted["robots"]),
        "people_lost": _share(counted["wrongly"], counted["people"]),
    }


def lifts(told: pl.DataFrame, people: pl.DataFrame) -> list[Json]:
    """By arm: how many clicked, truly, by human clicks, and by any click; and the lift over the first arm of each.

    `told` bears customer_id, event and verdict; `people` customer_id, arm and truly_clicked.
    """
    clicks = told.filter(pl.col("event") == "clicked")
    human = clicks.filter(pl.col("verdict") == "human")["customer_id"].unique()
    rates = (
        people.filter(pl.col("messaged"))
        .with_columns(
            any=pl.col("customer_id").is_in(clicks["customer_id"].unique().to_list()),
            human=pl.col("customer_id").is_in(human.to_list()),
        )
        .group_by("arm")
        .agg(
            people=pl.len(), truly=pl.col("truly_clicked").mean(), filtered=pl.col("human").mean(),
            unfiltered=pl.col("any").mean(),
        )
        .sort("arm")
        .to_dicts()
    )  # fmt: skip
    for row in rates:
        for kind in ("truly", "filtered", "unfiltered"):
            first = rates[0][kind]
            row[f"lift_{kind}"] = round(row[kind] / first - 1, 4) if first else None
    return [{name: round(cell, 5) if isinstance(cell, float) else cell for name, cell in row.items()} for row in rates]


def incremental(people: pl.DataFrame) -> list[Json]:
    """By arm: how many bought, and by how much more than would have without a message, as it was drawn."""
    return people.group_by("arm", "messaged").agg(
        people=pl.len(), bought=pl.col("truly_bought").mean().round(5), chance=pl.col("chance_to_buy").mean().round(5)
    ).sort("messaged", "arm").to_dicts()  # fmt: skip


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
