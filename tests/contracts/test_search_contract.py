"""What every search service owes: our PostgreSQL and Azure AI Search (its real SDK over HTTP) pass the same tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pipelines.adapters.embedding import embedder
from pipelines.adapters.patience import Patience
from pipelines.adapters.search import passage_index
from pipelines.adapters.search.azure_asking import Place
from pipelines.contracts import PassageFilters, Question, Refusal
from pipelines.knowledge.run import Library, index_folder, search, searching
from pipelines.settings import PROJECT
from pipelines.tenants.run import create_tenant
from tests.conftest import NOW
from tests.doubles.azure_search_server import KEY, azure_search_server
from tests.knowledge.shelf import Shelf

TODAY = NOW.date()


@pytest.fixture(params=["offline", "azure"])
def library(request, database) -> Iterator[Library]:
    with azure_search_server() as server:
        place = Place(server.url, KEY, "passages", patience=Patience(tries=3, sleep=lambda _: None))
        index = passage_index(request.param, place)
        synonyms = PROJECT / "data/knowledge_synonyms.yaml"
        yield Library(database, embedder("offline"), index, synonyms, lambda: NOW)


@pytest.fixture
def shelf(tmp_path) -> Shelf:
    shelf = Shelf(tmp_path / "content")
    shelf.stock()
    shelf.put("plaid", "Das Wollplaid wiegt 900 Gramm.", locale="de", product="Wool throw")
    shelf.put("british", "The colour of the rain jacket is grey.", locale="en-GB", product="Bob's jacket")
    shelf.put("draft", "The Wool throw will glow in the dark.", approved_by=None)
    shelf.put("sale", "The Wool throw is 10 EUR cheaper.", expires_at="2026-11-19")
    shelf.put("soon", "The Wool throw comes in blue.", approved_at="2026-11-21")
    return shelf


def found(library, tenant, text, limit=50, **filters):
    hits = search(library, tenant, text, PassageFilters(**{"on": TODAY, **filters}), limit)
    return [hit.passage.document_id for hit in hits]


def test_what_answers_comes_first_with_its_ranks_and_all_its_papers(library, tenant, shelf):
    index_folder(library, tenant, shelf.folder)
    hits = search(library, tenant, "wool throw", PassageFilters(TODAY, locale="en"), 3)
    assert len(hits) == 3
    assert (hits[0].passage.document_id, hits[0].keyword_rank, hits[0].vector_rank) == ("throw", 1, 1)
    assert hits[0].passage.text.startswith("The Wool throw costs 79.00 EUR.")
    assert hits[0].passage.refused_on(TODAY) is None
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert any(hit.keyword_rank is None for hit in search(library, tenant, "wool", PassageFilters(TODAY), 50))


FILTERS = [
    ({}, {"throw", "lamp", "delivery", "terms", "plaid", "british"}),
    ({"audience": ("consumer", "o'neill")}, {"throw", "lamp", "delivery", "plaid", "british"}),
    ({"audience": ("Business",)}, {"throw", "lamp", "delivery", "terms", "plaid", "british"}),
    ({"locale": "en"}, {"throw", "lamp", "delivery", "terms", "british"}),
    ({"locale": "en-US"}, {"throw", "lamp", "delivery", "terms"}),
    ({"locale": "en-GB"}, {"throw", "lamp", "delivery", "terms", "british"}),
    ({"locale": "de"}, {"plaid"}),
    ({"products": ("BOB'S jacket",)}, {"british"}),
    ({"products": ("x' or tenant_id ne '",)}, set()),
    ({"documents": ("lamp", "throw", "draft")}, {"lamp", "throw"}),
    ({"on": TODAY.replace(day=21)}, {"throw", "lamp", "delivery", "terms", "plaid", "british", "soon"}),
    ({"on": TODAY.replace(day=19)}, {"throw", "lamp", "delivery", "terms", "plaid", "british", "sale"}),
]
HARD = ["'", '"unclosed', "wool AND (throw", "🧶", "!!!", "a" * 10_000, "search.ismatch('x')", "+ - *"]


def test_only_what_may_be_found_is_found(library, tenant, shelf):
    index_folder(library, tenant, shelf.folder)
    for filters, fits in FILTERS:
        assert set(found(library, tenant, "wool throw lamp delivery jacket companies", **filters)) == fits, filters


def test_no_question_breaks_it(library, tenant, shelf):
    index_folder(library, tenant, shelf.folder)
    for text in HARD:
        assert isinstance(found(library, tenant, text), list)


def test_a_new_edition_replaces_the_old_one_at_once(library, tenant, shelf):
    index_folder(library, tenant, shelf.folder)
    with searching(library, tenant) as desk:
        assert "throw" in [hit.passage.document_id for hit in desk.ask("wool throw", PassageFilters(TODAY), 50)]
        shelf.remove("throw")
        shelf.put("lamp", "The Desk lamp costs 119.00 EUR.")
        index_folder(library, tenant, shelf.folder)
        hits = {hit.passage.document_id: hit.passage.text for hit in desk.ask("wool", PassageFilters(TODAY), 50)}
    assert "throw" not in hits
    assert hits["lamp"] == "The Desk lamp costs 119.00 EUR."


def test_each_tenant_finds_its_own(library, tenant, shelf, database):
    index_folder(library, tenant, shelf.folder)
    other = create_tenant(database, f"{tenant}-x").tenant_id
    with pytest.raises(Refusal, match=f"holds no knowledge of tenant {other} yet"):
        found(library, other, "wool throw")
    index_folder(library, other, shelf.folder)
    shelf.remove("throw")
    index_folder(library, tenant, shelf.folder)
    assert "throw" not in found(library, tenant, "wool throw")
    assert "throw" in found(library, other, "wool throw")


def test_words_alone_and_meaning_alone_are_each_a_ranking(library, tenant, shelf):
    index_folder(library, tenant, shelf.folder)
    with searching(library, tenant) as desk:
        [query] = desk.queries([Question("wool throw")], PassageFilters(TODAY), 50)
        words = desk.put(replace(query, vector=None))
        meaning = desk.put(replace(query, wordings=()))
        assert desk.put(replace(query, wordings=(), vector=None)) == []
    assert [hit.keyword_rank for hit in words] == list(range(1, len(words) + 1))
    assert {hit.vector_rank for hit in words} == {None}
    assert [hit.vector_rank for hit in meaning] == list(range(1, 7))
    assert {hit.keyword_rank for hit in meaning} == {None}
