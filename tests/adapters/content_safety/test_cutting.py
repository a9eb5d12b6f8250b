"""Cutting long texts: nothing is left out, no piece is too long, and every phrase lies whole in one of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.adapters.content_safety.cutting import pieces

MOST, OVERLAP = 40, 10
TEXTS = st.text(st.sampled_from("ab .!\n。é🧶"), max_size=400)


@given(TEXTS)
def test_every_short_stretch_lies_whole_in_one_piece(text: str) -> None:
    found = pieces(text, MOST, OVERLAP)
    assert all(len(piece) <= MOST for piece in found)
    for start in range(max(1, len(text) - OVERLAP + 1)):
        assert any(text[start : start + OVERLAP] in piece for piece in found)


@given(TEXTS)
def test_pieces_follow_each_other_without_a_gap(text: str) -> None:
    reached = 0
    for piece in pieces(text, MOST, OVERLAP):
        start = next(at for at in range(reached, -1, -1) if text.startswith(piece, at))
        reached = max(reached, start + len(piece))
    assert reached == len(text)


def test_it_is_cut_where_a_sentence_ends() -> None:
    text = "One sentence is written here. Two now, and then more"
    assert pieces(text, 40, 10) == ["One sentence is written here. ", "written here. Two now, and then more"]
    assert pieces("words and no end " * 3, 40, 10)[0] == "words and no end words and no end words "


def test_what_fits_is_not_cut() -> None:
    assert pieces("a" * 40, 40, 10) == ["a" * 40]
    assert pieces("", 40, 10) == [""]
    assert len(pieces("a" * 41, 40, 10)) == 2


def test_pieces_must_be_longer_than_what_they_share() -> None:
    with pytest.raises(ValueError, match="at least four times"):
        pieces("a", 30, 10)
