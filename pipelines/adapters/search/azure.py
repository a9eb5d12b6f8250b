"""Azure AI Search: hybrid search with the semantic ranker over one index, in which each edition lies by itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipelines.adapters.batching import in_batches
from pipelines.adapters.search.azure_asking import PASSING, Place
from pipelines.adapters.search.azure_index import SEMANTIC, VECTOR, document_of, index_definition, searched_fields
from pipelines.adapters.search.odata import beside_edition, may_be_found, of_edition
from pipelines.contracts import Found, Refusal
from pipelines.database import Connection
from pipelines.knowledge.ports import Edition, Entry, Query
from pipelines.knowledge.rows import FIELDS, passage_of

if TYPE_CHECKING:
    from azure.search.documents import SearchClient
    from azure.search.documents.indexes import SearchIndexClient

MOST_DOCUMENTS, MOST_BYTES = 1000, 15_000_000
# The service fuses this many of each ranking, and its ranker reads the best 50 again.
DEPTH = 100
CONNECT_SECONDS, READ_SECONDS = 10, 60
_OPERATORS = re.compile(r"[+\-&|!(){}\[\]^\"~*?:\\/']")

Document = dict[str, Any]


class AzureIndex:
    """A `PassageIndex` in an Azure AI Search service."""

    name = "azure"

    def __init__(self, place: Place) -> None:
        self._place = place

    def holds(self, tenant: str, edition: Edition) -> bool:
        """Whether every passage of the edition can be found there."""
        return self._exists() and self._count(tenant, edition) == edition.passages

    def publish(self, tenant: str, edition: Edition, entries: Iterable[Entry]) -> None:
        """Upload the whole edition and wait until all of it can be found."""
        made = False
        documents = (document_of(tenant, edition, entry) for entry in entries)
        sized = ((document, len(json.dumps(document).encode())) for document in documents)
        for batch in in_batches(sized, most=MOST_DOCUMENTS, most_bytes=MOST_BYTES):
            if not made:
                self._make_index(len(batch[0][VECTOR]))
                made = True
            self._settle(batch, self._documents.upload_documents, "stored")
        for tried in range(1, self._place.patience.tries + 1):
            if not made or self._count(tenant, edition) == edition.passages:
                return
            self._place.wait(tried, {}, 0)
        raise Refusal(
            f"{self._place.host} took the passages of tenant {tenant} but does not find all of them yet; what was "
            "searched before still is, run it again later."
        )

    def withdraw(self, tenant: str, keep: Edition) -> None:
        """Delete every other edition of the tenant."""
        done: set[str] = set()
        while True:
            found = self._keys(beside_edition(tenant, keep))
            keys = [{"key": key} for key in found if key not in done]
            # A deleted document may be found a moment longer; what is hidden behind those goes with the next indexing.
            if not keys:
                return
            self._settle(keys, self._documents.delete_documents, "deleted")
            done.update(document["key"] for document in keys)

    def search(self, connection: Connection, tenant: str, edition: Edition, query: Query) -> list[Found]:
        """The best passages that pass every filter, in the order of the service."""
        request = self._request(tenant, edition, query)
        if not ("search_text" in request or "vector_queries" in request):
            return []
        hits = self._place.ask(lambda: list(self._documents.search(**request)))
        words = _ranks(hits, lambda hit: _subscore(hit, "text"))
        meanings = _ranks(hits, lambda hit: _subscore(hit, VECTOR))
        return [
            Found(passage_of(hit), _score(hit), words.get(hit["passage_id"]), meanings.get(hit["passage_id"]))
            for hit in hits[: query.limit]
        ]

    def _request(self, tenant: str, edition: Edition, query: Query) -> dict[str, Any]:
        from azure.search.documents.models import VectorizedQuery

        depth = max(DEPTH, query.limit)
        asked: dict[str, Any] = {
            "filter": may_be_found(tenant, edition, query.filters),
            "vector_filter_mode": "preFilter",
            "select": list(FIELDS),
            "top": depth,
            "debug": "vector",
        }
        if query.vector is not None:
            near = VectorizedQuery(vector=query.vector.tolist(), k_nearest_neighbors=depth, fields=VECTOR)
            asked["vector_queries"] = [near]
        # Signs that mean something to the service would make a question say something else.
        said = " ".join(_OPERATORS.sub(" ", " ".join(wording.text for wording in query.wordings)).split())
        if said:
            asked |= {"search_text": said, "search_mode": "any"}
            asked["search_fields"] = searched_fields(query.filters.locale)
        if said and self._place.semantic:
            asked |= {"query_type": "semantic", "semantic_configuration_name": SEMANTIC}
            # Without the ranker the order would be another one, and nobody would know.
            asked |= {"semantic_query": query.text, "semantic_error_mode": "fail"}
        return asked

    def _exists(self) -> bool:
        return self._place.index in self._place.ask(lambda: list(self._indexes.list_index_names()))

    def _make_index(self, dimensions: int) -> None:
        definition = index_definition(self._place.index, dimensions)
        self._place.ask(lambda: self._indexes.create_or_update_index(definition))

    def _count(self, tenant: str, edition: Edition) -> int:
        def count() -> int:
            there = of_edition(tenant, edition)
            return self._documents.search(
                "*", filter=there, include_total_count=True, select=["key"], top=1
            ).get_count()

        return self._place.ask(count)

    def _keys(self, there: str) -> list[str]:
        def page() -> list[str]:
            found = self._documents.search("*", filter=there, select=["key"], top=MOST_DOCUMENTS)
            return [hit["key"] for hit in found]

        return self._place.ask(page)

    def _settle(self, documents: Sequence[Document], act: Callable[[list[Document]], Any], done: str) -> None:
        """Have every document of a batch acted on, again for those alone that a passing trouble held up."""
        waiting = {document["key"]: document for document in documents}
        for tried in range(1, self._place.patience.tries + 1):
            results = self._place.ask(lambda: act(list(waiting.values())))
            for result in results:
                if result.succeeded:
                    waiting.pop(result.key, None)
            statuses = {result.status_code for result in results if not result.succeeded}
            if not waiting:
                return
            if statuses - PASSING:
                break
            self._place.wait(tried, {}, min(statuses, default=0))
        raise Refusal(
            f"{self._place.host} has not {done} {len(waiting)} of {len(documents)} passages (status "
            f"{', '.join(map(str, sorted(statuses))) or 'unknown'}); run it again."
        )

    @cached_property
    def _documents(self) -> SearchClient:
        from azure.core.credentials import AzureKeyCredential
        from azure.search.documents import SearchClient

        key = AzureKeyCredential(self._place.api_key)
        return SearchClient(self._place.endpoint, self._place.index, key, **_PATIENCE_IS_OURS)

    @cached_property
    def _indexes(self) -> SearchIndexClient:
        from azure.core.credentials import AzureKeyCredential
        from azure.search.documents.indexes import SearchIndexClient

        return SearchIndexClient(self._place.endpoint, AzureKeyCredential(self._place.api_key), **_PATIENCE_IS_OURS)


# The SDK's own policy does not try a throttled upload again that comes without Retry-After.
_PATIENCE_IS_OURS: dict[str, Any] = {
    "retry_total": 0,
    "connection_timeout": CONNECT_SECONDS,
    "read_timeout": READ_SECONDS,
}


def _score(hit: Document) -> float:
    ranked = hit["@search.reranker_score"]
    return float(hit["@search.score"] if ranked is None else ranked)


def _subscore(hit: Document, part: str) -> float:
    """What words or meaning alone gave; nothing where the passage was not found that way."""
    info = hit["@search.document_debug_info"]
    scores = info.vectors.subscores if info and info.vectors else None
    if scores is None:
        return 0.0
    if part == "text":
        return (scores.text.search_score if scores.text else None) or 0.0
    return max((one[part].search_score or 0.0 for one in scores.vectors or () if part in one), default=0.0)


def _ranks(hits: Sequence[Document], subscore: Callable[[Document], float]) -> dict[str, int]:
    ordered = sorted((hit for hit in hits if subscore(hit) > 0), key=subscore, reverse=True)
    return {hit["passage_id"]: rank for rank, hit in enumerate(ordered, 1)}
