"""Who gets which arm, decided from their ids alone, column by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.contracts import Json
from pipelines.experiments.design import Design, Namespace
from pipelines.experiments.hashing import Steps, in_namespace, steps_of
from pipelines.experiments.layers import Cut, cut, held_out

ASSIGNED, HOLDOUT, INCOMPLETE, OTHER_LAYER, UNCOVERED, LEFT_OUT = range(6)
CODES = {
    ASSIGNED: ("assigned", "Has an arm."),
    HOLDOUT: ("global_holdout", "Belongs to the few whom no campaign writes to, so that all of them can be measured."),
    INCOMPLETE: (
        "incomplete_unit",
        "Not every arm has a variant for this audience unit, so they could not be compared.",
    ),
    OTHER_LAYER: ("outside_namespace", "Belongs to the part of the namespace that other experiments have."),
    UNCOVERED: ("outside_coverage", "Belongs to the share that this experiment leaves alone."),
    LEFT_OUT: ("left_out_since", "Was assigned, and the guardrails include them no more."),
}


@dataclass(frozen=True, slots=True)
class Dealt:
    """For each id: its step on the unit interval, its arm (-1: none), the code that says why, its cohort (0: none)."""

    steps: Steps
    arms: npt.NDArray[np.int16]
    codes: npt.NDArray[np.int16]
    cohorts: npt.NDArray[np.int16]


def deal(
    ids: pa.Array | pa.ChunkedArray,
    seed: str,
    split: Cut,
    *,
    version: int,
    namespace: Namespace | None = None,
    excluded: Sequence[tuple[int, npt.NDArray[np.bool_]]] = (),
) -> Dealt:
    """The arm of each id; of several reasons why somebody has none, the first of `excluded` comes first."""
    steps = steps_of(ids, seed, version)
    arms, cohorts = split.arms[steps], split.cohorts[steps]
    codes = np.where(arms < 0, np.int16(UNCOVERED), np.int16(ASSIGNED))
    if namespace is not None:
        codes[~in_namespace(ids, namespace.name, namespace.start, namespace.end)] = OTHER_LAYER
    for code, whom in reversed(excluded):
        codes[whom] = code
    nobody = codes != ASSIGNED
    arms[nobody], cohorts[nobody] = -1, 0
    return Dealt(steps, arms, codes, cohorts)


def deal_by_design(people: pa.Table, design: Design, tenant: str, complete_units: Sequence[str]) -> Dealt:
    """The arm of each of `people` (customer_id, unit_id) by the design of a campaign's experiment."""
    ids, units = people["customer_id"], people["unit_id"]
    incomplete = ~pc.is_in(units, value_set=pa.array(complete_units, units.type)).to_numpy(zero_copy_only=False)
    names = list(design.shares)
    split = cut(design.pieces, names, version=design.hash_version, coverage=design.coverage, ramp=design.ramp)
    held = held_out(ids, tenant, design.global_holdout)
    return deal(
        ids, design.key, split, version=design.hash_version, namespace=design.namespace,
        excluded=[(HOLDOUT, held), (INCOMPLETE, incomplete)],
    )  # fmt: skip


def as_rows(people: pa.Table, dealt: Dealt) -> pa.Table:
    """The rows of the stage: numbers from 1 on, as PostgreSQL counts places, null where there is none."""
    return pa.table(
        {
            "customer_id": people["customer_id"],
            "unit_id": people["unit_id"],
            "step": pa.array(dealt.steps),
            "arm": pa.array(dealt.arms + 1, mask=dealt.arms < 0),
            "code": pa.array(dealt.codes + 1),
            "cohort": pa.array(dealt.cohorts, mask=dealt.cohorts == 0),
        }
    )


def counts_of(counted: Sequence[Json], design: Design) -> Json:
    """How many have which arm, which code, and are in which ramp-up cohort or one before it."""
    arms = dict.fromkeys(design.shares, 0)
    codes: dict[str, int] = {}
    cohorts = [0] * len(design.ramp)
    for row in counted:
        codes[row["code"]] = codes.get(row["code"], 0) + row["customers"]
        if row["arm"] is not None:
            arms[row["arm"]] = arms.get(row["arm"], 0) + row["customers"]
            cohorts[row["cohort"] - 1] += row["customers"]
    ramp = [
        {"cohort": place, "share": share, "customers": sum(cohorts[:place])}
        for place, share in enumerate(design.ramp, 1)
    ]
    return {"customers": sum(codes.values()), "arms": arms, "codes": codes, "ramp": ramp}
