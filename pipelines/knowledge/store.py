"""Documents and passages in the database: what changed is put, what went is retired, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from pipelines.contracts import Passage, no_such_tenant
from pipelines.database import OWNER, Connection, Database, Queries
from pipelines.knowledge.documents import Document
from pipelines.knowledge.ports import Edition, Entry, Matrix
from pipelines.knowledge.rows import passage_of
from pipelines.knowledge.staging import copy_documents, copy_passages, copy_vectors

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
ENTRIES_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Changes:
    """How many passages are new, other than before, or gone."""

    added: int
    changed: int
    removed: int


class Store:
    """What indexing reads and writes of one tenant within one transaction."""

    def __init__(self, connection: Connection, tenant: str, now: datetime) -> None:
        self._connection = connection
        self._values = {"tenant": tenant, "now": now}

    def begin(self) -> None:
        """Wait for another indexing of this tenant, and refuse a tenant that does not exist."""
        if not self._connection.execute(QUERIES["tenant_exists"], self._values).fetchone():
            raise no_such_tenant(str(self._values["tenant"]))
        self._connection.execute(QUERIES["one_indexing_at_a_time"], self._values)

    def embedded(self, model: str) -> dict[str, str]:
        """Of every passage that this model has embedded: the hash of what was embedded."""
        rows = self._connection.execute(QUERIES["embedded"], {**self._values, "embedding_model": model})
        return {row["passage_id"]: row["embedded_hash"] for row in rows}

    def put(
        self,
        documents: Sequence[Document],
        passages: Sequence[Passage],
        hashes: Sequence[str],
        vectors: tuple[Sequence[int], Matrix],
        model: str,
    ) -> Changes:
        """Make the tenant's documents, passages and word lists equal to these; rows that are right stay untouched."""
        run, values = self._connection.execute, {**self._values, "embedding_model": model}
        for table in ("stage_documents", "stage_passages", "stage_vectors"):
            run(QUERIES[table])
        copy_documents(self._connection, documents)
        copy_passages(self._connection, passages, hashes)
        copy_vectors(self._connection, *vectors)
        run("ANALYZE stage_documents, stage_passages, stage_vectors")
        for statement in ("retire_documents", "add_documents", "find_changes"):
            run(QUERIES[statement], values)
        run("ANALYZE changes")
        # The words as they stood come first: they are read from the rows that are then overwritten.
        for statement in ("list_old_words", "list_new_words", "rewrite_lists", "merge_lists"):
            run(QUERIES[statement], values)
        for statement in ("retire_passages", "put_passages"):
            run(QUERIES[statement], values)
        counted = run(QUERIES["count_changes"]).fetchone()
        assert counted is not None
        return Changes(**counted)

    def entries(self) -> Iterator[Entry]:
        """Every passage of the index as it now is, with its vector, a batch at a time."""
        with self._connection.cursor(name="entries", binary=True) as cursor:
            cursor.itersize = ENTRIES_AT_ONCE
            for row in cursor.execute(QUERIES["entries"], self._values):
                yield Entry(passage_of(row), np.array(row["vector"], np.float32))

    def keep(self, edition: Edition, index_name: str, folder: Path | None) -> None:
        """Make this the edition that is searched; what other indexes hold of another one is out of date."""
        values = {**self._values, **asdict(edition), "index_name": index_name}
        values["folder"] = str(folder.resolve()) if folder else ""
        self._connection.execute(QUERIES["forget_other_editions"], values)
        self._connection.execute(QUERIES["keep_edition"], values)


def edition(connection: Connection, tenant: str, index_name: str) -> Edition | None:
    """The edition of the tenant's knowledge that is searched in that index."""
    row = connection.execute(QUERIES["edition"], {"tenant": tenant, "index_name": index_name}).fetchone()
    return Edition(**row) if row else None


def last_folders(database: Database, tenants: Sequence[str] | None = None) -> dict[str, Path | None]:
    """Of these tenants, or of all, those with knowledge: the folder it was last indexed from, if one was named."""
    if tenants is None:
        with database.connect(OWNER) as connection:
            tenants = [row["tenant_id"] for row in connection.execute(QUERIES["all_tenants"])]
    found: dict[str, Path | None] = {}
    for tenant in tenants:
        with database.transaction(tenant) as connection:
            row = connection.execute(QUERIES["last_folder"], {"tenant": tenant}).fetchone()
        if row:
            found[tenant] = Path(row["folder"]) if row["folder"] else None
    return found


def tenant_exists(connection: Connection, tenant: str) -> bool:
    """Whether there is such a tenant."""
    return connection.execute(QUERIES["tenant_exists"], {"tenant": tenant}).fetchone() is not None


def passages_by_id(connection: Connection, tenant: str, passage_ids: Sequence[str]) -> list[Passage]:
    """The passages of these ids, in their order, whether they can still be found or not."""
    rows = connection.execute(QUERIES["passages_by_id"], {"tenant": tenant, "passage_ids": list(passage_ids)})
    found = {row["passage_id"]: passage_of(row) for row in rows}
    return [found[passage_id] for passage_id in passage_ids if passage_id in found]


def each_kind(connection: Connection, tenant: str) -> list[Passage]:
    """What the index is about: for each document, product and locale a passage without its words."""
    rows = connection.execute(QUERIES["each_kind"], {"tenant": tenant})
    return [Passage(passage_id="", title="", text="", **row) for row in rows]


@contextmanager
def reading(database: Database, tenant: str) -> Iterator[Connection]:
    """A connection for many questions of one tenant, each a transaction of its own."""
    with database.connect() as connection:
        connection.autocommit = True
        connection.execute("SELECT set_config('liftline.tenant', %s, false)", (tenant,))
        yield connection
