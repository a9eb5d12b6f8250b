"""Indexing: all of a folder in one moment, nothing twice, and nothing half."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import psycopg
import pytest

from pipelines.adapters.embedding.offline import OfflineEmbedder
from pipelines.adapters.search.postgres import PostgresIndex
from pipelines.contracts import Refusal
from pipelines.knowledge.run import index_folder, passages_by_id, read_sources, what_to_index
from pipelines.tenants.run import create_tenant
from tests.knowledge.conftest import TODAY, documents

TABLES = ("documents", "passages", "passage_words", "knowledge_editions")
FROM_SCRATCH = """
    SELECT language, word, array_agg(p.number ORDER BY p.number) AS numbers
    FROM passages AS p
    CROSS JOIN LATERAL (SELECT search_language(p.locale) AS language) AS said
    CROSS JOIN LATERAL words_of(said.language, concat_ws(' ', p.title, p.heading), p.text) AS w
    WHERE p.retired_at IS NULL
    GROUP BY language, word ORDER BY language, word
"""
LISTED = """
    SELECT language, word, array_agg(number ORDER BY number) AS numbers
    FROM passage_words CROSS JOIN LATERAL unnest(numbers) AS number
    GROUP BY language, word ORDER BY language, word
"""


def rows(database, tenant, query):
    with database.transaction(tenant) as connection:
        return connection.execute(query).fetchall()


def everything(database, tenant):
    return {table: rows(database, tenant, f"SELECT xmin::text, * FROM {table} ORDER BY 2, 3, 4") for table in TABLES}


class Counting(OfflineEmbedder):
    """Counts what it embeds."""

    def __init__(self, model: str = OfflineEmbedder.model) -> None:
        super().__init__()
        self.model, self.texts = model, []

    def embed(self, texts):
        self.texts += texts
        return super().embed(texts)


def test_a_second_indexing_changes_no_row(index, shelf, database, tenant):
    shelf.stock()
    first = index()
    assert (first.documents, first.added, first.embedded, first.unchanged) == (4, first.passages, first.passages, 0)
    before = everything(database, tenant)
    second = index()
    assert (second.added, second.changed, second.removed, second.embedded) == (0, 0, 0, 0)
    assert second.unchanged == first.passages
    assert everything(database, tenant) == before


def test_only_what_changed_is_embedded_and_touched(index, shelf, database, tenant):
    shelf.stock()
    index()
    before = {row["passage_id"]: row["xmin"] for row in everything(database, tenant)["passages"]}
    shelf.put("throw", "The Wool throw costs 69.00 EUR. It weighs 900 g and keeps two people warm on one sofa.")
    shelf.put(
        "lamp", "The Desk lamp gives 800 lumen and uses 9 watts. Its warm light suits long evenings.", owner="Ada"
    )
    counting = Counting()
    summary = index(embedder=counting)
    assert len(counting.texts) == summary.embedded == summary.added == summary.removed == 1
    assert "69.00" in counting.texts[0]
    after = {row["passage_id"]: row["xmin"] for row in everything(database, tenant)["passages"]}
    assert len([one for one in before if after[one] == before[one]]) == len(before) - 1
    versions = rows(database, tenant, "SELECT version, retired_at FROM documents WHERE document_id = 'lamp' ORDER BY 1")
    assert [(row["version"], row["retired_at"] is None) for row in versions] == [(1, False), (2, True)]


def test_papers_may_change_without_embedding(index, shelf, find):
    shelf.stock()
    index()
    shelf.put(
        "lamp", "The Desk lamp gives 800 lumen and uses 9 watts. Its warm light suits long evenings.", approved_by=None
    )
    summary = index()
    assert (summary.changed, summary.embedded) == (1, 0)
    assert [one.document_id for one in summary.not_citable] == ["lamp"]
    assert "lamp" not in documents(find("lumen of the desk lamp"))


def test_what_is_removed_is_gone_at_once_and_still_resolves(index, shelf, find, library, tenant):
    shelf.stock()
    index()
    cited = find("wool throw")[0].passage
    shelf.remove("throw")
    assert index().removed == 1
    assert "throw" not in documents(find("wool throw"))
    (shown,) = passages_by_id(library, tenant, ["nothing", cited.passage_id])
    assert shown == replace(cited, withdrawn=True)
    assert shown.refused_on(TODAY) == "throw was withdrawn"
    shelf.stock()
    back = index()
    assert passages_by_id(library, tenant, [cited.passage_id]) == [cited]
    assert (back.added, back.embedded) == (1, 0)
    assert documents(find("wool throw"))[0] == "throw"


def test_expiry_and_approval_count_by_the_day_of_the_search(index, shelf, find):
    shelf.put("offer", "Winter weeks: the throw is 10 EUR cheaper.", approved_at="2026-11-10", expires_at="2026-11-20")
    shelf.put("draft", "Winter weeks: the lamp is 10 EUR cheaper.", approved_by=None, approved_at=None)
    index()
    for day, found in (("2026-11-09", []), ("2026-11-10", ["offer"]), ("2026-11-20", ["offer"]), ("2026-11-21", [])):
        assert documents(find("winter weeks", on=date.fromisoformat(day))) == found


def test_word_lists_stay_what_they_would_be_from_scratch(index, shelf, database, tenant):
    chance = random.Random(7)
    words = ["warm", "wool", "throw", "lamp", "oak", "shelf", "apron", "linen", "mug", "tea", "rain", "paper", "light"]
    for _ in range(8):
        for name in ("a", "b", "c", "d"):
            text = " ".join(chance.choices(words, k=chance.randint(30, 60))) + "."
            shelf.put(name, text, title=chance.choice(words), locale=chance.choice(("en", "de", "nl")))
        if chance.random() < 0.5:
            shelf.remove(chance.choice("abc"))
        index()
        assert rows(database, tenant, LISTED) == rows(database, tenant, FROM_SCRATCH)


def test_a_new_model_embeds_everything_again(index, shelf, find):
    shelf.stock()
    passages = index().passages
    other = Counting("another")
    with pytest.raises(Refusal, match="embedded with wordllama"):
        find("wool", other={"embedder": other})
    summary = index(embedder=other)
    assert summary.changed == summary.embedded == passages
    assert documents(find("wool throw", other={"embedder": other}))[0] == "throw"


class Failing(PostgresIndex):
    """An index that breaks, or waits, after everything was put into the tables."""

    def __init__(self, act) -> None:
        self.act = act

    def publish(self, tenant, edition, entries):
        self.act()


def test_a_failure_in_the_middle_leaves_the_old_index(index, shelf, find, database, tenant):
    shelf.stock()
    index()
    before = everything(database, tenant)
    shelf.remove("throw")
    shelf.put("new", "The Teapot holds 1.2 litres.")

    def refuse():
        raise Refusal("The search service is away.")

    with pytest.raises(Refusal, match="away"):
        index(index=Failing(refuse))
    assert everything(database, tenant) == before

    def lose_the_connection():
        with database.administer() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE usename = 'liftline_app' AND state = 'idle in transaction'"
            )

    with pytest.raises(psycopg.OperationalError):
        index(index=Failing(lose_the_connection))
    assert everything(database, tenant) == before
    assert documents(find("wool throw"))[0] == "throw"


def test_a_reader_sees_the_old_index_until_the_new_one_is_whole(index, shelf, find):
    shelf.stock()
    index()
    shelf.remove("throw")
    shelf.put("teapot", "The Teapot holds 1.2 litres and costs 34.00 EUR.")
    arrived, go_on = threading.Event(), threading.Event()

    def wait():
        arrived.set()
        assert go_on.wait(20)

    with ThreadPoolExecutor(1) as worker:
        running = worker.submit(index, index=Failing(wait))
        assert arrived.wait(20)
        during = set(documents(find("wool throw and teapot")))
        go_on.set()
        running.result(20)
    assert during == {"throw", "lamp", "delivery", "terms"}
    assert set(documents(find("wool throw and teapot"))) == {"teapot", "lamp", "delivery", "terms"}


def test_two_at_once_wait_for_each_other(library, tenant, shelf, index, find, tmp_path):
    from dataclasses import replace

    shelf.stock()
    first_is_in, go_on, seen = threading.Event(), threading.Event(), []

    def wait():
        first_is_in.set()
        assert go_on.wait(20)

    second_shelf = type(shelf)(tmp_path / "second")
    second_shelf.put("only", "Nothing but one notebook with 144 pages.")
    quick = replace(library, index=Failing(lambda: seen.append("second")))
    with ThreadPoolExecutor(2) as workers:
        first = workers.submit(index, index=Failing(wait))
        assert first_is_in.wait(20)
        second = workers.submit(index_folder, quick, tenant, second_shelf.folder)
        with pytest.raises(TimeoutError):
            second.result(0.5)
        assert seen == []
        go_on.set()
        assert first.result(20).added == 4
        assert (second.result(20).added, second.result().removed) == (1, 4)
    assert documents(find("notebook")) == ["only"]


def test_tenants_have_nothing_of_each_other(index, shelf, find, library, tenant, database):
    shelf.stock()
    index()
    passage = find("wool throw")[0].passage
    other = create_tenant(database, f"{tenant}-other").tenant_id
    assert passages_by_id(library, other, [passage.passage_id]) == []
    assert rows(database, other, "SELECT 1 FROM passages UNION ALL SELECT 1 FROM passage_words") == []
    index_folder(library, other, shelf.folder)
    shelf.remove("throw")
    index()
    assert passages_by_id(library, other, [passage.passage_id]) == [passage]


@pytest.mark.parametrize("name", ["nobody", "No Tenant", ""])
def test_a_tenant_that_is_not_there_is_refused(library, shelf, name):
    shelf.stock()
    with pytest.raises(Refusal, match="There is no tenant"):
        index_folder(library, name, shelf.folder)


def test_sources_are_read_without_a_database(shelf):
    shelf.stock()
    assert {passage.document_id for passage in read_sources(shelf.folder)} == {"throw", "lamp", "delivery", "terms"}
    assert all(passage.refused_on(TODAY - timedelta(days=1000)) for passage in read_sources(shelf.folder))


def test_what_to_index_is_asked_told_or_remembered(library, index, shelf, tenant, database):
    shelf.stock()
    index()
    mine = {"tenant": tenant, "folder": str(shelf.folder.resolve())}
    other = create_tenant(database, f"{tenant}-empty").tenant_id
    assert what_to_index(library, {"tenant": tenant, "folder": "/elsewhere"}, []) == [{**mine, "folder": "/elsewhere"}]
    assert what_to_index(library, {"tenant": tenant, "folder": None}, [{"tenant": other}]) == [mine]
    assert what_to_index(library, {}, [{"tenant": tenant}, {"tenant": other, "folder": "/x"}]) == [
        mine, {"tenant": other, "folder": "/x"},
    ]  # fmt: skip
    for nothing in ([], [{}]):
        everybody = what_to_index(library, {"tenant": None, "folder": ""}, nothing)
        assert mine in everybody
        assert other not in [order["tenant"] for order in everybody]
    with pytest.raises(Refusal, match="no tenant"):
        what_to_index(library, {"folder": "/x"}, [])
    with pytest.raises(Refusal, match=f"Nothing was indexed for tenant {other}"):
        what_to_index(library, {"tenant": other}, [])
