"""The sample is every k-th row, whatever the slices, and stays small."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.customers.quality import Sample


def offered(rows: int, cuts: list[int], limit: int) -> Sample:
    numbers = pl.DataFrame({"customer_id": pl.int_range(rows, eager=True).cast(pl.String)})
    sample = Sample(limit)
    edges = [0, *sorted(cut for cut in cuts if cut < rows), rows]
    for start, end in zip(edges, edges[1:], strict=False):
        sample.offer(numbers.slice(start, end - start))
    return sample


@given(st.integers(0, 600), st.lists(st.integers(0, 600), max_size=12), st.integers(1, 60))
def test_where_the_stream_is_cut_changes_nothing(rows: int, cuts: list[int], limit: int) -> None:
    sample = offered(rows, cuts, limit)
    step = 1
    while -(-rows // step) > limit:
        step *= 2
    assert sample.seen == rows
    assert sample.frame()["customer_id"].to_list() == [str(row) for row in range(0, rows, step)]


@given(st.integers(1, 600), st.integers(1, 60))
def test_a_small_file_is_kept_whole_and_a_large_one_at_least_by_half(rows: int, limit: int) -> None:
    held = offered(rows, [100, 101, 350], limit).frame().height
    assert held == rows if rows <= limit else limit // 2 < held <= limit


def test_memory_does_not_grow_with_the_stream() -> None:
    sample = Sample(1_000)
    sizes = []
    for start in range(0, 400_000, 10_000):
        rows = pl.int_range(start, start + 10_000, eager=True).cast(pl.String).str.pad_start(60, "x")
        sample.offer(pl.DataFrame({"email": rows}))
        sizes.append(sample.frame().to_arrow().nbytes)
    assert sample.frame().height <= 1_000
    assert max(sizes[1:]) < 3 * 1_000 * 80


def test_no_slice_at_all_is_an_empty_frame() -> None:
    assert Sample().frame().is_empty()


def test_a_sample_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError):
        Sample(0)
