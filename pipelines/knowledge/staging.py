"""Documents, passages and vectors copied into tables of the transaction: one under row-level security takes no COPY."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from pipelines.contracts import Passage
from pipelines.database import Connection
from pipelines.knowledge.documents import Document
from pipelines.knowledge.ports import Matrix

BINARY_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
BINARY_END = b"\xff\xff"
ROWS_AT_ONCE = 10_000


def copy_documents(connection: Connection, documents: Iterable[Document]) -> None:
    """Fill stage_documents."""
    rows = (
        (
            d.document_id, d.content_hash, d.metadata_hash, d.title, d.kind, d.path, d.source, d.owner, d.product,
            list(d.audience), d.locale, d.approved_by, d.approved_at, d.expires_at,
        )
        for d in documents
    )  # fmt: skip
    _copy(connection, "COPY stage_documents FROM STDIN", rows)


def copy_passages(connection: Connection, passages: Sequence[Passage], hashes: Sequence[str]) -> None:
    """Fill stage_passages; the place of a passage is its place in the sequence."""
    rows = (
        (
            place, p.passage_id, p.document_id, p.title, p.heading, p.text, p.kind, p.source, p.product,
            list(p.audience), p.locale, p.approved_by, p.approved_at, p.expires_at, embedded_hash,
        )
        for place, (p, embedded_hash) in enumerate(zip(passages, hashes, strict=True))
    )  # fmt: skip
    _copy(connection, "COPY stage_passages FROM STDIN", rows)


def _copy(connection: Connection, statement: str, rows: Iterable[Sequence[Any]]) -> None:
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for row in rows:
            copy.write_row(row)


def copy_vectors(connection: Connection, places: Sequence[int], vectors: Matrix) -> None:
    """Fill stage_vectors with the vectors of these places, in the binary form that pgvector reads."""
    dimensions = vectors.shape[1]
    layout = [
        ("count", ">i2"), ("four", ">i4"), ("place", ">i4"), ("bytes", ">i4"), ("dimensions", ">i2"), ("unused", ">i2"),
        ("values", ">f4", (dimensions,)),
    ]  # fmt: skip
    with connection.cursor() as cursor, cursor.copy("COPY stage_vectors FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(BINARY_HEAD)
        for at in range(0, len(places), ROWS_AT_ONCE):
            part = slice(at, at + ROWS_AT_ONCE)
            rows = np.zeros(len(places[part]), dtype=layout)
            rows["count"], rows["four"], rows["bytes"], rows["dimensions"] = 2, 4, 4 + 4 * dimensions, dimensions
            rows["place"], rows["values"] = places[part], vectors[part]
            copy.write(rows.tobytes())
        copy.write(BINARY_END)
