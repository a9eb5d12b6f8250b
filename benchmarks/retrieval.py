"""Retrieval beside its limit, numpy over vectors in memory, and beside two plain queries fused in Python.

`python -m benchmarks.retrieval --passages 10000` runs it alone and prints p50 and p95.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.harness import Comparison, Contender
from pipelines.commands.screen import err, print_table
from pipelines.contracts import PassageFilters, Question
from pipelines.database import OWNER
from pipelines.knowledge.asking import Desk
from pipelines.knowledge.ports import Library, Matrix
from pipelines.knowledge.run import index_folder, read_sources, search, searching
from pipelines.services import Services, open_services
from pipelines.settings import PROJECT, load_settings

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FILTERS = PassageFilters(NOW.date(), locale="en")
TOP = 20
QUESTIONS = 100
IN_A_DOCUMENT = 100
LARGE = 100_000
# What stays open for as long as the process measures.
OPEN = ExitStack()
ALONE = "pgvector and a GIN index, two queries"
PLAIN = """
    CREATE TABLE public.bench_passages AS
    SELECT passage_id, to_tsvector('english', concat_ws(' ', title, heading, text)) AS words, embedding::vector(256)
    FROM liftline.passages WHERE tenant_id = '{tenant}' AND retired_at IS NULL
"""


@dataclass
class Stopwatch:
    """How long each question took, by contender."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def contender(
        self, name: str, ask: Callable[[str], object], questions: list[str], *, share: float = 1.0
    ) -> Contender:
        """A contender that asks the first `share` of the questions one after the other."""

        def run(_: int) -> None:
            for question in questions[: round(share * len(questions))]:
                began = time.perf_counter()
                ask(question)
                self.seconds[name].append(time.perf_counter() - began)

        return Contender(f"{name} ({len(questions)} questions)", run, share)

    def rows(self) -> list[tuple[str, str, str]]:
        """Name, p50 and p95 in milliseconds."""
        return [
            (name, *(f"{1000 * float(np.percentile(taken, share)):.2f} ms" for share in (50, 95)))
            for name, taken in self.seconds.items()
        ]


def retrieval(services: Services, rows: int, stopwatch: Stopwatch | None = None) -> Comparison:
    """The comparison over a tenth as many passages as there are rows elsewhere, at most 100,000; its data made."""
    passages = max(1000, min(LARGE, rows // 10))
    watch = stopwatch or Stopwatch()
    library, tenant = services.library, f"bench-knowledge-{passages}"
    questions = _fill(library, tenant, passages)
    vectors, ids = _vectors(library, tenant)
    desk = OPEN.enter_context(searching(library, tenant))
    err.print(f"recall@{TOP} by meaning: {_recall(desk, vectors, ids, questions):.4f}", highlight=False)

    def limit(question: str) -> object:
        near = vectors @ library.embedder.embed([question])[0]
        best = np.argpartition(-near, TOP)[:TOP]
        return best[np.argsort(-near[best])]

    return Comparison(
        f"Hybrid search over {passages:,} passages, tenants kept apart",
        [
            watch.contender("numpy over vectors in memory", limit, questions),
            watch.contender("liftline, one connection", lambda text: desk.ask(text, FILTERS, TOP), questions),
            watch.contender(
                "liftline, connecting anew", lambda text: search(library, tenant, text, FILTERS, TOP), questions
            ),
            watch.contender(ALONE, _plain(services, tenant), questions, share=0.1),
        ],
        "p95 of a question <= 10 ms at 10,000 passages and <= 60 ms at 100,000; recall@20 = 1 at 10,000",
    )


def _fill(library: Library, tenant: str, passages: int) -> list[str]:
    """Index invented passages under the tenant, unless they are there, and return questions about them."""
    chance = random.Random(passages)
    words = sorted({word for one in read_sources(PROJECT / "data" / "knowledge") for word in one.text.split()})
    chance.shuffle(words)
    weights = [1 / (place + 5) for place in range(len(words))]
    folder = Path(tempfile.mkdtemp(prefix="liftline-bench-"))
    try:
        for number in range(passages // IN_A_DOCUMENT):
            parts = [
                f"## {' '.join(chance.choices(words, weights, k=3))} {number}-{part}\n\n"
                f"{' '.join(chance.choices(words, weights, k=60))}.\n"
                for part in range(IN_A_DOCUMENT)
            ]
            head = f"---\nid: d{number}\ntitle: Document {number}\napproved_by: Bench\napproved_at: 2026-01-01\n---\n\n"
            (folder / f"d{number}.md").write_text(head + "\n".join(parts), encoding="utf-8")
        with library.database.connect(OWNER) as connection:
            connection.execute("INSERT INTO tenants VALUES (%s, 'Benchmark') ON CONFLICT DO NOTHING", (tenant,))
        summary = index_folder(library, tenant, folder)
    finally:
        shutil.rmtree(folder)
    if summary.added:
        err.print(
            f"indexed {summary.added:,} passages in {summary.seconds:.1f} s "
            f"({summary.added / summary.seconds:,.0f} a second)", highlight=False,
        )  # fmt: skip
        with library.database.administer() as connection:
            connection.execute("VACUUM ANALYZE liftline.passages, liftline.passage_words")
    return [" ".join(chance.choices(words, weights, k=chance.randint(4, 9))) for _ in range(QUESTIONS)]


def _vectors(library: Library, tenant: str) -> tuple[Matrix, list[str]]:
    with library.database.transaction(tenant) as connection:
        cursor = connection.cursor(binary=True)
        query = "SELECT passage_id, embedding::real[] AS v FROM passages WHERE retired_at IS NULL ORDER BY number"
        rows = cursor.execute(query).fetchall()
    return np.array([row["v"] for row in rows], np.float32), [row["passage_id"] for row in rows]


def _recall(desk: Desk, vectors: Matrix, ids: list[str], questions: list[str]) -> float:
    """The share of the truly nearest passages that search by meaning finds."""
    shares = []
    for text in questions:
        [query] = desk.queries([Question(text)], FILTERS, TOP)
        assert query.vector is not None
        truly = {ids[place] for place in np.argsort(-(vectors @ query.vector), kind="stable")[:TOP]}
        found = {hit.passage.passage_id for hit in desk.ask(text, FILTERS, 200) if (hit.vector_rank or TOP + 1) <= TOP}
        shares.append(len(truly & found) / TOP)
    return float(np.mean(shares))


def _plain(services: Services, tenant: str) -> Callable[[str], object]:
    """What one writes first: a vector query and a full-text query over a table of one tenant, fused in Python."""
    connection = services.database.administer()
    connection.execute("DROP TABLE IF EXISTS public.bench_passages")
    connection.execute(PLAIN.format(tenant=tenant))
    connection.execute("CREATE INDEX ON public.bench_passages USING gin (words)")
    connection.execute("ANALYZE public.bench_passages")

    def ask(question: str) -> object:
        vector = str(services.library.embedder.embed([question])[0].tolist())
        near = connection.execute(
            "SELECT passage_id FROM public.bench_passages ORDER BY embedding <=> %s::vector LIMIT 100", (vector,)
        ).fetchall()
        said = connection.execute(
            "SELECT passage_id FROM public.bench_passages "
            "CROSS JOIN (SELECT replace(plainto_tsquery('english', %s)::text, '&', '|')::tsquery AS asked) AS q "
            "WHERE words @@ asked ORDER BY ts_rank(words, asked) DESC LIMIT 100", (question,)
        ).fetchall()  # fmt: skip
        fused: dict[str, float] = defaultdict(float)
        for ranking in (near, said):
            for rank, row in enumerate(ranking, 1):
                fused[row["passage_id"]] += 1 / (60 + rank)
        return sorted(fused, key=lambda one: -fused[one])[:TOP]

    return ask


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.retrieval", description=__doc__)
    asked.add_argument("--passages", type=int, default=10_000)
    asked.add_argument("--rounds", type=int, default=3)
    given = asked.parse_args()
    settings = load_settings()
    home = settings.liftline_home / "benchmarks"
    services = open_services(settings.model_copy(update={"liftline_home": home, "database_url": None}))
    watch = Stopwatch()
    comparison = retrieval(services, given.passages * 10, watch)
    comparison.measure(given.rounds, lambda text: err.print(text, highlight=False))
    print_table(
        f"{comparison.title} (target: {comparison.target})", ("contender", "median", "range", "x limit", "x ours"),
        comparison.rows(),
    )  # fmt: skip
    print_table("Each question", ("contender", "p50", "p95"), watch.rows())


if __name__ == "__main__":
    main()
