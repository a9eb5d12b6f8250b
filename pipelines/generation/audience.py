"""Audience units out of what their members have in common, and the query that finds passages for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.contracts import PassageFilters, Question
from pipelines.generation.briefs import Brief
from pipelines.generation.ports import Searching, Unit, UnitKind
from pipelines.generation.privacy import mask

MOSTLY, HARDLY = 0.6, 0.2
# What tells a search for whom it is; numbers of days and money would make every day and person another question.
LASTING = ("buyers", "stage", "job title", "buys most")


PERSONAL = ("customer_id", "first_name", "last_name", "email", "phone", "company", "city")


def unit_of(kind: UnitKind, row: Mapping[str, Any], favourites: Sequence[str]) -> Unit:
    """One unit; what its traits say of it names nobody."""
    traits = _traits(row, favourites)
    known = {"company": row["label"]} if kind == "account" else {}
    if kind == "person":
        known = {name: row[name] for name in PERSONAL if row[name]}
        if row["job_title"]:
            traits["job title"] = row["job_title"]
    masked = {name: mask(value, known).text for name, value in traits.items()}
    return Unit(kind, row["unit_id"], row["label"], row["description"], masked, row["size"])


def _traits(row: Mapping[str, Any], favourites: Sequence[str]) -> dict[str, str]:
    business = row["business_share"] or 0
    traits = {
        "buyers": "business" if business >= MOSTLY else "private" if business <= HARDLY else "business and private",
        "orders": f"{row['orders'] or 0:.1f} a customer",
    }
    if row["recency_days"] is not None:
        traits["last order"] = f"{row['recency_days']} days ago"
    if row["average_order"]:
        traits["average order"] = f"{row['average_order']:.2f}"
    if row["lifecycle_stage"]:
        traits["stage"] = row["lifecycle_stage"]
    if row["country"]:
        traits["country"] = row["country"]
    if favourites:
        traits["buys most"] = "; ".join(favourites)
    return traits


def question_for(query: str, unit: Unit, favourites: Sequence[str]) -> Question:
    """The query for one unit, with words that its passages may hold and what a model may know of it."""
    lasting = (f"{name}: {unit.traits[name]}" for name in LASTING if name in unit.traits)
    known = "; ".join((unit.description, *lasting))
    return Question(query, tuple(favourites), known)


def query_for(brief: Brief) -> str:
    """What to look for: what the brief promises and offers."""
    wanted = brief.knowledge.query or f"{brief.value_proposition} {brief.goal}"
    return f"{wanted} {brief.offer.text}" if brief.offer else wanted


def missing_knowledge(desk: Searching, filters: PassageFilters) -> list[str]:
    """What a brief asks for and nobody wrote, in a sentence, if anything; copy would quietly rest on something else."""
    gaps = desk.missing(filters)
    return [f"The `knowledge` of the brief cannot be had: {'; '.join(gaps)}."] if gaps else []
