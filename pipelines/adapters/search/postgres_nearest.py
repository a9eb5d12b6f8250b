"""Vectors of a tenant's edition kept in the process: who asks again need not have all of them read in PostgreSQL."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipelines.database import Connection, Queries
from pipelines.knowledge.ports import Edition, Matrix

QUERIES = Queries(Path(__file__).with_name("postgres.sql"))
# Fewer vectors than these are compared in PostgreSQL just as fast.
WORTH_KEEPING = 2000
NEAREST = 500
MOST_BYTES = 128 << 20


@dataclass(frozen=True, slots=True)
class _Vectors:
    passage_ids: Sequence[str]
    matrix: Matrix


UNREAD = _Vectors((), np.zeros((0, 0), np.float32))


class Nearest:
    """Ranks passages by nearness alone; which of them may be found is decided in PostgreSQL."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Of each tenant the edition asked for last. Its id is made of everything in it, so its vectors stay right.
        self._kept: OrderedDict[str, tuple[str, _Vectors]] = OrderedDict()

    def to(self, vector: Matrix, connection: Connection, tenant: str, edition: Edition) -> list[str]:
        """The nearest passages, more than will be shown; none where asking PostgreSQL alone is as good."""
        if edition.passages < WORTH_KEEPING or edition.passages * vector.nbytes > MOST_BYTES:
            return []
        kept = self._vectors(connection, tenant, edition)
        if not kept.passage_ids:
            return []
        # Not `@`: its threads cost more than they save on so few rows, and fight with those of other processes.
        nearness = np.einsum("ij,j->i", kept.matrix, vector)
        least = np.partition(nearness, -NEAREST)[-NEAREST]
        return [kept.passage_ids[place] for place in np.flatnonzero(nearness >= least).tolist()]

    def _vectors(self, connection: Connection, tenant: str, edition: Edition) -> _Vectors:
        """What is kept; it is read when an edition is asked for the second time, for reading it costs several asks."""
        with self._lock:
            known, vectors = self._kept.get(tenant, ("", UNREAD))
        if known == edition.edition and vectors is UNREAD:
            vectors = _read(connection, tenant, edition)
        elif known != edition.edition:
            vectors = UNREAD
        with self._lock:
            self._kept[tenant] = (edition.edition, vectors)
            self._kept.move_to_end(tenant)
            while sum(vectors.matrix.nbytes for _, vectors in self._kept.values()) > MOST_BYTES:
                self._kept.popitem(last=False)
        return vectors


def _read(connection: Connection, tenant: str, edition: Edition) -> _Vectors:
    """The vectors of the edition, or none if another one has taken its place."""
    values = {"tenant": tenant, "edition": edition.edition}
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(QUERIES["vectors"], values).fetchall()
    if not rows:
        return UNREAD
    # As pgvector sends a vector: its length, two unused bytes, its values.
    packed = b"".join(row["vector"][4:] for row in rows)
    matrix = np.frombuffer(packed, ">f4").reshape(len(rows), -1).astype(np.float32)
    return _Vectors([row["passage_id"] for row in rows], matrix)
