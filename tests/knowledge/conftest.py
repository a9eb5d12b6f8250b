"""The library over the session's database, a shelf to index, and the day of the tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pipelines.adapters.embedding import embedder
from pipelines.adapters.search import passage_index
from pipelines.contracts import Found, PassageFilters
from pipelines.knowledge.run import Library, index_folder, search
from pipelines.settings import PROJECT
from tests.conftest import NOW
from tests.knowledge.shelf import Shelf

TODAY = NOW.date()


@pytest.fixture
def library(database) -> Library:
    return Library(
        database, embedder("offline"), passage_index("offline"), PROJECT / "data/knowledge_synonyms.yaml", lambda: NOW
    )


@pytest.fixture
def shelf(tmp_path) -> Shelf:
    return Shelf(tmp_path / "content")


@pytest.fixture
def index(library, tenant, shelf) -> Callable[..., Any]:
    """Indexes the shelf; what the library is made of may be exchanged."""
    return lambda **other: index_folder(replace(library, **other), tenant, shelf.folder)


@pytest.fixture
def find(library, tenant) -> Callable[..., list[Found]]:
    """Searches the test's tenant; filters may be given, and what the library is made of."""

    def find_it(text: str, limit: int = 10, *, other: dict[str, Any] | None = None, traits=(), **filters: Any):
        asked = PassageFilters(**{"on": TODAY, **filters})
        return search(replace(library, **(other or {})), tenant, text, asked, limit, traits=traits)

    return find_it


def documents(found: list[Found]) -> list[str]:
    """The documents found, best first, each once."""
    return list(dict.fromkeys(hit.passage.document_id for hit in found))
