"""What drove response and lift: a model of who responds, one of who is moved, each held to people it has not seen.

A model always finds something. So nothing is named that does not help on the other half of the people, again and again
over resamples, and a model that tells people apart no better than chance says so instead of naming reasons.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from pipelines.contracts import Json

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier

FEWEST_OF_EACH = 100
RESAMPLES = 8
SHUFFLES = 200
MOST_ROWS = 60_000
ALPHA = 0.05
STEADY = 0.85
BETTER_THAN_CHANCE = 2.5


@dataclass(frozen=True, slots=True)
class Reason:
    """An attribute: how much worse the model guesses without it, and in how many resamples it helped."""

    attribute: str
    importance: float
    spread: float
    steady: float
    named: bool

    def to_json(self) -> Json:
        """For a machine."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Response:
    """Who responds: how well that can be told at all (0.5 is a coin), and by which attributes."""

    auc: float | None
    reasons: tuple[Reason, ...]
    sentence: str

    def to_json(self) -> Json:
        """For a machine."""
        return {**asdict(self), "reasons": [one.to_json() for one in self.reasons]}


@dataclass(frozen=True, slots=True)
class Uplift:
    """Who is moved by the message: the Qini coefficient beside what random orders reach, and the curve itself."""

    qini: float | None
    p_value: float | None
    steady: float | None
    curve: tuple[tuple[float, float], ...]
    sentence: str

    def to_json(self) -> Json:
        """For a machine."""
        return asdict(self)


def who_responds(
    attributes: np.ndarray, names: Sequence[str], responded: np.ndarray, rng: np.random.Generator
) -> Response:
    """Permutation importance, each time on the half of the people that the model was not shown."""
    yes = int(responded.sum())
    if min(yes, len(responded) - yes) < FEWEST_OF_EACH or not names:
        sentence = f"Fewer than {FEWEST_OF_EACH} people responded (or did not), so nothing is said of reasons."
        return Response(None, (), sentence)
    from sklearn.metrics import roc_auc_score

    rows = _sample(len(responded), rng)
    aucs, drops = np.empty(RESAMPLES), np.empty((RESAMPLES, len(names)))
    for turn in range(RESAMPLES):
        shown, held = _halves(rows, responded[rows], rng)
        model = _classifier(rng).fit(attributes[shown], responded[shown])
        aucs[turn] = roc_auc_score(responded[held], model.predict_proba(attributes[held])[:, 1])
        for place in range(len(names)):
            mixed = attributes[held].copy()
            mixed[:, place] = rng.permutation(mixed[:, place])
            drops[turn, place] = aucs[turn] - roc_auc_score(responded[held], model.predict_proba(mixed)[:, 1])
    auc, share = float(aucs.mean()), yes / len(responded)
    # The resamples overlap, so their own spread promises too much: a coin's AUC over all these people is the measure.
    error = math.sqrt((1 / share + 1 / (1 - share)) / 12 / len(rows))
    better = auc > 0.5 + BETTER_THAN_CHANCE * error
    reasons = tuple(sorted(
        (_reason(name, drops[:, place], better=better) for place, name in enumerate(names)),
        key=lambda one: -one.importance,
    ))  # fmt: skip
    return Response(auc, reasons, _of_response(auc, reasons, better=better))


def who_is_moved(attributes: np.ndarray, outcome: np.ndarray, treated: np.ndarray, rng: np.random.Generator) -> Uplift:
    """A model for the treated and one for the control; people are ordered by the difference, and the order is tested.

    Only where the arm was drawn by lot: a difference between people who chose is no effect.
    """
    if min(int(treated.sum()), int((~treated).sum())) < 2 * FEWEST_OF_EACH or not np.ptp(outcome) > 0:
        sentence = f"Fewer than {2 * FEWEST_OF_EACH} people in an arm: too few to tell who is moved by the message."
        return Uplift(None, None, None, (), sentence)
    rows = _sample(len(outcome), rng)
    found = []
    for _ in range(RESAMPLES // 2):
        shown, held = _halves(rows, treated[rows], rng)
        # Cross-fitted: each half is scored by models that saw only the other, and so everybody counts once.
        score = np.empty(len(outcome))
        score[held] = _difference(attributes, outcome, treated, shown, held, rng)
        score[shown] = _difference(attributes, outcome, treated, held, shown, rng)
        found.append(score[rows])
    curves = [qini_curve(score, outcome[rows], treated[rows], rng) for score in found]
    values = [qini(curve) for curve in curves]
    by_chance = np.array([
        qini(qini_curve(rng.permutation(len(rows)).astype(float), outcome[rows], treated[rows], rng))
        for _ in range(SHUFFLES)
    ])  # fmt: skip
    value = float(np.median(values))
    p_value = float((1 + (by_chance >= value).sum()) / (1 + SHUFFLES))
    steady = float(np.mean([one > np.quantile(by_chance, 0.9) for one in values]))
    curve = curves[int(np.argsort(values)[len(values) // 2])]
    points = np.unique(np.linspace(0, len(curve) - 1, 21).astype(int))
    shown_curve = tuple((float(at / (len(curve) - 1)), float(curve[at])) for at in points)
    return Uplift(value, p_value, steady, shown_curve, _of_uplift(p_value, steady))


def qini_curve(score: np.ndarray, outcome: np.ndarray, treated: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What treating the first k people, best scores first, would have added; per person of all, from k = 0 on."""
    # Equal scores in any order but the file's: that one may not be random.
    order = np.lexsort((rng.random(len(score)), -score))
    arm, y = treated[order], outcome[order]
    of_treated, of_control = np.cumsum(np.where(arm, y, 0.0)), np.cumsum(np.where(arm, 0.0, y))
    n_treated, n_control = np.cumsum(arm), np.cumsum(~arm)
    scale = np.divide(n_treated, n_control, out=np.zeros(len(y)), where=n_control > 0)
    gained: np.ndarray = np.concatenate([[0.0], of_treated - of_control * scale]) / max(int(treated.sum()), 1)
    return gained


def qini(curve: np.ndarray) -> float:
    """The area between the curve and the straight line of treating people in any order."""
    line = np.linspace(0.0, curve[-1], len(curve))
    return float((curve - line).mean())


def _difference(
    attributes: np.ndarray, outcome: np.ndarray, treated: np.ndarray, shown: np.ndarray, held: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:  # fmt: skip
    from sklearn.ensemble import HistGradientBoostingRegressor

    def guessed(rows: np.ndarray) -> np.ndarray:
        seed = int(rng.integers(2**31))
        model = HistGradientBoostingRegressor(
            max_iter=40, max_leaf_nodes=8, min_samples_leaf=50, l2_regularization=10.0, random_state=seed
        )
        found: np.ndarray = model.fit(attributes[rows], outcome[rows]).predict(attributes[held])
        return found

    apart: np.ndarray = guessed(shown[treated[shown]]) - guessed(shown[~treated[shown]])
    return apart


def _classifier(rng: np.random.Generator) -> HistGradientBoostingClassifier:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=40, max_leaf_nodes=8, min_samples_leaf=50, l2_regularization=10.0,
        random_state=int(rng.integers(2**31)),
    )  # fmt: skip


def _sample(rows: int, rng: np.random.Generator) -> np.ndarray:
    picked: np.ndarray = rng.choice(rows, MOST_ROWS, replace=False) if rows > MOST_ROWS else np.arange(rows)
    return picked


def _halves(rows: np.ndarray, kinds: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two halves with as many of each kind."""
    first = np.zeros(len(rows), bool)
    for kind in (True, False):
        places = rng.permutation(np.flatnonzero(kinds == kind))
        first[places[: len(places) // 2]] = True
    return rows[first], rows[~first]


def _reason(name: str, drops: np.ndarray, *, better: bool) -> Reason:
    steady = float((drops > 0).mean())
    importance, spread = float(drops.mean()), float(drops.std(ddof=1))
    # Half of the people are shared by any two resamples: their spread divided by its root would promise too much.
    surely = float(ndtr(-importance / spread)) < ALPHA if spread > 0 else importance > 0
    return Reason(name, importance, spread, steady, bool(better and surely and steady >= STEADY))


def _of_response(auc: float, reasons: Sequence[Reason], *, better: bool) -> str:
    if not better:
        return f"Who responds cannot be told from these attributes better than by chance (AUC {auc:.2f})."
    named = [one.attribute for one in reasons if one.named]
    if not named:
        return (
            f"Who responds can be told a little (AUC {auc:.2f}), but by no single attribute that holds over resamples."
        )
    return (
        f"Who responds can be told by {', '.join(named)} (AUC {auc:.2f}). These go together with responding; that they "
        "cause it is not shown."
    )


def _of_uplift(p_value: float, steady: float) -> str:
    if p_value >= ALPHA or steady < STEADY:
        return (
            f"Nobody can be told apart by how much the message moves them (p = {p_value:.2g}); differences between "
            "segments may be chance."
        )
    return (
        f"Some people are moved more than others, and these attributes tell who (p = {p_value:.2g}); try it on new "
        "people before leaving anybody out."
    )
