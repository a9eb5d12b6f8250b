"""GrowthBook's published cases through the vectorised code, and the vectorised code beside its definition."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts import Refusal
from pipelines.experiments.hashing import (
    STEPS,
    bucket_ranges,
    buckets_of,
    choose,
    equal_weights,
    in_namespace,
    steps_of,
)

CASES = json.loads((Path(__file__).parent / "growthbook_cases.json").read_text(encoding="utf-8"))


def by_definition(text: str) -> int:
    state = 0x811C9DC5
    units = text.encode("utf-16-le")
    for at in range(0, len(units), 2):
        state = ((state ^ int.from_bytes(units[at : at + 2], "little")) * 0x01000193) & 0xFFFFFFFF
    return state


def bucket_by_definition(seed: str, value: str, version: int) -> float:
    if version == 1:
        return by_definition(value + seed) % 1000 / 1000
    return by_definition(str(by_definition(seed + value))) % 10000 / 10000


@pytest.mark.parametrize(("seed", "value", "version", "expected"), CASES["hash"])
def test_hash(seed, value, version, expected):
    if expected is None:
        with pytest.raises(Refusal, match="no hash version 99"):
            buckets_of([value], seed, version)
    else:
        assert buckets_of([value], seed, version).tolist() == [expected]


@pytest.mark.parametrize(("name", "given", "expected"), CASES["getBucketRange"])
def test_bucket_range(name, given, expected):
    arms, coverage, weights = given
    found = bucket_ranges(arms, coverage, weights)
    assert [part for one in found for part in one] == pytest.approx([part for one in expected for part in one])


@pytest.mark.parametrize(("name", "bucket", "ranges", "expected"), CASES["chooseVariation"])
def test_choose_variation(name, bucket, ranges, expected):
    assert choose([bucket], ranges).tolist() == [expected]


@pytest.mark.parametrize(("name", "value", "namespace", "expected"), CASES["inNamespace"])
def test_in_namespace(name, value, namespace, expected):
    assert in_namespace([value], *namespace).tolist() == [expected]


@pytest.mark.parametrize(("arms", "expected"), CASES["getEqualWeights"])
def test_equal_weights(arms, expected):
    assert equal_weights(arms) == pytest.approx(expected, abs=1e-8)


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), max_size=40), st.text("aé😀-", max_size=5)
)
def test_any_text_as_it_is_defined(ids, seed):
    for version in STEPS:
        assert buckets_of(ids, seed, version).tolist() == [bucket_by_definition(seed, one, version) for one in ids]


@pytest.mark.parametrize("widths", [(9,), (1, 9, 40)])
def test_many_ids_more_than_are_hashed_at_once(widths):
    ids = [f"{number:0{widths[number % len(widths)]}d}" for number in range(40_000)]
    chunked = pa.chunked_array([ids[:123], ids[123:]])
    for version in STEPS:
        found = steps_of(chunked, "winter", version)
        for place in (0, 122, 123, 16_383, 16_384, 39_999):
            assert found[place] / STEPS[version] == bucket_by_definition("winter", ids[place], version)
    assert np.array_equal(steps_of(pa.array(ids)[1_000:], "winter"), steps_of(ids, "winter")[1_000:])


def test_hashes_of_few_digits():
    # Hashes below 100,000 have no leading digits; two in a hundred thousand ids do.
    ids = [str(number) for number in range(200_000)]
    short = [place for place, one in enumerate(ids) if by_definition("s" + one) < 100_000]
    assert short
    found = buckets_of(ids, "s")
    assert all(found[place] == bucket_by_definition("s", ids[place], 2) for place in short)
