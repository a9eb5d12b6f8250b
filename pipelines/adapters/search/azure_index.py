"""The index in Azure AI Search: its fields, and a passage as a document of it."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import TYPE_CHECKING, Any

from pipelines.contracts import Passage
from pipelines.knowledge.locales import accepted
from pipelines.knowledge.ports import Edition, Entry
from pipelines.knowledge.rows import FIELDS

if TYPE_CHECKING:
    from azure.search.documents.indexes.models import SearchIndex

TEXT, TEXTS, NUMBERS, MOMENT = "Edm.String", "Collection(Edm.String)", "Collection(Edm.Single)", "Edm.DateTimeOffset"
SEMANTIC = "passages"
VECTOR = "embedding"
# The analyzer that stems the words of each language; what is written in another is not stemmed.
ANALYZERS = {"en": "en.microsoft", "de": "de.microsoft", "fr": "fr.microsoft", "other": "standard.lucene"}
FILTERED = ("tenant_id", "edition", "passage_id", "document_id", "product_key", "locale", "language", "approved_by")


def index_definition(name: str, dimensions: int) -> SearchIndex:
    """What the index must be; the service keeps one that is there already and says no to other fields."""
    from azure.search.documents.indexes import models

    profile, graph = "by-meaning", "graph"
    fields = [models.SimpleField(name="key", type=TEXT, key=True)]
    fields += [models.SimpleField(name=name, type=TEXT, filterable=True) for name in FILTERED]
    fields += [models.SimpleField(name=name, type=TEXT) for name in ("kind", "source", "product")]
    fields += [models.SearchableField(name=name) for name in ("title", "heading", "text")]
    fields += [
        models.SearchableField(name=words_in(language), analyzer_name=analyzer, hidden=True)
        for language, analyzer in ANALYZERS.items()
    ]
    fields.append(models.SimpleField(name="audience", type=TEXTS, filterable=True))
    fields += [models.SimpleField(name=name, type=MOMENT, filterable=True) for name in ("approved_at", "expires_at")]
    fields.append(
        models.SearchField(
            name=VECTOR,
            type=NUMBERS,
            searchable=True,
            hidden=True,
            vector_search_dimensions=dimensions,
            vector_search_profile_name=profile,
        )
    )
    best = models.SemanticPrioritizedFields(
        title_field=models.SemanticField(field_name="title"),
        content_fields=[models.SemanticField(field_name="text")],
        keywords_fields=[models.SemanticField(field_name="heading")],
    )
    return models.SearchIndex(
        name=name,
        fields=fields,
        vector_search=models.VectorSearch(
            algorithms=[models.HnswAlgorithmConfiguration(name=graph)],
            profiles=[models.VectorSearchProfile(name=profile, algorithm_configuration_name=graph)],
        ),
        semantic_search=models.SemanticSearch(
            configurations=[models.SemanticConfiguration(name=SEMANTIC, prioritized_fields=best)]
        ),
    )


def words_in(language: str) -> str:
    """The field that holds the words of passages in that language."""
    return f"words_{language if language in ANALYZERS else 'other'}"


def searched_fields(locale: str | None) -> list[str]:
    """The fields in which a reader of `locale` looks for words."""
    locales, _ = accepted(locale)
    return [words_in(locales[-1])] if locales else [words_in(language) for language in ANALYZERS]


def document_of(tenant: str, edition: Edition, entry: Entry) -> dict[str, Any]:
    """A passage as a document; in another edition it is another document."""
    passage = entry.passage
    said = "\n".join(dict.fromkeys(filter(None, (passage.title, passage.heading, passage.text))))
    language = accepted(passage.locale)[0][-1]
    return {
        "key": key_of(tenant, edition, passage.passage_id),
        "tenant_id": tenant,
        "edition": edition.edition,
        "language": language,
        "product_key": passage.product.lower() if passage.product else None,
        words_in(language): said,
        VECTOR: entry.vector.tolist(),
        **{name: _value(passage, name) for name in FIELDS},
    }


def key_of(tenant: str, edition: Edition, passage_id: str) -> str:
    """The document's key, of the few characters that a key may have."""
    return hashlib.sha256("\0".join((tenant, edition.edition, passage_id)).encode()).hexdigest()[:40]


def _value(passage: Passage, name: str) -> Any:
    value = getattr(passage, name)
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00Z"
    return list(value) if isinstance(value, tuple) else value
