"""Azure AI Search when it is slow, throttled, broken or only half done: retried, or named, and never half searched."""

from __future__ import annotations

import pytest

from pipelines.adapters.embedding import embedder
from pipelines.adapters.patience import Patience
from pipelines.adapters.search import azure, passage_index
from pipelines.adapters.search.azure_asking import Place
from pipelines.contracts import PassageFilters, Refusal
from pipelines.knowledge.run import Library, index_folder, search
from pipelines.settings import PROJECT
from tests.conftest import NOW
from tests.doubles.azure_search_server import KEY, Fault, azure_search_server
from tests.knowledge.shelf import Shelf

TODAY = NOW.date()
INDEX = "passages"


@pytest.fixture
def server():
    with azure_search_server() as server:
        yield server


@pytest.fixture
def slept():
    return []


@pytest.fixture
def library(server, database, slept):
    def make(key=KEY, url=server.url, tries=4, **more):
        patience = Patience(tries=tries, sleep=slept.append, chance=lambda: 1.0, clock=lambda: NOW)
        index = passage_index("azure", Place(url, key, INDEX, patience=patience, **more))
        return Library(database, embedder("offline"), index, PROJECT / "data/knowledge_synonyms.yaml", lambda: NOW)

    return make


@pytest.fixture
def shelf(tmp_path):
    shelf = Shelf(tmp_path / "content")
    shelf.stock()
    return shelf


def ask(library, tenant, text="wool throw"):
    return [hit.passage.document_id for hit in search(library, tenant, text, PassageFilters(TODAY), 10)]


def sent(server, kind):
    return [body for name, body in server.requests if name == kind]


@pytest.mark.parametrize(
    ("fault", "pauses"),
    [
        (Fault("index", 429, {"Retry-After": "7"}), [7.5]),
        (Fault("index", 429), [0.5]),
        (Fault("index", 503), [0.5]),
        (Fault("index", 503, {"Retry-After": "Fri, 20 Nov 2026 12:00:09 GMT"}), [9.5]),
        (Fault("index", drop=True), [0.5]),
        (Fault("define", 503), [0.5]),
        (Fault("search", 429, {"retry-after-ms": "1500"}), [2.0]),
    ],
)
def test_a_passing_trouble_is_waited_for(library, server, tenant, shelf, slept, fault, pauses):
    server.faults = [fault]
    index_folder(library(), tenant, shelf.folder)
    assert slept == pauses
    assert ask(library(), tenant)[0] == "throw"
    assert len(server.stored(INDEX)) == 4


def test_documents_that_failed_are_sent_again_alone(library, server, tenant, shelf, slept):
    server.faults = [Fault("documents", documents={1: 503, 3: 409})]
    index_folder(library(), tenant, shelf.folder)
    assert [len(body["value"]) for body in sent(server, "index")[:2]] == [4, 2]
    assert len(slept) == 1
    assert len(server.stored(INDEX)) == 4


@pytest.mark.parametrize(
    ("faults", "sentence"),
    [
        ([Fault("documents", documents={0: 400})], r"has not stored 1 of 4 passages \(status 400\)"),
        ([Fault("documents", documents={0: 503}) for _ in range(9)], r"has not stored 1 of 4 passages \(status 503\)"),
        ([Fault("index", 429) for _ in range(9)], r"asked too often \(429\) after 4 tries"),
        ([Fault("index", 500) for _ in range(9)], r"a fault of its own \(500\)"),
        ([Fault("index", drop=True) for _ in range(9)], "cannot be reached or broke off after 4 tries"),
        ([Fault("define", 400)], "AZURE_SEARCH_INDEX to a new name"),
    ],
)
def test_a_lasting_trouble_is_named_and_the_old_edition_stays(library, server, tenant, shelf, faults, sentence):
    index_folder(library(), tenant, shelf.folder)
    shelf.remove("throw")
    shelf.put("teapot", "The Teapot holds 1.2 litres.")
    server.faults = list(faults)
    with pytest.raises(Refusal, match=sentence):
        index_folder(library(), tenant, shelf.folder)
    server.faults = []
    assert ask(library(), tenant)[0] == "throw"
    assert "teapot" not in ask(library(), tenant)
    index_folder(library(), tenant, shelf.folder)
    assert "throw" not in ask(library(), tenant)
    assert len(server.stored(INDEX)) == 4


def test_a_half_uploaded_edition_is_cleared_away(library, server, tenant, shelf, monkeypatch):
    monkeypatch.setattr(azure, "MOST_DOCUMENTS", 2)
    index_folder(library(), tenant, shelf.folder)
    shelf.put("teapot", "The Teapot holds 1.2 litres.")
    server.faults = [Fault("documents"), Fault("documents", documents={0: 400})]
    with pytest.raises(Refusal):
        index_folder(library(), tenant, shelf.folder)
    assert len(server.stored(INDEX)) > 4
    shelf.remove("teapot")
    index_folder(library(), tenant, shelf.folder)
    assert len(server.stored(INDEX)) == 4


def test_an_old_edition_that_cannot_be_deleted_is_said_and_deleted_next_time(library, server, tenant, shelf):
    index_folder(library(), tenant, shelf.folder)
    shelf.remove("throw")
    server.faults = [Fault("documents"), Fault("documents", documents={2: 400})]
    with pytest.raises(Refusal, match="The new edition is searched, but the old one is still stored"):
        index_folder(library(), tenant, shelf.folder)
    assert "throw" not in ask(library(), tenant)
    assert len(server.stored(INDEX)) == 4
    index_folder(library(), tenant, shelf.folder)
    assert len(server.stored(INDEX)) == 3


def test_an_edition_counts_only_when_all_of_it_is_found(library, server, tenant, shelf, slept):
    index_folder(library(), tenant, shelf.folder)
    shelf.put("teapot", "The Teapot holds 1.2 litres.")
    server.lag = 3
    index_folder(library(), tenant, shelf.folder)
    assert len(slept) == 2
    assert ask(library(), tenant, "teapot litres")[0] == "teapot"
    shelf.put("mug", "The Enamel mug holds 350 ml.")
    server.lag = 50
    with pytest.raises(Refusal, match="does not find all of them yet"):
        index_folder(library(), tenant, shelf.folder)
    server.lag = 1
    assert "mug" not in ask(library(), tenant, "enamel mug")


def test_an_index_that_somebody_deleted_is_filled_again(library, server, tenant, shelf):
    index_folder(library(), tenant, shelf.folder)
    server.indexes.clear()
    server.documents.clear()
    with pytest.raises(Refusal, match="has no index passages"):
        ask(library(), tenant)
    assert index_folder(library(), tenant, shelf.folder).embedded == 0
    assert ask(library(), tenant)[0] == "throw"


def test_a_key_that_is_not_accepted_is_named(library, tenant, shelf):
    with pytest.raises(Refusal, match="set AZURE_SEARCH_API_KEY") as raised:
        index_folder(library(key="wrong-key"), tenant, shelf.folder)
    assert "wrong-key" not in str(raised.value)


def test_a_service_that_is_away_is_named(library, tenant, shelf, slept):
    with pytest.raises(Refusal, match="cannot be reached or broke off after 4 tries"):
        index_folder(library(url="http://127.0.0.1:9"), tenant, shelf.folder)
    assert slept == [0.5, 1.0, 2.0]


@pytest.mark.parametrize(
    ("url", "key", "variable"),
    [("search.example.com", KEY, "AZURE_SEARCH_ENDPOINT"), ("https://x.example", "a\nb", "AZURE_SEARCH_API_KEY")],
)
def test_an_unusable_setting_is_named(url, key, variable):
    with pytest.raises(Refusal, match=variable):
        Place(url, key, INDEX)


def test_batches_are_small_enough(library, server, tenant, shelf, monkeypatch):
    for number in range(30):
        shelf.put(f"row-{number}", f"Row number {number} tells about the sofa, the chair and the table.")
    monkeypatch.setattr(azure, "MOST_DOCUMENTS", 10)
    index_folder(library(), tenant, shelf.folder)
    assert [len(body["value"]) for body in sent(server, "index")] == [10, 10, 10, 4]
    monkeypatch.setattr(azure, "MOST_BYTES", 20_000)
    shelf.remove("row-0")
    server.requests.clear()
    index_folder(library(), tenant, shelf.folder)
    assert all(len(body["value"]) <= 5 for body in sent(server, "index") if body["value"][0].get("text"))


def test_every_question_is_filtered_first_by_tenant_and_edition(library, server, tenant, shelf):
    edition = index_folder(library(), tenant, shelf.folder).edition
    server.requests.clear()
    ask(library(), tenant)
    (body,) = sent(server, "search")
    assert body["filter"].startswith(f"tenant_id eq '{tenant}' and edition eq '{edition}' and ")
    assert body["vectorFilterMode"] == "preFilter"
    assert (body["queryType"], body["semanticConfiguration"], body["semanticErrorHandling"]) == (
        "semantic",
        "passages",
        "fail",
    )
    assert body["vectorQueries"][0]["fields"] == "embedding"
    server.requests.clear()
    ask(library(semantic=False), tenant)
    assert "queryType" not in sent(server, "search")[0]


def test_moving_between_services_loses_nothing(library, server, tenant, shelf, database):
    ours = Library(database, embedder("offline"), passage_index("offline"), library().synonyms, lambda: NOW)
    index_folder(ours, tenant, shelf.folder)
    moved = index_folder(library(), tenant, shelf.folder)
    assert (moved.added, moved.changed, moved.embedded) == (0, 0, 0)
    shelf.remove("throw")
    index_folder(ours, tenant, shelf.folder)
    with pytest.raises(Refusal, match="index azure holds no knowledge"):
        ask(library(), tenant)
    index_folder(library(), tenant, shelf.folder)
    assert "throw" not in ask(library(), tenant)
