"""Verdicts and warnings over sums as the database tells them: as seldom wrong as was promised."""

from datetime import timedelta

import numpy as np

from pipelines.experiments.analysis.judging import Moment, Seen, judge
from pipelines.experiments.design import checked
from tests.conftest import NOW

COUNTED = ("sent", "other_arm", "robots", "clicked", "replied", "converted", "unsubscribed", "complained", "bounced",
           "revenue", "revenue_squared", "spent", "spent_squared", "revenue_spent")  # fmt: skip


def design(**instead):
    """Two texts, of which the first is the control."""
    return checked({
        "key": "winter-1", "kind": "ab", "source": "brief", "control": "plain", "hash_version": 2, "coverage": 1,
        "arms": [{"name": name, "share": 0.5, "strategy": name} for name in ("plain", "warm")],
        "namespace": None, "global_holdout": 0, "ramp": [1], "primary_metric": "clicked", "secondary_metrics": [],
        "guardrail_metrics": [], "attribution_days": 14, "stratify_by": [], "min_days": 7, "max_days": 14,
        "plan": "fixed", "correction": "holm", "alpha": 0.05, "power": 0.8, "lift": 0.2, "baseline": None, **instead,
    })  # fmt: skip


def row(arm, units, *, ripe=True, unit="loyal", **counted):
    sums = dict.fromkeys(COUNTED, 0) | {"sent": units, **counted}
    return {"arm": arm, "unit_id": unit, "wave": 1, "people_of": None, "ripe": ripe, "units": units, **sums}


def after(days):
    return Moment(NOW, NOW + timedelta(days=days))


def test_one_planned_look_is_one_look_however_late_people_are_written_to():
    drawn, wrong, planned = np.random.default_rng(10), 0, design()
    for _ in range(100):
        # A fifth of the people is written to each day: after max_days there are five nights with ever more of them.
        clicks = drawn.binomial(400, 0.1, (2, 5)).cumsum(axis=1)
        decided = set()
        for night in range(5):
            rows = [
                row(arm, 400 * (night + 1), clicked=int(clicks[at, night])) for at, arm in enumerate(("plain", "warm"))
            ]
            rows += [row(arm, 400 * (4 - night), ripe=False) for arm in ("plain", "warm") if night < 4]
            told = judge(planned, Seen(rows), after(14 + night))
            assert told.final == (night == 4)
            decided.add(told.verdict)
        wrong += bool(decided & {"winner", "loser"})
    # Of a hundred; by looking every night it was twice as many and more.
    assert wrong <= 8
