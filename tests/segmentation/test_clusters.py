from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.policy_files import read_policy
from pipelines.segmentation.clusters import ClusterPolicy, cluster
from pipelines.segmentation.portraits import placements
from pipelines.settings import PROJECT

POLICY = read_policy(PROJECT / "data" / "policies" / "segments_kmeans.yaml", ClusterPolicy, "policy file")


def crowd(size: int, seed: int = 1) -> NDArray[np.float64]:
    """Four plain groups: never bought, small and lapsed, small and recent, big and recent."""
    draw = np.random.default_rng(seed)
    group = np.arange(size) % 4
    recency = np.choose(group, [np.nan, 400, 20, 10]) + draw.integers(0, 5, size)
    frequency = np.choose(group, [0, 1, 2, 30]) + np.where(group == 3, draw.integers(0, 5, size), 0)
    order = np.choose(group, [np.nan, 10, 12, 90]) + draw.random(size)
    money = np.where(group == 0, 0, frequency * np.nan_to_num(order))
    engagement = np.choose(group, [0.0, 0.1, 0.4, 0.9]) + draw.random(size) / 100
    return np.column_stack([recency, frequency, money, order, engagement])


def test_plain_groups_are_found_and_named_after_what_sets_them_apart() -> None:
    rows = crowd(2000)
    found = cluster(rows, POLICY)
    names = [p.segment for p in placements(found, POLICY.features)]
    assert len(names) == len(set(names)) == 4
    assert names[0] == "recent frequent big spenders"
    assert "prospects" in names
    assert any("lapsed" in name for name in names)
    for group in range(4):
        assert len(set(found.labels[np.arange(2000) % 4 == group].tolist())) == 1


def test_the_same_data_gives_the_same_clusters() -> None:
    first, second = cluster(crowd(3000), POLICY), cluster(crowd(3000), POLICY)
    assert (first.labels == second.labels).all()
    assert placements(first, POLICY.features) == placements(second, POLICY.features)


def test_numbers_and_names_do_not_depend_on_the_order_of_plain_groups() -> None:
    rows = crowd(1000)
    turned = cluster(rows[::-1].copy(), POLICY)
    straight = cluster(rows, POLICY)
    assert (turned.labels[::-1] == straight.labels).all()
    assert placements(turned, POLICY.features) == placements(straight, POLICY.features)


@pytest.mark.parametrize(
    ("rows", "most", "told"),
    [
        (np.full((1, 5), 3.0), 1, "look the same"),
        (np.full((500, 5), 3.0), 1, "look the same"),
        (np.full((500, 5), np.nan), 1, "look the same"),
        (crowd(3), 2, "too few"),
    ],
)
def test_too_little_to_tell_apart_gives_fewer_clusters_and_says_so(rows: Any, most: int, told: str) -> None:
    found = cluster(rows, POLICY)
    made = placements(found, POLICY.features)
    assert len(made) <= most
    assert all(told in p.description for p in made)


def test_a_large_crowd_is_fitted_on_a_sample_and_wholly_placed() -> None:
    policy = POLICY.model_copy(update={"fit_sample": 500, "choice_sample": 300, "silhouette_sample": 100})
    found = cluster(crowd(20_000), policy)
    assert len(found.labels) == 20_000
    assert set(found.labels.tolist()) == set(range(len(found.medians)))
