"""Verdicts and warnings over sums as the database tells them: as seldom wrong as was promised."""

from datetime import timedelta

import numpy as np

from pipelines.experiments.analysis.health import outage, sample_ratio
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


def checks(told, check):
    return [one for one in told.analysis.health if one.check == check]


def test_what_grows_quiet_by_itself_has_not_faded_and_what_fades_has():
    drawn, said = np.random.default_rng(8), {"lasts": 0, "fades": 0}
    # One mail, to which a fifth of the answers that are left comes each day; the same lift every day, or in four only.
    shares = {"plain": np.full(11, 0.1), "lasts": np.full(11, 0.125), "fades": np.repeat([0.14, 0.1], [4, 7])}
    a_day = 0.2 * 0.8 ** np.arange(11)
    for _ in range(200):
        came = {name: drawn.poisson(10_000 * one * a_day) for name, one in shares.items()}
        for name in said:
            days = [
                {"arm": arm, "day": day, "responses": int(came[whose][day])}
                for arm, whose in (("plain", "plain"), ("warm", name)) for day in range(11)
            ]  # fmt: skip
            rows = [row(arm, 10_000, clicked=sum(one["responses"] for one in days if one["arm"] == arm))
                    for arm in ("plain", "warm")]  # fmt: skip
            # It runs three days more: they show nothing yet.
            said[name] += len(checks(judge(design(), Seen(rows, days), after(11)), "novelty"))
    assert said["lasts"] <= 10
    assert said["fades"] >= 150


def test_an_outage_is_silence_between_days_with_many():
    assert outage("clicked", [120, 80, 40, 12, 3, 0, 1, 0, 0, 1]) is None
    assert "has 1 day without any event" in outage("clicked", [120, 80, 0, 40, 12, 3, 0, 1]).sentence
    assert "has 3 days without any event" in outage("clicked", [0, 120, 0, 0, 80, 0, 30]).sentence


def test_shares_of_a_few_people_are_missed_as_seldom_as_was_promised():
    drawn = np.random.default_rng(3)
    few = drawn.multinomial(300, [0.97, 0.01, 0.01, 0.01], 20_000)
    for arms, counts in ((2, np.stack([few[:, 0] + few[:, 2] + few[:, 3], few[:, 1]], axis=1)), (4, few)):
        names = [f"arm-{at}" for at in range(arms)]
        wanted = dict(zip(names, [1 - 0.01 * (arms - 1), *[0.01] * (arms - 1)], strict=True))
        seen, often = np.unique(counts, axis=0, return_counts=True)
        false = sum(
            int(many) for row, many in zip(seen, often, strict=True)
            if sample_ratio(dict(zip(names, map(int, row), strict=True)), wanted).severity == "invalid"
        )  # fmt: skip
        # A thousandth of 20,000 is 20; chi-square, which is for many, cried several times as often.
        assert false <= 30, (arms, false)
        assert sample_ratio(dict.fromkeys(names, 75), wanted).severity == "invalid"


def test_units_of_a_few_people_are_neither_wrong_nor_compared():
    drawn = np.random.default_rng(12)
    few = [
        row(arm, int(many), unit=f"account {unit}")
        for unit in range(600) for arm, many in zip(("plain", "warm"), drawn.multinomial(4, [0.05, 0.95]), strict=True)
        if many
    ]  # fmt: skip
    large = [row(arm, many, unit="loyal") for arm, many in (("plain", 500), ("warm", 9_500))]
    wrong = [row(arm, many, unit="new") for arm, many in (("plain", 150), ("warm", 1_850))]
    arms = [{"name": name, "share": share, "strategy": name} for name, share in (("plain", 0.05), ("warm", 0.95))]
    told = judge(design(arms=arms), Seen([*few, *large, *wrong]), after(14))
    assert [one.segment for one in checks(told, "sample_ratio")] == [None, "new"]
    plain, warm = ({one["unit_id"] for one in few if one["arm"] == arm and one["units"] > 1} for arm in design().shares)
    compared = {one.segment for one in told.analysis.comparisons} - {None}
    assert compared == {f"unit={unit}" for unit in {*(plain & warm), "loyal", "new"}}
