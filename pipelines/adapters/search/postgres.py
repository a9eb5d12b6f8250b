"""Search in our own PostgreSQL, the offline twin: words by BM25, meaning by pgvector, fused in one statement."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from psycopg import sql

from pipelines.adapters.search.postgres_nearest import Nearest
from pipelines.contracts import Found
from pipelines.database import Connection, Queries, text_array
from pipelines.knowledge.locales import accepted
from pipelines.knowledge.ports import EXACT_UP_TO, GRAPH_DIMENSIONS, Edition, Entry, Matrix, Query
from pipelines.knowledge.rows import passage_of

QUERIES = Queries(Path(__file__).with_name("postgres.sql"))
LANGUAGES = {"en": ["english"], "de": ["german"], "fr": ["french"]}
ANY_LANGUAGE = ["english", "german", "french", "simple"]

# So deep go the two rankings; a passage scores 1 / (damping + rank) in each, as far as its words cover the question.
DEPTH = 100
DAMPING = 10.0
# Of a long question the rarest words are looked up, and none that every tenth passage of a large index holds.
MOST_WORDS = 32
FEWEST_HOLDERS, COMMON = 500, 0.1
# How far a graph is searched, recall against milliseconds; pgvector takes at most 1000.
GRAPH_BREADTH = 800


class PostgresIndex:
    """What indexing stores in PostgreSQL anyway is the index: a new edition is there when its transaction is."""

    name = "postgres"

    def __init__(self) -> None:
        self._nearest = Nearest()

    def holds(self, tenant: str, edition: Edition) -> bool:
        """Always: the edition and its rows came in one transaction."""
        return True

    def publish(self, tenant: str, edition: Edition, entries: Iterable[Entry]) -> None:
        """Nothing to do: the rows of the transaction are the edition."""

    def withdraw(self, tenant: str, keep: Edition) -> None:
        """Nothing to do: rows that went out of the index are kept for citations, and never found."""

    def search(self, connection: Connection, tenant: str, edition: Edition, query: Query) -> list[Found]:
        """The best passages that pass every filter, best first."""
        dimensions = len(query.vector) if query.vector is not None else 0
        by_graph = edition.passages > EXACT_UP_TO and 0 < dimensions <= GRAPH_DIMENSIONS
        if by_graph:
            connection.execute(_GRAPH_SETTINGS)
        values = _values(tenant, edition, query)
        rows = None if by_graph else self._among_nearest(connection, tenant, edition, query, values)
        if rows is None:
            rows = _ask(connection, values, _near(dimensions) if by_graph else _EXACTLY)
        return [Found(passage_of(row), float(row["score"]), row["keyword_rank"], row["vector_rank"]) for row in rows]

    def _among_nearest(
        self, connection: Connection, tenant: str, edition: Edition, query: Query, values: dict[str, Any]
    ) -> list[dict[str, Any]] | None:
        """What is found where the nearest passages are known already; None where only asking for all of them tells."""
        narrow = query.filters.products or query.filters.documents
        nearest = [] if query.vector is None or narrow else self._nearest.to(query.vector, connection, tenant, edition)
        rows = _ask(connection, {**values, "nearest": text_array(nearest)}, _AMONG_NEAREST) if nearest else []
        # Where too few of the nearest pass the filters, passages further off belong to the ranking.
        return rows if rows and rows[0]["compared"] == values["depth"] else None


_ASKED_FOR = {
    "audience": sql.SQL("(p.audience = '{}' OR p.audience && %(audience)s::text[])"),
    "locales": sql.SQL("(p.locale = ANY(%(locales)s::text[]) OR starts_with(p.locale, %(locales_under)s::text))"),
    "products": sql.SQL("lower(p.product) = ANY(%(products)s::text[])"),
    "documents": sql.SQL("p.document_id = ANY(%(documents)s::text[])"),
}
_EXACTLY: dict[str, sql.Composable] = {
    "distance": sql.SQL("p.embedding <#> %(vector)s::vector"),
    "nearest_first": sql.SQL("p.embedding <#> %(vector)s::vector, p.passage_id"),
    "among": sql.SQL("true"),
}
_AMONG_NEAREST: dict[str, sql.Composable] = {**_EXACTLY, "among": sql.SQL("p.passage_id = ANY(%(nearest)s::text[])")}
# A plan made anew sees the tenant and with it the tenant's graph, which filters may ask to be searched further.
_GRAPH_SETTINGS = sql.SQL(
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', false), "
    "set_config('hnsw.iterative_scan', 'strict_order', false), set_config('hnsw.ef_search', {}, false)"
).format(sql.Literal(str(GRAPH_BREADTH)))


def _ask(connection: Connection, values: dict[str, Any], near: dict[str, sql.Composable]) -> list[dict[str, Any]]:
    # Only what is asked for: every condition is looked at for every passage.
    asked_for = sql.SQL(" AND ").join([sql.SQL("true"), *(test for name, test in _ASKED_FOR.items() if values[name])])
    return connection.execute(QUERIES["search"].format(asked_for=asked_for, **near), values).fetchall()


def _near(dimensions: int) -> dict[str, sql.Composable]:
    typed = sql.SQL("vector({})").format(sql.Literal(dimensions))
    distance = sql.SQL("p.embedding::{typed} <#> %(vector)s::{typed}").format(typed=typed)
    return {
        "distance": distance,
        "nearest_first": distance,
        "among": sql.SQL("vector_dims(p.embedding) = {}").format(sql.Literal(dimensions)),
    }


def _values(tenant: str, edition: Edition, query: Query) -> dict[str, Any]:
    filters = query.filters
    locales, language = accepted(filters.locale)
    return {
        "tenant": tenant,
        "passages": edition.passages,
        "today": filters.on,
        "audience": [name.casefold() for name in filters.audience],
        "locales": list(locales),
        "locales_under": f"{language}-" if language else None,
        "products": [product.lower() for product in filters.products],
        "documents": list(filters.documents),
        "texts": [wording.text for wording in query.wordings],
        "weights": [wording.weight for wording in query.wordings],
        "languages": LANGUAGES.get(locales[-1], ["simple"]) if locales else ANY_LANGUAGE,
        "vector": None if query.vector is None else _text_of(query.vector),
        "most": query.limit,
        "depth": max(DEPTH, query.limit),
        "damping": DAMPING,
        "most_words": MOST_WORDS,
        "most_holders": max(FEWEST_HOLDERS, COMMON * edition.passages),
    }


def _text_of(vector: Matrix) -> str:
    return f"[{','.join(map(str, vector.tolist()))}]"
