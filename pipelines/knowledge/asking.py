"""Questions put to the index of one tenant: said in more words, embedded, filtered, and held to the right edition."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.contracts import Found, PassageFilters, Question, Refusal, no_such_tenant
from pipelines.database import Connection
from pipelines.knowledge import store
from pipelines.knowledge.missing import missing
from pipelines.knowledge.ports import Edition, Library, Matrix, Query
from pipelines.knowledge.rewriting import Synonyms, tidy, wordings

MOST_FOUND = 200


@dataclass(frozen=True, slots=True)
class Desk:
    """Where one tenant's questions are answered, over one connection."""

    library: Library
    tenant: str
    connection: Connection
    synonyms: Synonyms
    campaign_id: str | None = None

    def ask(self, text: str, filters: PassageFilters, limit: int, traits: Iterable[str] = ()) -> list[Found]:
        """The passages that answer best, best first; `traits` says in words what is known of the audience."""
        return self.ask_all([Question(text, tuple(traits))], filters, limit)[0]

    def ask_all(self, questions: Sequence[Question], filters: PassageFilters, limit: int) -> list[list[Found]]:
        """For each question the passages that answer best, best first."""
        return [self.put(query) for query in self.queries(questions, filters, limit)]

    def queries(self, questions: Sequence[Question], filters: PassageFilters, limit: int) -> list[Query]:
        """What the index is asked for these questions: all are embedded at once, and said in other words at once."""
        if not 1 <= limit <= MOST_FOUND:
            raise Refusal(f"{limit} passages cannot be asked for; ask for 1 to {MOST_FOUND}.")
        asked = [tidy(one) for one in questions]
        texts = list(dict.fromkeys(one.text for one in asked))
        vectors = dict(zip(texts, self.library.embedder.embed(texts), strict=True))
        rewrite = self.library.rewrite
        rewritten = rewrite(self.tenant, self.campaign_id, asked) if rewrite and asked else [()] * len(asked)
        return [
            Query(one.text, wordings(one, self.synonyms, others), _telling(vectors[one.text]), filters, limit)
            for one, others in zip(asked, rewritten, strict=True)
        ]

    def put(self, query: Query) -> list[Found]:
        """Ask the index, once more if a new edition took the place of the one that was being searched."""
        edition = self._edition()
        while True:
            found = self.library.index.search(self.connection, self.tenant, edition, query)
            now = self._edition()
            if now == edition:
                return found
            edition = now

    def missing(self, filters: PassageFilters) -> list[str]:
        """What the filters name and the index does not hold, each in a sentence that says how to mend it."""
        if not (filters.products or filters.documents or filters.locale):
            return []
        self._edition()
        return list(missing(filters, store.each_kind(self.connection, self.tenant)))

    def _edition(self) -> Edition:
        index, model = self.library.index.name, self.library.embedder.model
        edition = store.edition(self.connection, self.tenant, index)
        if edition is None:
            if not store.tenant_exists(self.connection, self.tenant):
                raise no_such_tenant(self.tenant)
            raise Refusal(
                f"The index {index} holds no knowledge of tenant {self.tenant} yet; run `liftline knowledge index "
                f"FOLDER --tenant {self.tenant}`."
            )
        if edition.embedding_model != model:
            raise Refusal(
                f"The knowledge of tenant {self.tenant} was embedded with {edition.embedding_model} and questions "
                f"would be with {model}; run `liftline knowledge index FOLDER --tenant {self.tenant}` again, or set "
                "EMBEDDING_PROVIDER back."
            )
        return edition


def _telling(vector: Matrix) -> Matrix | None:
    return vector if vector.any() else None
