"""Search: what is found, what never is, and questions that nobody should be able to break it with."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.adapters.search import postgres, postgres_nearest
from pipelines.contracts import PassageFilters, Question, Refusal
from pipelines.knowledge import graph, store
from pipelines.knowledge.run import search, searching
from pipelines.tenants.run import create_tenant
from tests.knowledge.conftest import TODAY, documents

WARM = [
    "warm wool", "a throw for the sofa", "light in the evening", "parcels within two days", "tea for two people",
    "an oak table", "repairs for ten years",
]  # fmt: skip
LONG = "Is the wool throw warm? " * 500
HARD = [
    "'", '"unclosed', "a:*", "!", "& |", "<->", "wool & !throw", "\x00wool\x00", "🧶🔥", "((((", "\\", "%s %(tenant)s",
    "'; DROP TABLE passages; --", "ﷺ", "a" * 10_000, LONG, "-" * 3000, "\ud800 lone", "the of and",
]  # fmt: skip


@pytest.fixture
def stocked(index, shelf):
    shelf.stock()
    shelf.put("plaid", "Das Wollplaid wiegt 900 Gramm und ist sehr warm.", locale="de", product="Wool throw")
    shelf.put("table", "Le plaid en laine pèse 900 grammes.", locale="fr")
    shelf.put("cafe", "The Café table stands on one foot of steel and suits every terrace.", product="Café table")
    shelf.put("british", "The colour of the jacket is a warm grey.", locale="en-GB")
    index()


def test_words_and_meaning_are_both_told(stocked, find):
    first = find("wool throw", locale="en")[0]
    assert (first.passage.document_id, first.keyword_rank, first.vector_rank) == ("throw", 1, 1)
    by_meaning = next(hit for hit in find("wool throw", locale="en") if hit.keyword_rank is None)
    assert by_meaning.vector_rank is not None
    scores = [hit.score for hit in find("warm light in the evening")]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    ("filters", "fits"),
    [
        ({}, {"throw", "lamp", "delivery", "terms", "plaid", "table", "cafe", "british"}),
        ({"audience": ("Business",)}, {"throw", "lamp", "delivery", "terms", "plaid", "table", "cafe", "british"}),
        ({"audience": ("consumer",)}, {"throw", "lamp", "delivery", "plaid", "table", "cafe", "british"}),
        ({"locale": "de"}, {"plaid"}),
        ({"locale": "de-AT"}, {"plaid"}),
        ({"locale": "en"}, {"throw", "lamp", "delivery", "terms", "cafe", "british"}),
        ({"locale": "en_gb"}, {"throw", "lamp", "delivery", "terms", "cafe", "british"}),
        ({"locale": "en-US"}, {"throw", "lamp", "delivery", "terms", "cafe"}),
        ({"locale": "nl"}, set()),
        ({"products": ("wool THROW", "Café table")}, {"plaid", "cafe"}),
        ({"documents": ("lamp", "throw")}, {"lamp", "throw"}),
    ],
)
def test_filters_are_always_on(stocked, find, filters, fits):
    assert set(documents(find("warm throw table lamp delivery", 50, **filters))) == fits


@pytest.mark.parametrize(
    ("question", "locale", "first"),
    [
        ("cafe tables", "en", "cafe"),
        ("CAFÉ", "en", "cafe"),
        ("wollplaids", "de", "plaid"),
        ("grammes de laine", "fr", "table"),
        ("colours", "en", "british"),
    ],
)
def test_words_are_found_in_other_forms(stocked, find, question, locale, first):
    assert (
        min(
            (hit for hit in find(question, locale=locale) if hit.keyword_rank), key=lambda hit: hit.keyword_rank
        ).passage.document_id
        == first
    )


def test_a_word_that_stands_only_once_brings_its_passage_up(index, shelf, find):
    for number in range(30):
        shelf.put(f"warm-{number}", f"Warm soft wool for evening number {number} keeps everybody warm on the sofa.")
    shelf.put("part", "Spare part BX-4711 fits nothing else.")
    index()
    assert "part" in documents(find("BX-4711", 2))
    assert "part" in documents(find("is bx-4711 warm and soft?", 5))


@pytest.mark.parametrize("question", HARD, ids=range(len(HARD)))
def test_no_question_breaks_it(stocked, find, question):
    assert isinstance(find(question), list)


@pytest.mark.parametrize("question", ["", "   ", "\x00\n\t"])
def test_an_empty_question_is_refused(stocked, find, question):
    with pytest.raises(Refusal, match="empty"):
        find(question)


@pytest.mark.parametrize("limit", [0, -1, 1000])
def test_an_impossible_number_is_refused(stocked, find, limit):
    with pytest.raises(Refusal, match="ask for 1 to"):
        find("wool", limit)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(max_size=120),
    st.one_of(st.none(), st.just("consumer"), st.text(min_size=1, max_size=20)),
    st.one_of(st.none(), st.just("Wool throw"), st.text(max_size=10)),
)
def test_arbitrary_text_finds_or_is_refused(library, desk_of_one, question, audience, product):
    audience, product = (() if told is None else (told.replace("\x00", ""),) for told in (audience, product))
    filters = PassageFilters(TODAY, audience=audience, products=product)
    if "".join(" " if unicodedata.category(sign) in ("Cc", "Cs") else sign for sign in question).strip():
        found = documents(desk_of_one.ask(question, filters, 5))
        assert len(found) == len(set(found)) <= 5
        if set(product) <= {"Wool throw"}:
            # By meaning something is always near.
            assert found == ["plaid"] if product else found
        else:
            assert found == []
    else:
        with pytest.raises(Refusal, match="empty"):
            desk_of_one.ask(question, filters, 5)


@pytest.fixture
def desk_of_one(stocked, library, tenant):
    with searching(library, tenant) as desk:
        yield desk


def test_nobody_searches_where_nothing_is(library, tenant, find):
    with pytest.raises(Refusal, match=f"index postgres holds no knowledge of tenant {tenant} yet"):
        find("wool")
    for nobody in ("nobody", "No Tenant"):
        with pytest.raises(Refusal, match="There is no tenant"):
            search(library, nobody, "wool", PassageFilters(TODAY), 5)


def test_synonyms_traits_and_other_wordings_widen_the_words(stocked, find):
    def by_words(text, **more):
        return {hit.passage.document_id for hit in find(text, locale="en", **more) if hit.keyword_rank}

    assert "throw" in by_words("blanket")
    assert "terms" not in by_words("parcel")
    assert "terms" in by_words("parcel", traits=["companies"])

    def rewrite(tenant, campaign_id, questions):
        return [["how many watts and lumen", "second", "third", "fourth about companies"] for _ in questions]

    assert {"lamp"} <= by_words("brightness", other={"rewrite": rewrite})
    assert "terms" not in by_words("brightness", other={"rewrite": rewrite})


def test_a_chosen_rewriter_that_fails_is_no_reason_to_search_by_rules(stocked, find):
    def away(tenant, campaign_id, questions):
        raise Refusal("The model is away.")

    with pytest.raises(Refusal, match="The model is away"):
        find("wool throw", other={"rewrite": away})


@pytest.fixture
def warm_desk(index, shelf, library, tenant, monkeypatch):
    """A desk that was asked once, over so few kept vectors that filters leave too few of them now and then."""
    for number in range(60):
        shelf.put(
            f"doc-{number}", f"{WARM[number % 7]} and {WARM[number % 5]}, number {number % 20}.",
            locale=("en", "en", "de")[number % 3], audience="business" if number % 4 == 0 else None,
            expires_at="2026-11-19" if number % 5 == 0 else None, approved_by=None if number % 11 == 0 else "Ines Falk",
        )  # fmt: skip
    index()
    monkeypatch.setattr(postgres, "DEPTH", 5)
    monkeypatch.setattr(postgres_nearest, "WORTH_KEEPING", 1)
    monkeypatch.setattr(postgres_nearest, "NEAREST", 12)
    with searching(library, tenant) as desk:
        desk.ask("wool", PassageFilters(TODAY), 5)
        yield desk


def by_postgres_alone(desk):
    return replace(desk, library=replace(desk.library, index=postgres.PostgresIndex()))


def test_vectors_kept_in_the_process_find_what_postgres_alone_finds(warm_desk, index, shelf, monkeypatch):
    ask, among_nearest = postgres._ask, []
    monkeypatch.setattr(postgres, "_ask", lambda *asked: among_nearest.append("nearest" in asked[1]) or ask(*asked))
    for text in WARM:
        for more in ({}, {"locale": "en"}, {"audience": ("consumer",)}, {"locale": "de", "audience": ("consumer",)}):
            filters = PassageFilters(TODAY, **more)
            assert warm_desk.ask(text, filters, 5) == by_postgres_alone(warm_desk).ask(text, filters, 5), (text, more)
    assert among_nearest.count(True) == 28
    assert 28 < among_nearest.count(False) < 56
    shelf.put("doc-1", "Warm wool for the evening is here.")
    index()
    for _ in range(3):
        found = warm_desk.ask("warm wool for the evening", PassageFilters(TODAY, locale="en"), 5)
        assert found == by_postgres_alone(warm_desk).ask(
            "warm wool for the evening", PassageFilters(TODAY, locale="en"), 5
        )
        assert documents(found)[0] == "doc-1"


def test_vectors_kept_in_the_process_show_no_other_tenant_anything(warm_desk, library, tenant, database):
    [query] = warm_desk.queries([Question(WARM[0])], PassageFilters(TODAY), 5)
    edition = store.edition(warm_desk.connection, tenant, "postgres")
    assert warm_desk.put(query)
    with store.reading(database, create_tenant(database, f"{tenant}-x").tenant_id) as stranger:
        assert library.index.search(stranger, tenant, edition, query) == []


def test_a_graph_is_built_once_and_finds_the_same(stocked, index, find, database, tenant, shelf, monkeypatch):
    asked = ["wool throw", "light for the evening", "what do companies pay?"]
    exact = [find(text) for text in asked]
    monkeypatch.setattr(graph, "EXACT_UP_TO", 3)
    monkeypatch.setattr(postgres, "EXACT_UP_TO", 3)
    index()
    query = "SELECT indexrelid::bigint AS id FROM pg_index WHERE indrelid = 'passages'::regclass AND indisvalid"

    def indexes():
        with database.administer() as connection:
            connection.execute("SET search_path = liftline, public")
            return {row["id"] for row in connection.execute(query + " AND indexprs IS NOT NULL")}

    built = indexes()
    assert built
    assert [find(text) for text in asked] == exact
    shelf.put("teapot", "The Teapot holds 1.2 litres and costs 34.00 EUR.")
    index()
    assert indexes() == built
    assert documents(find("teapot litres"))[0] == "teapot"


def test_a_planner_with_many_passages_asks_the_graph(stocked, index, database, tenant, monkeypatch, library):
    monkeypatch.setattr(graph, "EXACT_UP_TO", 3)
    index()
    near = (
        "SELECT passage_id FROM passages AS p WHERE tenant_id = '{}' AND retired_at IS NULL AND {} ORDER BY {} LIMIT 5"
    )
    parts = {name: part.as_string() for name, part in postgres._near(256).items()}
    zero = "'[" + ",".join(["0.1"] * 256) + "]'"
    with database.transaction(tenant) as connection:
        connection.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        statement = near.format(tenant, parts["among"], parts["distance"].replace("%(vector)s", zero))
        plan = "\n".join(row["QUERY PLAN"] for row in connection.execute(f"EXPLAIN {statement}").fetchall())
    assert "passages_graph_" in plan


def test_a_question_that_a_new_edition_overtakes_is_asked_again(stocked, index, find, shelf):
    class Overtaken(postgres.PostgresIndex):
        times = 0

        def search(self, connection, tenant, edition, query):
            Overtaken.times += 1
            if Overtaken.times > 1:
                return super().search(connection, tenant, edition, query)
            shelf.put("teapot", "The Teapot holds 1.2 litres and costs 34.00 EUR.")
            index()
            return []

    assert documents(find("teapot litres", other={"index": Overtaken()}))[0] == "teapot"
    assert Overtaken.times == 2
