"""Questions said in other words by a language model, over the real SDK: logged, paid for, remembered, or refused."""

from contextlib import nullcontext
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from pipelines.adapters.embedding import embedder
from pipelines.adapters.language_model import rewriter
from pipelines.adapters.openai_api.endpoint import Endpoint
from pipelines.adapters.openai_api.retrying import PATIENT
from pipelines.adapters.search import passage_index
from pipelines.contracts import PassageFilters, Question, Refusal
from pipelines.generation.ports import Studio
from pipelines.generation.run import open_campaign, retrieve, reword
from pipelines.knowledge.run import Library, index_folder, search
from pipelines.services import Services
from pipelines.settings import PROJECT, Settings
from tests.conftest import NOW
from tests.doubles import openai_replies as double
from tests.doubles.openai_server import KEY, openai_server
from tests.generation.conftest import BRIEF, PASSAGES, Finder, answered, message
from tests.knowledge.shelf import Shelf

QUESTIONS = [Question("Is it woolly?", audience="buyers: private"), Question("What does it cost?")]


@dataclass
class Rewords:
    """Finds the same passages whatever is asked, after all of it was said in other words."""

    studio: Studio
    tenant: str
    campaign_id: str

    def missing(self, filters):
        return []

    def ask_all(self, questions, filters, limit):
        reword(self.studio, self.tenant, self.campaign_id, questions)
        return Finder(PASSAGES).ask_all(questions, filters, limit)


@pytest.fixture
def server():
    with openai_server() as running:
        yield running


@pytest.fixture
def studio(server, make_studio):
    def make(**more):
        endpoint = Endpoint("gpt-4.1-mini", base_url=server.url, api_key=KEY, timeout_seconds=5)
        model = rewriter("openai", endpoint, replace(PATIENT, tries=1))
        return make_studio(lambda ask: answered(message()), rewriter=model, **more)

    return make


@pytest.fixture
def log(database, tenant):
    def read():
        with database.transaction(tenant) as connection:
            return connection.execute("SELECT * FROM generations ORDER BY attempt, generation_id").fetchall()

    return read


def test_each_question_gets_its_wordings_and_the_call_its_papers(server, studio, tenant, log):
    first, second = reword(studio(), tenant, None, QUESTIONS)
    assert first == ("Is it wool throw?", "Is it woolly? and more")
    assert second[1] == "What does it cost? and more"
    [body] = [asked.json for asked in server.received]
    assert body["response_format"]["json_schema"]["name"] == "wordings"
    assert body["response_format"]["json_schema"]["strict"]
    [row] = log()
    assert (row["purpose"], row["campaign_id"], row["outcome"], row["tries"]) == ("queries", None, "written", 1)
    assert row["prompt"].startswith("queries-v1-")
    assert (row["seed"], row["sent_seed"], row["sent_temperature"], row["structured"]) == (1, 1, 0.0, True)
    assert 0 < row["cost_usd"] <= row["reserved_usd"]


def test_the_same_questions_are_answered_from_memory(server, studio, tenant, log):
    assert reword(studio(), tenant, None, QUESTIONS) == reword(studio(), tenant, None, QUESTIONS)
    assert len(server.received) == 1
    assert [row["cached_from"] is None for row in log()] == [True, False]
    assert log()[1]["cost_usd"] == 0


def test_many_questions_are_few_calls_and_none_is_asked_twice(server, studio, tenant):
    many = [Question(f"What about number {number % 60}?") for number in range(70)]
    said = reword(studio(), tenant, None, many)
    assert [two[1] for two in said] == [f"{one.text} and more" for one in many]
    assert len(server.received) == 3


def test_a_campaign_asks_for_all_its_units_at_once_and_names_nobody(server, studio, customers, snapshot, log):
    brief = BRIEF.model_copy(update={"audience": BRIEF.audience.model_copy(update={"unit": "person"})})
    rewording = studio()
    composed = replace(
        rewording, searching=lambda tenant, campaign_id: nullcontext(Rewords(rewording, tenant, campaign_id))
    )
    opened = open_campaign(composed, customers, brief, by="mo")
    for _ in range(2):
        retrieve(composed, customers, opened.campaign_id, snapshot(customers, opened))
    assert len(server.received) == 1
    assert {(row["campaign_id"], row["purpose"]) for row in log()} == {(opened.campaign_id, "queries")}
    assert b"Office Manager" in server.wire
    assert not any(name in server.wire for name in (b"Ada", b"Bob", b"Cleo", b"Blue Harbour", b"example.com"))


@pytest.mark.parametrize(
    ("mood", "said"),
    [
        (double.refusal(), "declined"),
        (double.truncated(), "cut off"),
        (double.filtered(), "content filter"),
        (double.says("not JSON"), "did not keep to the schema"),
        (double.says('{"questions": [{"number": 1, "wordings": []}]}'), "left questions out"),
        (double.fault(503), "fault of its own"),
        (double.fault(401, "invalid_api_key"), "OPENAI_API_KEY"),
    ],
)
def test_a_chosen_model_that_fails_is_named_and_asked_again_next_time(server, studio, tenant, mood, said):
    server.next(mood)
    with pytest.raises(Refusal, match=rf"(?s){said}.*QUERY_REWRITING_PROVIDER"):
        reword(studio(), tenant, None, QUESTIONS)
    assert len(reword(studio(), tenant, None, QUESTIONS)) == 2


def test_one_call_that_fails_leaves_no_other_without_its_cost(server, studio, tenant, log):
    server.when(lambda asked: "number 3?" in asked.text, double.refusal())
    with pytest.raises(Refusal, match="declined"):
        reword(studio(), tenant, None, [Question(f"What about number {number}?") for number in range(60)])
    assert sorted(row["outcome"] for row in log()) == ["refused", "written", "written"]
    assert all(row["cost_usd"] is not None for row in log())


def test_no_budget_no_call(server, studio, tenant, customers):
    with pytest.raises(Refusal, match="LIFTLINE_MONTHLY_BUDGET_USD"):
        reword(studio(monthly="0"), tenant, None, QUESTIONS)
    poor = open_campaign(studio(), customers, BRIEF.model_copy(update={"budget_usd": Decimal(0)}), by="mo")
    with pytest.raises(Refusal, match="budget_usd"):
        reword(studio(), customers, poor.campaign_id, QUESTIONS)
    assert server.received == []


def test_a_search_finds_what_only_the_model_s_words_say(studio, database, tenant, tmp_path):
    shelf = Shelf(tmp_path / "content")
    shelf.stock()
    rules = Library(
        database, embedder("offline"), passage_index("offline"), PROJECT / "data/knowledge_synonyms.yaml", lambda: NOW
    )
    index_folder(rules, tenant, shelf.folder)
    composed = studio()
    model = replace(rules, rewrite=lambda *asked: reword(composed, *asked))

    def keyword_rank(library):
        found = search(library, tenant, "something woolly", PassageFilters(NOW.date()), 10)
        return {hit.passage.document_id: hit.keyword_rank for hit in found}.get("throw")

    assert keyword_rank(rules) is None
    assert keyword_rank(model) == 1


@pytest.mark.parametrize(
    ("writes", "rewrites", "by_model"),
    [("offline", None, False), ("openai", None, True), ("openai", "offline", False), ("offline", "openai", True)],
)
def test_who_rewords_is_who_writes_unless_told_otherwise(services, writes, rewrites, by_model):
    told = Settings(
        _env_file=None, liftline_home=services.settings.liftline_home, openai_api_key=KEY,
        language_model_provider=writes, query_rewriting_provider=rewrites,
    )  # fmt: skip
    assert (Services(told).library.rewrite is not None) == by_model
