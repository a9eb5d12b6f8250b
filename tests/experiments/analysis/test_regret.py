"""What is lost to weaker arms while people answer late: on matured cohorts, shared equally, and counted naively."""

from statistics import fmean

import numpy as np

from pipelines.experiments.analysis.bandit import Cohort, allocate, chances_of_best

RATES = {"slow and best": 0.06, "quick": 0.04, "other": 0.03}
# The chance that who will respond has done so within that many cohorts; the best arm's people take their time.
PATIENCE = {"slow and best": 0.15, "quick": 0.9, "other": 0.9}
WAVES, EACH, WINDOW = 30, 1000, 6
ARMS = tuple(RATES)


def regret(policy, rng):
    """The share of responses lost against giving everybody the best arm."""
    units, yes, shares, lost = [], [], [], 0.0
    for now in range(WAVES):
        share = policy(now, units, yes, shares, rng)
        n = rng.multinomial(EACH, [share[arm] for arm in ARMS])
        units.append(n)
        shares.append(share)
        yes.append([rng.geometric(PATIENCE[a], rng.binomial(m, RATES[a])) for a, m in zip(ARMS, n, strict=True)])
        lost += sum((max(RATES.values()) - RATES[arm]) * m for arm, m in zip(ARMS, n, strict=True))
    return lost / (max(RATES.values()) * EACH * WAVES)


def responded(yes, wave, age):
    return {arm: int((delays <= age).sum()) for arm, delays in zip(ARMS, yes[wave], strict=True)}


def equally(*_):
    return dict.fromkeys(ARMS, 1 / 3)


def on_matured(now, units, yes, shares, rng):
    cohorts = [
        Cohort(shares[w], dict(zip(ARMS, units[w].tolist(), strict=True)), responded(yes, w, now - w), now - w > WINDOW)
        for w in range(now)
    ]
    return allocate(ARMS, cohorts, rng).shares


def naively(now, units, yes, shares, rng):
    sent = dict(zip(ARMS, np.sum(units, axis=0).tolist(), strict=True)) if now else dict.fromkeys(ARMS, 0)
    seen = [responded(yes, w, now - w) for w in range(now)]
    return chances_of_best(ARMS, sent, {arm: sum(one[arm] for one in seen) for arm in ARMS}, rng)


def test_waiting_for_late_answers_loses_less_than_sharing_equally_and_than_not_waiting():
    rng = np.random.default_rng(8)
    lost = {policy.__name__: fmean(regret(policy, rng) for _ in range(20)) for policy in (on_matured, equally, naively)}
    assert lost["on_matured"] < 0.8 * lost["equally"]
    assert lost["on_matured"] < 0.8 * lost["naively"]
