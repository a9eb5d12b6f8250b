"""Two models for each category and level, added up, and the threshold at which each level begins."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack, vstack
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from pipelines.adapters.content_safety.classifier.features import BUCKETS, Floats, Reader
from pipelines.adapters.content_safety.classifier.network import Network
from pipelines.adapters.content_safety.classifier.normalising import normalised
from pipelines.adapters.content_safety.classifier.sentences import words_of
from pipelines.adapters.content_safety.training.examples import Example
from pipelines.safety.ports import CATEGORIES

LEVELS = (2, 4, 6)
STRENGTH = 2.0
# The linear model knows the wording of the templates, the network what they are about; what is new needs the second.
LINEAR_SHARE = 0.75
NETWORKS, HIDDEN, DECAY, EPOCHS = 3, 64, 0.05, 14
FOLDS = 4
TEXTS_AT_ONCE = 1000
# The share of harmless sentences, of templates that were held out, which may reach a level; what firms write may do so
# less often, for a mail has some twenty-five sentences and the worst of them decides.
FALSE_ALARMS = {2: 0.028, 4: 0.005, 6: 0.002}
MAIL_FALSE_ALARMS = {2: 0.007, 4: 0.001, 6: 0.0005}
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Trained:
    """The weights of the hashed features and those of the network, a column a category and level, and thresholds."""

    grams: Floats
    network: Network
    thresholds: Floats


def train(reader: Reader, drawn: Sequence[Example], seed: int) -> Trained:
    """Fit on all sentences; thresholds from models that never saw the template that they judge."""
    grams, summary = read_all(reader, [one.text for one in drawn])
    wanted = targets(drawn)
    scores = held_out_scores(grams, summary, wanted, [one.template for one in drawn], seed)
    weights, network = fitted(grams, summary, wanted, seed)
    mail = np.array([one.mail for one in drawn])
    return Trained(weights, network, thresholds(scores, wanted, mail))


def read_all(reader: Reader, texts: Sequence[str]) -> tuple[Any, Floats]:
    """The hashed features and the summary of each text, read as one sentence."""
    grams, summaries = [], []
    for at in range(0, len(texts), TEXTS_AT_ONCE):
        read = reader.read([words_of(normalised(text)) for text in texts[at : at + TEXTS_AT_ONCE]])
        grams.append(csr_matrix((read.values, (read.rows, read.buckets)), shape=(len(read.summary), BUCKETS)))
        summaries.append(read.summary)
    return vstack(grams, format="csr"), np.concatenate(summaries)


def targets(drawn: Sequence[Example]) -> Flags:
    """Whether each sentence reaches each level: category by category, level by level."""
    return np.array(
        [[one.labels.get(category, 0) >= level for category in CATEGORIES for level in LEVELS] for one in drawn]
    )


def fitted(grams: Any, summary: Floats, wanted: Flags, seed: int) -> tuple[Floats, Network]:
    """The weights of all levels: the linear model's share is in the grams and in the rows below the hidden layer's."""
    both = hstack([grams, csr_matrix(summary)], format="csr")
    models = [LogisticRegression(C=STRENGTH, solver="lbfgs", max_iter=300).fit(both, column) for column in wanted.T]
    linear = np.stack([model.coef_[0] for model in models], axis=1) * LINEAR_SHARE
    shift = np.array([model.intercept_[0] for model in models]) * LINEAR_SHARE
    layered = [_layered(summary, wanted, seed + number) for number in range(NETWORKS)]
    inner = np.hstack([one.coefs_[0] for one in layered])
    inner_bias = np.concatenate([one.intercepts_[0] for one in layered])
    # The mean of several networks is one network with all their hidden units.
    outer = np.vstack([*(one.coefs_[1] / NETWORKS for one in layered), linear[BUCKETS:]])
    bias = np.mean([one.intercepts_[1] for one in layered], axis=0) + shift
    network = Network(*(part.astype(np.float32) for part in (inner, inner_bias, outer, bias)))
    return linear[:BUCKETS].astype(np.float32), network


def _layered(summary: Floats, wanted: Flags, seed: int) -> Any:
    network = MLPClassifier(
        (HIDDEN,), alpha=DECAY, max_iter=EPOCHS, random_state=seed, batch_size=256, learning_rate_init=2e-3
    )
    with warnings.catch_warnings():
        # It stops after so many rounds on purpose.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return network.fit(summary, wanted.astype(int))


def held_out_scores(grams: Any, summary: Floats, wanted: Flags, templates: Sequence[int], seed: int) -> Floats:
    """The score of each sentence by models that were fitted without its template."""
    number = np.array(templates)
    fold = np.random.default_rng(seed).integers(FOLDS, size=number.max() + 1)[number]
    scores = np.zeros(wanted.shape, np.float32)
    for out in range(FOLDS):
        held = fold == out
        weights, network = fitted(grams[~held], summary[~held], wanted[~held], seed)
        scores[held] = grams[held] @ weights + network.scores(summary[held])
    return scores


def thresholds(scores: Floats, wanted: Flags, mail: Flags) -> Floats:
    """The score of each level that only so many harmless sentences of either kind are above."""
    harmless = ~wanted.any(axis=1)
    kinds = ((scores[harmless & ~mail], FALSE_ALARMS), (scores[harmless & mail], MAIL_FALSE_ALARMS))
    provoking, mailed = (_exceeded(found, shares) for found, shares in kinds)
    return np.maximum(provoking, mailed)


def _exceeded(scores: Floats, shares: Mapping[int, float]) -> Floats:
    every = [shares[level] for _ in CATEGORIES for level in LEVELS]
    return np.array([np.quantile(column, 1 - s) for column, s in zip(scores.T, every, strict=True)], np.float32)
