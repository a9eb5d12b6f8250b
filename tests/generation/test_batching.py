"""A campaign drafted by the vendor's batch endpoint, over the real SDK: submitted, collected later, and paid once."""

from dataclasses import replace

import pytest

from pipelines.adapters.language_model import batches, writer
from pipelines.adapters.openai_api.endpoint import Endpoint
from pipelines.adapters.openai_api.retrying import PATIENT
from pipelines.contracts import Refusal
from pipelines.generation.run import draft, give_up_batch, open_campaign, retrieve
from tests.doubles import openai_replies as double
from tests.doubles.openai_server import KEY, openai_server
from tests.generation.conftest import BRIEF, TRUE, answered, message


@pytest.fixture
def server():
    with openai_server() as running:
        yield running


@pytest.fixture
def studio(server, make_studio):
    endpoint = Endpoint("gpt-4.1-mini", base_url=server.url, api_key=KEY, timeout_seconds=5)
    once = replace(PATIENT, tries=1)
    return make_studio(writer("openai", endpoint, once), batches=batches("openai", endpoint, once))


@pytest.fixture
def campaign(studio, customers, snapshot):
    opened = open_campaign(studio, customers, BRIEF, by="mo")
    retrieve(studio, customers, opened.campaign_id, snapshot(customers, opened))
    return opened.campaign_id


@pytest.fixture
def log(database, customers):
    def read():
        with database.transaction(customers) as connection:
            return connection.execute("SELECT * FROM generations ORDER BY attempt, strategy").fetchall()

    return read


def paths(server):
    return [asked.path for asked in server.received]


def test_a_batch_is_submitted_by_one_run_and_collected_by_a_later_one(server, studio, customers, campaign, log):
    server.batch_polls = 2
    first = draft(studio, customers, campaign, by="mo", batch=True)
    assert (first.drafted, first.calls, len(first.waiting)) == (0, 0, 3)
    assert all("batch-1" in why for why in first.waiting.values())
    assert {(row["outcome"], row["batch_id"], row["cost_usd"]) for row in log()} == {("asked", "batch-1", None)}
    second = draft(studio, customers, campaign, by="mo")
    assert (second.drafted, len(second.waiting)) == (0, 3)
    assert all("1 of 3" in why for why in second.waiting.values())
    third = draft(studio, customers, campaign, by="mo")
    assert (third.drafted + third.blocked, third.waiting) == (3, {})
    assert [path.endswith("/batches") for path in paths(server)].count(True) == 1
    answered_in_batch = [row for row in log() if row["round"] == 1]
    assert len(answered_in_batch) == 3
    assert all(row["outcome"] == "written" and row["sent_seed"] == row["seed"] for row in answered_in_batch)
    full = [(r["input_tokens"] - 7) * 0.40 + 7 * 0.10 + r["output_tokens"] * 1.60 for r in answered_in_batch]
    assert [float(r["cost_usd"]) for r in answered_in_batch] == pytest.approx([usd / 2 / 1e6 for usd in full])
    assert draft(studio, customers, campaign, by="mo", batch=True).calls == 0


def test_what_a_batch_leaves_out_goes_into_the_next(server, studio, customers, campaign):
    server.batch_status = "expired"
    draft(studio, customers, campaign, by="mo", batch=True)
    collected = draft(studio, customers, campaign, by="mo", batch=True)
    assert 0 < len(collected.variants) < 3
    assert all("batch-2" in why for why in collected.waiting.values())
    server.batch_status = "completed"
    assert len(draft(studio, customers, campaign, by="mo").variants) == 3


def test_what_a_model_refuses_is_left_out_of_the_next_batch(server, make_studio, customers, snapshot, log):
    server.refuses = {"seed", "temperature"}
    endpoint = Endpoint("gpt-4.1-mini", base_url=server.url, api_key=KEY, timeout_seconds=5)

    def another_process():
        return make_studio(writer("openai", endpoint), batches=batches("openai", endpoint))

    opened = open_campaign(another_process(), customers, BRIEF, by="mo")
    retrieve(another_process(), customers, opened.campaign_id, snapshot(customers, opened))
    for number in (1, 2, 3):
        waiting = draft(another_process(), customers, opened.campaign_id, by="mo", batch=True).waiting
        assert [f"batch-{number}" in why for why in waiting.values()] == [True] * 3
    collected = draft(another_process(), customers, opened.campaign_id, by="mo", batch=True)
    assert (len(collected.variants), collected.waiting) == (3, {})
    told = [row for row in log() if row["round"] == 1]
    assert [row["outcome"] for row in told] == ["unavailable"] * 6 + ["written"] * 3
    assert {(row["sent_seed"], row["sent_temperature"]) for row in told[6:]} == {(None, None)}
    assert all("without seed and temperature" in row["detail"] for row in told[6:])


def test_a_batch_of_another_writer_holds_up_nothing_else(studio, make_studio, customers, campaign):
    draft(studio, customers, campaign, by="mo", batch=True)
    alone = draft(make_studio(lambda ask: answered(message(TRUE))), customers, campaign, by="mo")
    assert (alone.calls, len(alone.waiting)) == (0, 3)
    assert all("batch-1" in why and "LANGUAGE_MODEL_PROVIDER" in why for why in alone.waiting.values())


@pytest.mark.parametrize(
    ("mood", "outcome", "spent"), [(double.fault(400, "no"), "unavailable", True), (double.half(), "asked", False)]
)
def test_only_a_batch_that_may_run_keeps_its_money(server, studio, customers, campaign, log, mood, outcome, spent):
    server.when(lambda asked: asked.path.endswith("/batches"), mood)
    with pytest.raises(Refusal):
        draft(studio, customers, campaign, by="mo", batch=True)
    assert {(row["outcome"], row["cost_usd"] == 0) for row in log()} == {(outcome, spent)}


def test_a_batch_that_the_vendor_forgot_holds_nobody_up(server, studio, customers, campaign, log):
    draft(studio, customers, campaign, by="mo", batch=True)
    server.batches.clear()
    with pytest.raises(Refusal, match=r"knows no batch batch-1.*give-up-batch"):
        draft(studio, customers, campaign, by="mo")
    with pytest.raises(Refusal, match="waits for no batch batch-9; it waits for: batch-1"):
        give_up_batch(studio, customers, campaign, "batch-9")
    assert give_up_batch(studio, customers, campaign, "batch-1") == 3
    reserved = sum(row["reserved_usd"] for row in log())
    anew = draft(studio, customers, campaign, by="mo")
    assert (len(anew.variants), anew.waiting) == (3, {})
    assert anew.campaign_cost_usd == pytest.approx(anew.cost_usd + float(reserved))


def test_who_takes_no_batches_says_so(make_studio, customers, campaign):
    with pytest.raises(Refusal, match="takes no batches; leave out --batch"):
        draft(make_studio(lambda ask: answered(message(TRUE))), customers, campaign, by="mo", batch=True)
