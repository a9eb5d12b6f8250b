"""Use cases: fix the design of a campaign's experiment, give its audience their arms, and show both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg

from pipelines.contracts import RATES, Json, Refusal
from pipelines.experiments.analysis.run import allocate_running, conclude_decided, read_out_running
from pipelines.experiments.assigning import CODES, as_rows, counts_of, deal_by_design
from pipelines.experiments.design import Design, Namespace, checked
from pipelines.experiments.laboratory import Laboratory
from pipelines.experiments.layers import free_parts, overlap
from pipelines.experiments.planning import planned, weighed
from pipelines.experiments.sizing import Size, Wish, size
from pipelines.experiments.store import Store

__all__ = [
    "Laboratory", "allocate_running", "assign", "assignments", "conclude_decided", "experiments", "find", "fix_design",
    "read_out_running", "reweigh", "show", "size",
]  # fmt: skip

Row = dict[str, Any]


def fix_design(laboratory: Laboratory, tenant: str, campaign_id: str, *, by: str) -> Json:
    """Fix who gets what before approval is asked; what stands stays, and what was sent already is never changed."""
    with laboratory.database.transaction(tenant) as connection, _kept_by_the_database():
        store = Store(connection)
        store.begin(tenant)
        campaign, there = store.campaign(campaign_id), store.experiment(campaign_id)
        if there is None or there["started_at"] is None:
            before = checked(there["design"]) if there else None
            wanted = planned(
                campaign_id, campaign["brief"] or {}, store.copy(campaign_id), laboratory.policy, before=before,
                proven=store.proven(campaign_id),
            )  # fmt: skip
            _keep(store, wanted, before, campaign_id, by=by, now=laboratory.clock())
        return _shown(store, campaign_id)


def reweigh(laboratory: Laboratory, tenant: str, key: str, weights: Mapping[str, float | None], *, by: str) -> Json:
    """Give the arms other weights, before anything is sent; as few people as can be change their arm."""
    with laboratory.database.transaction(tenant) as connection, _kept_by_the_database():
        store = Store(connection)
        store.begin(tenant)
        there = _experiment(store, key)
        before = checked(there["design"])
        _keep(store, weighed(before, weights), before, there["campaign_id"], by=by, now=laboratory.clock())
        return _shown(store, key)


def _keep(
    store: Store, wanted: Design, before: Design | None, campaign_id: str | None, *, by: str, now: datetime
) -> None:
    if before is not None and wanted.design_hash == before.design_hash:
        return
    if wanted.namespace is not None:
        _refuse_neighbours(store, wanted.key, wanted.namespace)
    store.keep_design(wanted, campaign_id, by=by, now=now)
    arms = ", ".join(f"{arm.name} {arm.share:.1%}" for arm in wanted.arms)
    facts = {"design_hash": wanted.design_hash, "before": before.design_hash if before else None}
    store.log(wanted, campaign_id, by=by, did="design", reason=f"{wanted.kind} by {wanted.primary_metric}: {arms}",
              facts=facts)  # fmt: skip


def _refuse_neighbours(store: Store, key: str, wanted: Namespace) -> None:
    others = store.in_namespace(wanted.name, but=key)
    taken = [(one["start"], one["end"]) for one in others]
    for one, part in zip(others, taken, strict=True):
        if overlap(part, (wanted.start, wanted.end)):
            free = ", ".join(f"{start:g} to {end:g}" for start, end in free_parts(taken)) or "nothing"
            raise Refusal(
                f"Experiment {one['experiment_key']} has {part[0]:g} to {part[1]:g} of namespace {wanted.name}, so "
                f"{key} cannot have {wanted.start:g} to {wanted.end:g}; free is {free}."
            )


def assign(laboratory: Laboratory, tenant: str, campaign_id: str, *, by: str) -> Json:
    """Give everybody whom the newest decision includes an arm or the code that says why not; again: nobody anew."""
    now = laboratory.clock()
    with laboratory.database.transaction(tenant) as connection, _kept_by_the_database():
        store = Store(connection)
        store.begin(tenant)
        store.campaign(campaign_id)
        there = _experiment(store, campaign_id)
        run = store.newest_run(campaign_id)
        if run is None:
            raise Refusal(f"Nobody decided on campaign {campaign_id} yet; run `liftline safety eligibility` first.")
        design = checked(there["design"])
        people = store.included(campaign_id, run["run"])
        complete = store.complete_units(campaign_id, design.strategies)
        rows = as_rows(people, deal_by_design(people, design, tenant, complete))
        changed = store.keep_assignments(rows, design, started=there["started_at"] is not None, now=now)
        if changed or not there["assigned"]:
            counts = counts_of(store.counted(campaign_id), design)
            kept = {**counts, "run": run["run"], "digest": store.digest(campaign_id), "design_hash": design.design_hash}
            store.keep_counts(campaign_id, kept)
            store.log(design, campaign_id, by=by, did="assign", reason=_told(counts), facts=kept)
        else:
            kept = there["assigned"]
    return {"experiment_key": campaign_id, "tenant": tenant, "changed": changed, **kept}


def _told(counts: Json) -> str:
    arms = ", ".join(f"{arm} {people}" for arm, people in counts["arms"].items())
    without = [f"{code} {people}" for code, people in counts["codes"].items() if code != "assigned"]
    return f"{arms}; without an arm: {', '.join(without) or 'nobody'}"


def show(laboratory: Laboratory, tenant: str, key: str) -> Json:
    """One experiment: its design, who has which arm, and what it can detect."""
    with laboratory.database.transaction(tenant) as connection:
        return _shown(Store(connection), key)


def find(laboratory: Laboratory, tenant: str, key: str) -> Json | None:
    """The same, or None where there is no such experiment."""
    with laboratory.database.transaction(tenant) as connection:
        store = Store(connection)
        return _shown(store, key) if store.experiment(key) else None


def experiments(
    laboratory: Laboratory, tenant: str, *, before: tuple[datetime, str] | None = None, most: int = 50
) -> list[Row]:
    """The experiments of a tenant, the newest first."""
    with laboratory.database.transaction(tenant) as connection:
        return Store(connection).experiments(before=before, most=most)


def assignments(
    laboratory: Laboratory, tenant: str, key: str, *, arm: str | None = None, after: str | None = None, most: int = 50
) -> list[Row]:
    """Who got what in an experiment, in order of their ids."""
    with laboratory.database.transaction(tenant) as connection:
        return Store(connection).assignments(key, arm=arm, after=after, most=most)


def _experiment(store: Store, key: str) -> Row:
    found = store.experiment(key)
    if found is None:
        raise Refusal(f"There is no experiment {key}; `liftline campaign prepare` designs that of a campaign.")
    return found


def _shown(store: Store, key: str) -> Json:
    row = _experiment(store, key)
    design, assigned = checked(row["design"]), row["assigned"]
    run = store.newest_run(row["campaign_id"]) if row["campaign_id"] else None
    arms = [
        {
            **arm.model_dump(), "control": arm.name == design.control,
            "customers": assigned["arms"].get(arm.name, 0) if assigned else None,
        }
        for arm in design.arms
    ]  # fmt: skip
    without = [
        {"code": code, "sentence": sentence, "customers": assigned["codes"][code]}
        for code, sentence in CODES.values()
        if assigned and code != "assigned" and assigned["codes"].get(code)
    ]
    expected = _size(design, assigned, run["included"] if run else 0)
    return {
        **row, "arms": arms, "without_arm": without, "power": expected.to_json() if expected else None,
        "included": run["included"] if run else None,
    }  # fmt: skip


def _size(design: Design, assigned: Json | None, included: int) -> Size | None:
    """What the experiment can detect with those it has, or will have; None where nothing is compared, or no rate."""
    if len(design.arms) < 2 or design.baseline is None or design.primary_metric not in RATES:
        return None
    if assigned:
        people = sum(assigned["arms"].values())
    else:
        width = design.namespace.width if design.namespace else 1.0
        people = int(included * (1 - design.global_holdout) * design.coverage * width)
    wish = Wish(
        design.baseline, design.lift, design.power, design.alpha, len(design.arms), design.plan, design.correction
    )
    smallest = min(design.shares.values())
    return size(
        wish, audience=people, smallest_share=smallest, attribution_days=design.attribution_days,
        min_days=design.min_days,
    )  # fmt: skip


@contextmanager
def _kept_by_the_database() -> Iterator[None]:
    """What a trigger refuses is a refusal to the caller."""
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise Refusal(error.diag.message_primary or "The database refused this.") from error
