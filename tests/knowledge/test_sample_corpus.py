"""The sample corpus holds together: no mistake in it, the prices of the orders, an answer to every question."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import yaml

from pipelines.contracts import Passage
from pipelines.knowledge.passages import passages_of
from pipelines.knowledge.reading.folder import Reading, read_folder

DATA = Path(__file__).parents[2] / "data"
TODAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def corpus() -> Reading:
    return read_folder(DATA / "knowledge")


@pytest.fixture(scope="module")
def passages(corpus: Reading) -> list[Passage]:
    return [passage for document in corpus.documents for passage in passages_of(document)]


@pytest.fixture(scope="module")
def prices() -> dict[str, float]:
    """What one piece of each product costs: the least that was ever paid for it in euros."""
    orders = pl.read_csv(DATA / "samples" / "orders.csv").filter(pl.col("currency") == "EUR", pl.col("amount") > 0)
    return dict(orders.group_by("product").agg(pl.col("amount").min()).iter_rows())


def test_it_is_large_and_varied_and_without_a_mistake(corpus: Reading) -> None:
    assert len(corpus.documents) >= 40
    assert [one.path for one in corpus.ignored] == ["README.md"]
    assert corpus.remarks == ()
    assert {one.kind for one in corpus.documents} == {"markdown", "html", "text", "table", "caption"}
    assert {one.locale for one in corpus.documents} == {"en", "de", "fr"}
    assert all(one.title and one.source and one.owner for one in corpus.documents)


def test_some_of_it_may_not_be_cited_today(passages: list[Passage]) -> None:
    reasons = defaultdict(set)
    for passage in passages:
        reason = passage.refused_on(TODAY) or ""
        reasons[re.sub(r"^\S+ ", "", re.sub(r" on \S+$| \S+ on$", "", reason))].add(passage.document_id)
    counts = {reason: len(documents) for reason, documents in reasons.items() if reason}
    assert counts == {"is not approved": 2, "expired": 2, "is approved only from": 1}


def test_every_price_of_a_product_is_that_of_the_orders(passages: list[Passage], prices: dict[str, float]) -> None:
    """Besides the table, each sentence `The X costs N EUR` in valid, general content."""
    table = {p.product: p.text for p in passages if p.document_id == "product-table"}
    assert table.keys() == prices.keys()
    for product, price in prices.items():
        assert f"price {price:.2f} EUR" in table[product]
        own = [
            p
            for p in passages
            if p.product == product and p.kind == "prose" and p.locale == "en" and not p.refused_on(TODAY)
        ]
        assert any(f"{price:.2f} EUR" in p.text for p in own), product


def test_the_same_sentence_never_tells_two_prices(passages: list[Passage]) -> None:
    told: dict[str, set[str]] = defaultdict(set)
    for passage in passages:
        if passage.refused_on(TODAY) is None:
            for subject, price in re.findall(r"The ([\w \"]+?) costs (\d+\.\d\d) EUR(?! instead)", passage.text):
                told[subject.removeprefix("dotted ")].add(price)
    assert {subject for subject, found in told.items() if len(found) > 1} == set()
    assert len(told) >= 9


def test_its_questions_are_answered_by_documents_that_may_be_found(corpus: Reading, passages: list[Passage]) -> None:
    questions = yaml.safe_load((DATA / "knowledge_questions.yaml").read_text(encoding="utf-8"))["questions"]
    assert len(questions) >= 60
    assert len({one["question"] for one in questions}) == len(questions)
    documents = {one.document_id: one for one in corpus.documents}
    citable = {p.document_id for p in passages if p.refused_on(TODAY) is None}
    for one in questions:
        assert set(one) <= {"question", "relevant", "audience", "locale"}
        assert 2 in one["relevant"].values(), one["question"]
        for document_id in one["relevant"]:
            assert document_id in citable, (one["question"], document_id)
            document = documents[document_id]
            assert document.locale == one.get("locale", "en"), (one["question"], document_id)
            asked = one.get("audience")
            assert not (asked and document.audience) or set(asked) & set(document.audience), (
                one["question"],
                document_id,
            )
