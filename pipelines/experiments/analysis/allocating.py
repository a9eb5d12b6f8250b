"""Use case: share out the next wave of an experiment that learns, by what the waves before it showed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from pipelines.contracts import Json, Refusal
from pipelines.experiments.analysis.bandit import Allocation, Cohort, allocate, stage, worth
from pipelines.experiments.analysis.judging import Moment, shown_one_arm
from pipelines.experiments.analysis.rounds import with_each_running
from pipelines.experiments.analysis.store import Readings
from pipelines.experiments.assigning import deal
from pipelines.experiments.design import Design, checked
from pipelines.experiments.laboratory import Laboratory
from pipelines.experiments.layers import cut, pieces_of

Row = dict[str, Any]


def allocate_running(laboratory: Laboratory, tenants: Iterable[str], *, by: str) -> Json:
    """Open the next wave of every experiment that learns and whose newest wave had its time to respond."""

    def allocate_one(tenant: str, key: str) -> Json:
        told = allocate_next(laboratory, tenant, key, by=by)
        return {name: told[name] for name in ("wave", "opened", "shares", "code")}

    return with_each_running(laboratory, tenants, allocate_one, learning=True)


def allocate_next(laboratory: Laboratory, tenant: str, key: str, *, by: str) -> Json:
    """Decide the shares of the next wave and draw its arms, once the newest wave has matured; else nothing."""
    now = laboratory.clock()
    with laboratory.database.transaction(tenant) as connection:
        readings = Readings(connection, key)
        there = readings.begin()
        design = checked(there["design"])
        if not design.learns:
            raise Refusal(f"The shares of experiment {key} are fixed; its brief says no allocation: bandit or staged.")
        if there["state"] != "running":
            raise Refusal(f"Experiment {key} is {there['state']}, so no wave of it is shared out.")
        waves = readings.waves()
        opened = max((row["wave"] for row in waves), default=1)
        told = cohorts_of(
            design, waves, readings.outcomes(there["campaign_id"], design, Moment(there["started_at"], now))
        )
        if opened >= len(design.ramp) or not all(one.matured for one in told):
            left = (
                "Every wave is open."
                if opened >= len(design.ramp)
                else (f"The people of wave {opened} still have time to respond.")
            )
            return {
                "experiment_key": key,
                "wave": opened,
                "opened": False,
                "shares": None,
                "code": None,
                "reason": left,
            }
        newest = readings.newest()
        decided = next_shares(design, told, newest["winner"] if newest and newest["verdict"] == "winner" else None)
        wave = opened + 1
        _share_out(readings, design, wave, decided.shares, now=now)
        readings.open_wave(wave, decided.shares, decided.code, decided.reason, now=now)
        readings.log(there, {
            "by": by, "kind": "system", "action": "allocate", "decision": decided.code, "reason": decided.reason,
            "facts": {"wave": wave, "shares": dict(decided.shares)},
        })  # fmt: skip
    return {
        "experiment_key": key, "wave": wave, "opened": True, "shares": dict(decided.shares), "code": decided.code,
        "reason": decided.reason,
    }  # fmt: skip


def next_shares(design: Design, cohorts: Sequence[Cohort], winner: str | None) -> Allocation:
    """What each arm gets of the next wave. Who is sent nothing keeps their share, so that the lift stays known."""
    sent = [arm.name for arm in design.arms if arm.strategy is not None]
    # The same numbers draw the same shares, whoever asks.
    seed = hashlib.sha256(f"{design.design_hash} wave {len(cohorts) + 1}".encode()).digest()
    if design.allocation == "bandit":
        found = allocate(sent, cohorts, np.random.default_rng(list(seed)))
    else:
        found = stage(sent, cohorts, winner if winner in sent else None)
    silent = {arm.name: arm.share for arm in design.arms if arm.strategy is None}
    left = 1 - sum(silent.values())
    return Allocation(
        {name: silent.get(name, left * found.shares.get(name, 0.0)) for name in design.shares}, found.code, found.reason
    )


def cohorts_of(design: Design, waves: Sequence[Row], rows: Sequence[Mapping[str, Any]]) -> list[Cohort]:
    """What each open wave was given and what came of it, by the primary metric."""
    decided = {row["wave"]: row["shares"] for row in waves}
    sent = [arm.name for arm in design.arms if arm.strategy is not None]
    found = []
    for wave in range(1, max(decided, default=1) + 1):
        mine = [row for row in shown_one_arm(rows) if row["wave"] == wave and row["arm"] in sent]
        shares = decided.get(wave, design.shares)
        whole = sum(shares[arm] for arm in sent)
        found.append(Cohort(
            {arm: shares[arm] / whole for arm in sent},
            {arm: sum(row["units"] for row in mine if row["arm"] == arm) for arm in sent},
            {arm: sum(row[design.primary_metric] for row in mine if row["arm"] == arm) for arm in sent},
            matured=bool(mine) and all(row["ripe"] for row in mine),
        ))  # fmt: skip
    return found


def told_of(design: Design, waves: Sequence[Row], rows: Sequence[Mapping[str, Any]]) -> Json | None:
    """Wave by wave who got how much and why, and what each arm is worth by all of them; None where shares are fixed."""
    if not design.learns:
        return None
    cohorts = cohorts_of(design, waves, rows)
    first = {"shares": design.shares, "code": "designed", "reason": "The first wave has the shares of the design."}
    decided = {row["wave"]: row for row in waves}
    sent = [arm.name for arm in design.arms if arm.strategy is not None]
    return {
        "allocation": design.allocation,
        "waves": [
            {
                "wave": number, "matured": one.matured, "units": dict(one.units), "responses": dict(one.responses),
                **{name: decided.get(number, first)[name] for name in ("shares", "code", "reason")},
            }
            for number, one in enumerate(cohorts, 1)
        ],
        "worth": [one.to_json() for one in worth(sent, cohorts)],
    }  # fmt: skip


def _share_out(readings: Readings, design: Design, wave: int, shares: Mapping[str, float], *, now: datetime) -> None:
    sent = [arm.name for arm in design.arms if arm.strategy is not None]
    people = readings.to_share_out(wave, sent)
    if not people:
        return
    wanted = {arm: shares[arm] for arm in sent if shares[arm] > 0}
    whole = sum(wanted.values())
    pieces = pieces_of({arm: share / whole for arm, share in wanted.items()})
    # A draw of its own: by the bucket that chose the wave, the arms would be those of the design.
    dealt = deal(people, f"{design.key}/wave-{wave}", cut(pieces, list(wanted), version=2), version=2)
    names = np.array(list(wanted))
    readings.share_out(people, names[dealt.arms].tolist(), now=now)
