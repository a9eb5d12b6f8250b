"""Whether experiments keep what they promise, over simulated ones: false winners, coverage, power, bias, and regret."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from benchmarks.harness import Calibration
from pipelines.experiments.analysis.bandit import Cohort, allocate, chances_of_best, worth
from pipelines.experiments.analysis.sequential import always_valid
from pipelines.experiments.analysis.statistics import Difference, Moments, compare, estimate
from pipelines.experiments.analysis.verdicts import Asked, Terms, judged, settled
from pipelines.experiments.sizing import Wish, needed
from pipelines.services import Services

ALPHA, LOOKS, EACH_LOOK = 0.05, 60, 500
FEWEST, MOST = 200, 4_000
Rng = np.random.Generator


def calibrating(_: Services, rows: int) -> Calibration:
    """The calibration by as many runs as fit the rows asked for."""
    runs = min(max(rows // 250, FEWEST), MOST)
    return Calibration(
        "Experiments: what is promised and what happens",
        "false winners at most 5 %, coverage 95 %, power 80 %, less regret than equal shares",
        lambda: [*_errors(runs), *_power(5 * runs), *_regrets(max(runs // 100, 5))],
    )


def _errors(runs: int) -> Iterator[tuple[str, str, str, str]]:
    found = {
        "fixed: A/A of a rate": (false_positives(runs, np.random.default_rng(1)), "5 %"),
        "fixed: A/A of skewed revenue": (false_positives_of_amounts(runs, np.random.default_rng(2)), "5 %"),
        "fixed: any false winner of three arms": (false_winners(runs, np.random.default_rng(3)), "at most 5 %"),
    }
    naive, always, covered = peeking(runs, np.random.default_rng(4))
    found |= {
        f"looked at {LOOKS} times, a test for one look": (naive, "what peeking does"),
        f"looked at {LOOKS} times, sequential": (always, "at most 5 %"),
        f"sequential: interval true at all {LOOKS} looks": (covered, "at least 95 %"),
        "fixed: interval holds the truth, 2 %": (coverage(runs, np.random.default_rng(5), 0.02, 20_000), "95 %"),
        "fixed: interval holds the truth, 0.5 % of 1,000": (
            coverage(runs, np.random.default_rng(6), 0.005, 1_000), "95 %",
        ),
    }  # fmt: skip
    for what, (share, promised) in found.items():
        yield what, f"{share:.1%}", promised, f"{runs:,}"


def _power(runs: int) -> Iterator[tuple[str, str, str, str]]:
    for plan, seed in (("fixed", 7), ("sequential", 8)):
        power, bias = power_at_size(runs, np.random.default_rng(seed), plan)
        yield f"{plan}: power at the designed size", f"{power:.1%}", "80 %", f"{runs:,}"
        yield f"{plan}: lift of those that win, of the true lift", f"{bias:.2f}", "above 1: winners shine", f"{runs:,}"


def _regrets(runs: int) -> Iterator[tuple[str, str, str, str]]:
    rng = np.random.default_rng(9)
    for name, policy in POLICIES.items():
        lost = fmean(regret(policy, rng) for _ in range(runs))
        yield f"responses lost to weaker arms: {name}", f"{lost:.1%}", "the less the better", f"{runs:,}"
    naive, weighted = estimates_under_drift(runs * 10, np.random.default_rng(10))
    yield "bandit: estimate added up, off by", f"{naive:+.2%}", "what adding up does", f"{runs * 10:,}"
    yield "bandit: estimate by inverse shares, off by", f"{weighted:+.2%}", "0 points", f"{runs * 10:,}"


def _rate(yes: float, n: int) -> Moments:
    return Moments(n, float(yes), float(yes))


def false_positives(runs: int, rng: Rng, rate: float = 0.02, n: int = 20_000) -> float:
    """How often the test of a rate finds a difference that is not there."""
    return _share(
        compare(_rate(a, n), _rate(b, n), "binary", ALPHA).p_value < ALPHA for a, b in rng.binomial(n, rate, (runs, 2))
    )


def false_positives_of_amounts(runs: int, rng: Rng, n: int = 2_000) -> float:
    """The same of what people spend: most nothing, some much."""

    def spent() -> Moments:
        y = rng.gamma(2, 20, n) * (rng.random(n) < 0.1)
        return Moments(n, float(y.sum()), float((y * y).sum()))

    return _share(compare(spent(), spent(), "continuous", ALPHA).p_value < ALPHA for _ in range(runs))


def false_winners(runs: int, rng: Rng, rate: float = 0.02, n: int = 20_000) -> float:
    """How often any of three arms that are all alike is called better or worse, by the verdicts themselves."""
    asked, terms = Asked("clicked", "binary"), Terms("control", ALPHA)
    called = ("winner", "loser")
    return _share(
        any(one.verdict in called for one in settled(judged(
            asked, {name: _rate(yes, n) for name, yes in zip(("control", "a", "b", "c"), drawn, strict=True)}, terms
        ), asked, terms, None))
        for drawn in rng.binomial(n, rate, (runs, 4))
    )  # fmt: skip


def peeking(runs: int, rng: Rng, rate: float = 0.02) -> tuple[float, float, float]:
    """Looked at day by day: how often a test for one look and the sequential one ever call an A/A, and coverage."""
    yes = rng.binomial(EACH_LOOK, rate, (runs, LOOKS, 2)).cumsum(axis=1)
    naive = always = covered = 0
    for run in yes:
        looks = [_difference(*pair, EACH_LOOK * at) for at, pair in enumerate(run, 1)]
        valid = [always_valid(one, 2 * EACH_LOOK * at, ALPHA, EACH_LOOK * LOOKS) for at, one in enumerate(looks, 1)]
        naive += any(one.se > 0 and abs(one.lift_abs / one.se) > 1.959964 for one in looks)
        always += any(one.p_value < ALPHA for one in valid)
        covered += all(one.ci_low <= 0 <= one.ci_high for one in valid if one.se > 0)
    return naive / runs, always / runs, covered / runs


def _difference(a: int, b: int, n: int) -> Difference:
    """Without the interval for one look, which is dear and which nobody reads here."""
    arm, control = estimate(_rate(a, n), "binary"), estimate(_rate(b, n), "binary")
    se = math.sqrt(arm.variance + control.variance)
    return Difference(arm.value - control.value, se, -math.inf, math.inf, 1.0, "rate")


def coverage(runs: int, rng: Rng, rate: float, n: int, lift: float = 0.1) -> float:
    """How often the interval holds the true difference."""
    true = rate * lift
    drawn = zip(rng.binomial(n, rate + true, runs), rng.binomial(n, rate, runs), strict=True)
    told = (compare(_rate(a, n), _rate(b, n), "binary", ALPHA) for a, b in drawn if a + b)
    return _share(one.ci_low <= true <= one.ci_high for one in told)


def power_at_size(runs: int, rng: Rng, plan: str, baseline: float = 0.1, lift: float = 0.2) -> tuple[float, float]:
    """How often an arm that is truly better wins at the size that was designed, and how much too good it then looks."""
    n = needed(Wish(baseline, lift, plan=plan))  # type: ignore[arg-type]
    asked, terms = Asked("clicked", "binary"), Terms("control", ALPHA, plan, expected_units=2 * n)  # type: ignore[arg-type]
    won = []
    for a, b in zip(rng.binomial(n, baseline * (1 + lift), runs), rng.binomial(n, baseline, runs), strict=True):
        (one,) = settled(judged(asked, {"control": _rate(b, n), "a": _rate(a, n)}, terms), asked, terms, None)
        if one.verdict == "winner" and one.lift_abs is not None:
            won.append(one.lift_abs)
    return len(won) / runs, fmean(won) / (baseline * lift)


def _share(happened: Iterator[bool]) -> float:
    return fmean(map(float, happened))


# A bandit whose best arm's people take their time: the chance that who will respond has done so within a cohort.
RATES = {"slow and best": 0.06, "quick": 0.04, "other": 0.03}
PATIENCE = {"slow and best": 0.15, "quick": 0.9, "other": 0.9}
WAVES, EACH, WINDOW = 30, 1000, 6
ARMS = tuple(RATES)


@dataclass(slots=True)
class Lived:
    """What happened so far, wave by wave: who got which arm, by which shares, and how long each response took."""

    units: list[dict[str, int]]
    shares: list[Mapping[str, float]]
    delays: list[dict[str, np.ndarray]]

    def responses(self, wave: int, now: int) -> dict[str, int]:
        """Those of a wave that were in by now."""
        return {arm: int((took <= now - wave).sum()) for arm, took in self.delays[wave].items()}


Policy = Callable[[int, Lived, Rng], Mapping[str, float]]


def on_matured(now: int, lived: Lived, rng: Rng) -> Mapping[str, float]:
    """Ours: only waves whose time is over are looked at."""
    cohorts = [
        Cohort(lived.shares[wave], lived.units[wave], lived.responses(wave, now), now - wave > WINDOW)
        for wave in range(now)
    ]
    return allocate(ARMS, cohorts, rng).shares


def equally(now: int, lived: Lived, rng: Rng) -> Mapping[str, float]:
    """Never learn."""
    return dict.fromkeys(ARMS, 1 / len(ARMS))


def naively(now: int, lived: Lived, rng: Rng) -> Mapping[str, float]:
    """Count whoever has not responded yet as somebody who does not."""
    sent = {arm: sum(one[arm] for one in lived.units) for arm in ARMS}
    seen = {arm: sum(lived.responses(wave, now)[arm] for wave in range(now)) for arm in ARMS}
    return chances_of_best(ARMS, sent, seen, rng)


POLICIES: dict[str, Policy] = {"matured waves only": on_matured, "equal shares": equally, "naive bandit": naively}


def regret(policy: Policy, rng: Rng) -> float:
    """The share of responses lost against giving everybody the best arm."""
    lived, lost, best = Lived([], [], []), 0.0, max(RATES.values())
    for now in range(WAVES):
        share = policy(now, lived, rng)
        n = dict(zip(ARMS, rng.multinomial(EACH, [share[arm] for arm in ARMS]).tolist(), strict=True))
        lived.delays.append({arm: rng.geometric(PATIENCE[arm], rng.binomial(n[arm], RATES[arm])) for arm in ARMS})
        lived.units.append(n)
        lived.shares.append(share)
        lost += sum((best - RATES[arm]) * n[arm] for arm in ARMS)
    return lost / (best * EACH * WAVES)


def estimates_under_drift(runs: int, rng: Rng) -> tuple[float, float]:
    """By how much an arm's rate is mistaken where weeks differ and shares follow: added up, and by inverse shares."""
    weeks = ((0.10, 1 / 2), (0.02, 0.9))
    naive, weighted = [], []
    for _ in range(runs):
        cohorts = []
        for rate, share in weeks:
            n = int(rng.binomial(EACH, share))
            units = {"a": n, "b": EACH - n}
            cohorts.append(Cohort(
                {"a": share, "b": 1 - share}, units, {arm: int(rng.binomial(many, rate)) for arm, many in units.items()}
            ))  # fmt: skip
        true = fmean(rate for rate, _ in weeks)
        people, yes = (sum(getattr(one, name)["a"] for one in cohorts) for name in ("units", "responses"))
        naive.append(yes / people - true)
        weighted.append(next(one.rate for one in worth(("a", "b"), cohorts) if one.arm == "a") - true)
    return fmean(naive), fmean(weighted)
