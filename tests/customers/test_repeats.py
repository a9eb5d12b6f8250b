"""No repeat goes unmarked, and a file without one is hardly ever suspected."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.customers.repeats import Repeats

_names = st.sampled_from(["a", "b", "c", "d", None])


@settings(max_examples=40)
@given(st.lists(st.tuples(_names, _names), max_size=12), st.integers(0, 12))
def test_a_line_is_marked_if_its_id_or_address_came_before(lines, cut):
    frame = pl.DataFrame(lines, schema={"customer_id": pl.String, "email": pl.String}, orient="row")
    repeats = Repeats()
    marked = [flag for part in (frame[:cut], frame[cut:]) for flag in repeats.marked(part)["repeated"]]
    before = [{line[key] for line in lines[:at]} - {None} for at in range(len(lines)) for key in (0, 1)]
    expected = [line[0] in before[2 * at] or line[1] in before[2 * at + 1] for at, line in enumerate(lines)]
    assert marked == expected


def test_among_many_different_lines_next_to_none_is_marked():
    numbers = pl.int_range(500_000, eager=True).cast(pl.String)
    frame, repeats = pl.DataFrame({"customer_id": numbers, "email": numbers + "@example.com"}), Repeats()
    assert sum(repeats.marked(part)["repeated"].sum() for part in frame.iter_slices(100_000)) < 5
    assert repeats.marked(frame.tail(10))["repeated"].all()
