from hypothesis import given
from hypothesis import strategies as st

from pipelines.segmentation.policies import SmallSegments
from pipelines.segmentation.rules import Placement
from pipelines.segmentation.sizes import settle

NAMES = ["a", "b", "c", "rest"]
PLACES = [Placement(segment=n, description=f"The {n}.", because="so") for n in NAMES]


def test_a_small_segment_is_merged_and_its_note_names_it() -> None:
    policy = SmallSegments(min_size=5, action="merge", merge_into="b")
    done = settle(PLACES, {0: 3, 1: 50, 3: 40}, policy, "rest")
    assert done.segment_of == ["b", "b", "c", "rest"]
    assert (
        done.note_of[0] == "; merged from 'a', which had only 3 customers of 93, fewer than the 5 that a segment needs"
    )
    assert [(s.segment, s.customers) for s in done.segments] == [("b", 53), ("rest", 40)]
    assert done.segments[0].flag == "took in 'a' (3)"


def test_a_small_segment_is_flagged() -> None:
    done = settle(PLACES, {0: 3, 1: 97}, SmallSegments(min_share=0.05), "rest")
    assert done.segment_of == NAMES
    assert done.segments[0].flag == "small: 3 customers of 100, fewer than 5"


@given(
    counts=st.dictionaries(st.integers(0, 3), st.integers(1, 60), min_size=1),
    size=st.integers(0, 40),
    share=st.floats(0, 1),
    action=st.sampled_from(["merge", "flag"]),
    into=st.sampled_from([None, *NAMES]),
)
def test_nobody_is_lost_and_nobody_counted_twice(
    counts: dict[int, int], size: int, share: float, action: str, into: str | None
) -> None:
    policy = SmallSegments.model_validate({"min_size": size, "min_share": share, "action": action, "merge_into": into})
    done = settle(PLACES, counts, policy, "rest")
    held = {s.segment: s.customers for s in done.segments}
    assert sum(held.values()) == sum(counts.values())
    for number, people in counts.items():
        assert held[done.segment_of[number]] >= people
    if action == "merge":
        least = max(size, share * sum(counts.values()))
        assert all(s.flag for s in done.segments if s.customers < least)
