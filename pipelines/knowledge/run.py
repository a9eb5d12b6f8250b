"""Use cases: approved content indexed at one stroke, searched by words and by meaning, and the search measured."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.contracts import TENANT_ID, Found, Passage, PassageFilters, Refusal, no_such_tenant
from pipelines.knowledge import contributions, store
from pipelines.knowledge.asking import Desk
from pipelines.knowledge.documents import Document
from pipelines.knowledge.editions import edition_of, embedded_text, hash_of
from pipelines.knowledge.graph import ensure_graph
from pipelines.knowledge.measuring import Measurement, measure, read_questions
from pipelines.knowledge.passages import passages_of
from pipelines.knowledge.ports import Edition, Library, Matrix
from pipelines.knowledge.reading.folder import read_contents, read_folder
from pipelines.knowledge.rewriting import read_synonyms
from pipelines.knowledge.store import Changes, Store
from pipelines.knowledge.summary import IgnoredFile, IndexSummary, NotCitable

__all__ = [
    "IndexSummary", "Library", "Measurement", "evaluate", "index_again", "index_folder", "passages_by_id",
    "read_sources", "search", "searching", "what_to_index",
]  # fmt: skip


def index_folder(library: Library, tenant: str, folder: Path | None) -> IndexSummary:
    """Make the tenant's knowledge what the folder holds and what people brought, all of it in one moment or nothing.

    None is for a tenant that has no folder.
    """
    began = time.monotonic()
    _check_tenant(tenant)
    changes, embedded = Changes(0, 0, 0), 0
    with library.database.transaction(tenant) as connection:
        rows = Store(connection, tenant, library.clock())
        rows.begin()
        # After the wait for others, or one that began earlier would forget what was approved since.
        brought = contributions.approved(connection)
        reading = read_folder(folder, brought) if folder else read_contents(brought, "What was brought")
        passages = [passage for document in reading.documents for passage in passages_of(document)]
        edition = edition_of(reading.documents, passages, library.embedder.model)
        kept = store.edition(connection, tenant, library.index.name) == edition
        if not kept or not library.index.holds(tenant, edition):
            changes, embedded = _put(library, rows, reading.documents, passages)
            library.index.publish(tenant, edition, rows.entries())
        rows.keep(edition, library.index.name, folder)
    _tidy(library, tenant, edition)
    return IndexSummary(
        tenant=tenant,
        edition=edition.edition,
        documents=len(reading.documents),
        passages=len(passages),
        added=changes.added,
        changed=changes.changed,
        unchanged=len(passages) - changes.added - changes.changed,
        removed=changes.removed,
        embedded=embedded,
        embedding_model=edition.embedding_model,
        not_citable=_not_citable(passages, library.clock().date()),
        ignored=tuple(IgnoredFile(file.path, file.reason) for file in reading.ignored),
        remarks=reading.remarks,
        seconds=round(time.monotonic() - began, 3),
    )


def what_to_index(
    library: Library, asked: Mapping[str, Any], told: Sequence[Mapping[str, Any]]
) -> list[dict[str, str | None]]:
    """Tenants and folders: as a person asked, or as messages tell, or everything again from where it last came."""
    wanted = [asked] if any(asked.get(name) for name in ("tenant", "folder")) else list(told)
    if wanted and all(each.get("tenant") for each in wanted):
        orders = {each["tenant"]: each.get("folder") or _last_folder(library, each["tenant"]) for each in wanted}
    elif any(each.get("folder") for each in wanted):
        raise Refusal("A folder was named and no tenant; say whose knowledge it is.")
    else:
        orders = dict(store.last_folders(library.database))
    return [{"tenant": tenant, "folder": str(folder) if folder else None} for tenant, folder in orders.items()]


def index_again(library: Library, tenant: str) -> IndexSummary:
    """The same from where it last came, and with what people brought or withdrew since."""
    return index_folder(library, tenant, _last_folder(library, tenant))


def search(
    library: Library, tenant: str, text: str, filters: PassageFilters, limit: int, *, traits: Iterable[str] = ()
) -> list[Found]:
    """The passages that answer best and pass every filter, best first; for many questions, use `searching`."""
    with searching(library, tenant) as desk:
        return desk.ask(text, filters, limit, traits)


@contextmanager
def searching(library: Library, tenant: str, campaign_id: str | None = None) -> Iterator[Desk]:
    """A desk that answers many questions of one tenant, and perhaps of a campaign, over one connection."""
    _check_tenant(tenant)
    synonyms = read_synonyms(library.synonyms)
    with store.reading(library.database, tenant) as connection:
        yield Desk(library, tenant, connection, synonyms, campaign_id)


def passages_by_id(library: Library, tenant: str, passage_ids: Sequence[str]) -> list[Passage]:
    """The passages of these ids in their order, retired ones too: what was cited once can always be shown."""
    with library.database.transaction(tenant) as connection:
        return store.passages_by_id(connection, tenant, passage_ids)


def read_sources(folder: Path) -> list[Passage]:
    """The passages that a folder holds, approved or not, without any database."""
    return [passage for document in read_folder(folder).documents for passage in passages_of(document)]


def evaluate(library: Library, tenant: str, questions: Path, *, on: date | None = None) -> Measurement:
    """How well labelled questions are answered: by both ways together, by words alone and by meaning alone."""
    listed = read_questions(questions)
    with searching(library, tenant) as desk:
        return measure(desk, listed, on or library.clock().date())


def _last_folder(library: Library, tenant: str) -> Path | None:
    _check_tenant(tenant)
    folders = store.last_folders(library.database, [tenant])
    if tenant not in folders:
        raise Refusal(
            f"Nothing was indexed for tenant {tenant} yet, and no document that was brought is approved; name the "
            "folder that holds its content."
        )
    return folders[tenant]


def _check_tenant(tenant: str) -> None:
    if not TENANT_ID.fullmatch(tenant):
        raise no_such_tenant(tenant)


def _put(
    library: Library, rows: Store, documents: Sequence[Document], passages: Sequence[Passage]
) -> tuple[Changes, int]:
    texts = [embedded_text(passage) for passage in passages]
    hashes = [hash_of(text) for text in texts]
    known = rows.embedded(library.embedder.model)
    places = [place for place, passage in enumerate(passages) if known.get(passage.passage_id) != hashes[place]]
    vectors: Matrix = np.zeros((0, library.embedder.dimensions), np.float32)
    if places:
        vectors = library.embedder.embed([texts[place] for place in places])
    return rows.put(documents, passages, hashes, (places, vectors), library.embedder.model), len(places)


def _tidy(library: Library, tenant: str, edition: Edition) -> None:
    """What may be done after the new edition is searched, and again at any time."""
    ensure_graph(library.database, tenant, edition, library.embedder.dimensions)
    try:
        library.index.withdraw(tenant, edition)
    except Refusal as refusal:
        raise Refusal(
            f"The new edition is searched, but the old one is still stored: {refusal} Run it again then."
        ) from refusal


def _not_citable(passages: Iterable[Passage], day: date) -> tuple[NotCitable, ...]:
    refused = {passage.document_id: passage.refused_on(day) for passage in passages}
    return tuple(NotCitable(document_id, reason) for document_id, reason in refused.items() if reason)
