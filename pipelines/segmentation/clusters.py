"""k-means on scaled features: as many clusters as the data supports, the same for the same data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator, model_validator

from pipelines.segmentation.policies import Policy, SmallSegments

Matrix = NDArray[np.float64]
Labels = NDArray[np.int16]

FEATURES = ("recency_days", "frequency", "monetary", "average_order", "engagement_score", "inactive_days", "churn_risk")
LONG_TAILED = frozenset({"recency_days", "frequency", "monetary", "average_order", "inactive_days"})
# Nobody has been away longer than one who never came; one who never bought spent nothing.
MISSING_IS_LONGEST = frozenset({"recency_days", "inactive_days"})
CHUNK = 131_072


class Bounds(Policy):
    """Within which the number of clusters is chosen."""

    at_least: Annotated[int, Field(ge=1)]
    at_most: Annotated[int, Field(ge=1, le=50)]

    @model_validator(mode="after")
    def _in_order(self) -> Bounds:
        if self.at_most < self.at_least:
            raise ValueError("at_most must not be less than at_least")
        return self


class ClusterPolicy(Policy):
    """`segments_kmeans.yaml`: which features, how many clusters, how large the samples."""

    features: Annotated[list[str], Field(min_length=1)]
    clusters: Bounds
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    fit_sample: Annotated[int, Field(ge=100)]
    choice_sample: Annotated[int, Field(ge=100)]
    silhouette_sample: Annotated[int, Field(ge=50, le=20_000)]
    starts: Annotated[int, Field(ge=1, le=50)]
    small_segments: SmallSegments = SmallSegments()

    @field_validator("features")
    @classmethod
    def _known_features(cls, features: list[str]) -> list[str]:
        unknown = [name for name in features if name not in FEATURES]
        if unknown or len(set(features)) != len(features):
            raise ValueError(f"features are {', '.join(FEATURES)}, each once; not {', '.join(unknown) or 'twice'}")
        return features

    @model_validator(mode="after")
    def _clusters_have_no_names_yet(self) -> ClusterPolicy:
        if self.small_segments.merge_into is not None:
            raise ValueError("clusters are named after the data, so small_segments.merge_into cannot name one")
        return self


@dataclass(frozen=True, slots=True)
class Clustering:
    """Which cluster each row is in, what the clusters look like, and why there are so few, if there are."""

    labels: Labels
    medians: Matrix
    deviations: Matrix
    remark: str


def cluster(rows: Matrix, policy: ClusterPolicy) -> Clustering:
    """Put each row (customers in order of their id, columns as `policy.features`) into one cluster."""
    whole = filled(rows, policy.features)
    points, varying = scaled(whole, policy.features)
    draw = np.random.default_rng(policy.seed)
    sample = points if len(points) <= policy.fit_sample else points[_some(draw, len(points), policy.fit_sample)]
    distinct = len(np.unique(sample, axis=0)) if varying else 1
    # One row a cluster says nothing of groups, so at most half as many clusters as different rows.
    most = max(1, min(policy.clusters.at_most, distinct // 2))
    least = min(policy.clusters.at_least, most)
    count = _best_count(sample, least, most, policy, draw) if most > 1 else 1
    centres = np.round(_fit(sample, count, policy.seed, policy.starts), 6) if count > 1 else np.zeros((1, 0))
    labels = nearest(points, centres) if count > 1 else np.zeros(len(points), np.int16)
    labels = _by_centre(whole, labels, policy.features)
    return Clustering(
        labels, *_portraits(rows, points, labels, policy.features, varying), _remark(count, policy, varying)
    )


def scaled(whole: Matrix, features: list[str]) -> tuple[Matrix, list[str]]:
    """Features on one scale, the constant ones left out, and the names of those that vary."""
    columns, varying = [], []
    for name, values in zip(features, whole.T, strict=True):
        column = np.log1p(np.maximum(values, 0)) if name in LONG_TAILED else values
        deviation = float(column.std())
        if deviation > 1e-9:
            columns.append((column - column.mean()) / deviation)
            varying.append(name)
    return (np.ascontiguousarray(np.column_stack(columns)) if columns else np.zeros((len(whole), 0))), varying


def filled(rows: Matrix, features: list[str]) -> Matrix:
    """The rows with something sensible where nothing is known."""
    # Column by column in memory, as all that follows reads it.
    whole = np.array(rows, dtype=np.float64, order="F")
    for index, name in enumerate(features):
        missing = ~np.isfinite(whole[:, index])
        if missing.any():
            known = whole[~missing, index]
            longest = float(known.max()) if len(known) else 0.0
            whole[missing, index] = longest if name in MISSING_IS_LONGEST else 0.0
    return whole


def nearest(points: Matrix, centres: Matrix) -> Labels:
    """The number of the nearest centre; between equals the first."""
    labels = np.zeros(len(points), np.int16)
    half = (centres**2).sum(axis=1) / 2
    for start in range(0, len(points), CHUNK):
        part, mine = points[start : start + CHUNK], labels[start : start + CHUNK]
        # One centre after the other over whole columns: argmin along so few numbers would be slower.
        distances = (half - part @ centres.T).T
        least = distances[0].copy()
        for number in range(1, len(centres)):
            closer = distances[number] < least
            mine[closer] = number
            np.minimum(least, distances[number], out=least)
    return labels


def _some(draw: np.random.Generator, population: int, size: int) -> NDArray[np.int64]:
    return np.sort(draw.choice(population, size, replace=False, shuffle=False))


def _fit(points: Matrix, count: int, seed: int, starts: int) -> Matrix:
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    # Two threads add up in an order of their own, and the last digits would differ from run to run.
    with threadpool_limits(limits=1):
        fitted = KMeans(count, n_init=starts, random_state=seed).fit(points)
    centres: Matrix = fitted.cluster_centers_
    return centres


def _best_count(sample: Matrix, least: int, most: int, policy: ClusterPolicy, draw: np.random.Generator) -> int:
    from sklearn.metrics import pairwise_distances, silhouette_score

    least = max(2, least)
    if least >= most:
        return most
    choice = sample if len(sample) <= policy.choice_sample else sample[_some(draw, len(sample), policy.choice_sample)]
    judged = choice[_some(draw, len(choice), min(len(choice), policy.silhouette_sample))]
    apart = pairwise_distances(judged)
    np.fill_diagonal(apart, 0)
    scores: dict[int, float] = {}
    for count in range(least, most + 1):
        labels = nearest(judged, _fit(choice, count, policy.seed, 1))
        if 1 < len(np.unique(labels)) < len(judged):
            scores[count] = round(float(silhouette_score(apart, labels, metric="precomputed")), 4)
    return max(scores, key=lambda count: (scores[count], -count)) if scores else least


def _by_centre(whole: Matrix, labels: Labels, features: list[str]) -> Labels:
    """Number the clusters anew: the most spent first, then the most orders, then the rest as listed."""
    used = np.unique(labels)
    order = sorted(range(len(features)), key=lambda i: (features[i] != "monetary", features[i] != "frequency", i))
    middle = {int(old): tuple(-np.round(whole[labels == old].mean(axis=0)[order], 6)) for old in used}
    new = np.zeros(int(used.max()) + 1 if len(used) else 1, np.int16)
    for number, old in enumerate(sorted(middle, key=lambda key: middle[key])):
        new[old] = number
    return new[labels]


def _portraits(
    rows: Matrix, points: Matrix, labels: Labels, features: list[str], varying: list[str]
) -> tuple[Matrix, Matrix]:
    count = int(labels.max()) + 1 if len(labels) else 1
    medians = np.full((count, len(features)), np.nan)
    deviations = np.zeros((count, len(features)))
    positions = [features.index(name) for name in varying]
    for number in range(count):
        mine = labels == number
        for index in range(len(features)):
            known = rows[mine, index]
            known = known[np.isfinite(known)]
            # Known of fewer than half is not what this cluster is like.
            if len(known) * 2 >= int(mine.sum()) and len(known):
                medians[number, index] = float(np.median(known))
        deviations[number, positions] = points[mine].mean(axis=0)
    return medians, deviations


def _remark(count: int, policy: ClusterPolicy, varying: list[str]) -> str:
    if count >= policy.clusters.at_least:
        return ""
    why = (
        "the customers differ too little or are too few" if varying else "all customers look the same in every feature"
    )
    return f"Only {count} instead of at least {policy.clusters.at_least} clusters, since {why}."
