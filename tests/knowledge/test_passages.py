"""Passages cite precisely, lose nothing, and keep their ids while other things change."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipelines.knowledge.documents import Document, Piece
from pipelines.knowledge.passages import ENDLESS_WORDS, MOST_WORDS, passages_of

SENTENCES = st.lists(st.integers(1, 60), min_size=1, max_size=12).map(
    lambda lengths: " ".join("Word" + " word" * (length - 1) + "." for length in lengths)
)
PIECES = st.lists(
    st.builds(Piece, SENTENCES, st.sampled_from(["", "Care"]), st.sampled_from(["prose", "row", "quote"])), max_size=8
)


def document(*pieces: Piece) -> Document:
    return Document("throw", "Wool throw", pieces, "markdown", "throw.md", product="Wool throw")


def texts(*pieces: Piece) -> list[str]:
    return [passage.text for passage in passages_of(document(*pieces))]


@given(PIECES)
def test_every_word_stands_in_one_passage_and_no_sentence_is_cut(pieces: list[Piece]) -> None:
    passages = passages_of(document(*pieces))
    assert " ".join(p.text for p in passages).split() == " ".join(p.text for p in pieces).split()
    assert all(p.text.endswith(".") for p in passages)
    assert len({p.passage_id for p in passages}) == len(passages)
    assert all(len(p.text.split()) <= MOST_WORDS for p in passages if p.kind == "prose")


def test_ids_outlive_edits_and_moves_of_other_pieces() -> None:
    care, size, price = (
        Piece(f"{topic} " + "is told in a paragraph that is long enough to stand for itself and " * 3 + "ends.", topic)
        for topic in ("Care", "Size", "Price")
    )
    before = {p.text: p.passage_id for p in passages_of(document(care, size, price))}
    other = Piece("New.", "News")
    after = {p.text: p.passage_id for p in passages_of(document(price, other, care))}
    assert {text: after[text] for text in (care.text, price.text)} == {
        text: before[text] for text in (care.text, price.text)
    }
    assert passages_of(document(Piece(care.text.replace("long", "short"), "Care")))[0].passage_id != before[care.text]


def test_the_same_words_twice_are_two_passages_with_steady_ids() -> None:
    same = Piece("Throw: price 79.00 EUR.", kind="row")
    first, second = (p.passage_id for p in passages_of(document(same, same)))
    assert first != second
    between = passages_of(document(same, Piece("Other.", kind="row"), same))
    assert [between[0].passage_id, between[2].passage_id] == [first, second]


def test_short_paragraphs_go_together_but_never_across_a_heading_or_with_a_list() -> None:
    assert texts(Piece("Free."), Piece("Within Germany."), Piece("Abroad.", "Abroad")) == [
        "Free.\nWithin Germany.",
        "Abroad.",
    ]
    assert texts(Piece("Short."), Piece("One\nTwo")) == ["Short.", "One\nTwo"]
    assert texts(Piece("It comes in:"), Piece("Moss\nSlate")) == ["It comes in:\nMoss\nSlate"]


def test_a_long_paragraph_is_cut_after_sentences_and_not_after_abbreviations() -> None:
    filler = "and so on, " * 9
    text = (
        f"It was tested by Dr. Feld on the 3. November {filler}end. It costs approx. 79.50 EUR {filler}end. "
        f"Das gilt z. B. Montags {filler}Ende. “Good,” she said. {filler.capitalize()}end."
    )
    found = texts(Piece(text))
    assert " ".join(found) == text
    assert len(found) == 2
    assert all(part.endswith(("end.", "Ende.", "said.")) for part in found)


def test_quotes_and_rows_stay_whole_and_text_without_any_end_is_bounded() -> None:
    long = "Word is said. " * 60
    assert len(texts(Piece(long.strip(), kind="quote"))) == 1
    assert max(len(text.split()) for text in texts(Piece("word " * 2000))) == ENDLESS_WORDS


def test_a_row_speaks_of_its_own_product() -> None:
    own, common = passages_of(document(Piece("Mug.", kind="row", product="Mug"), Piece("Other.", kind="row")))
    assert (own.product, common.product) == ("Mug", "Wool throw")
