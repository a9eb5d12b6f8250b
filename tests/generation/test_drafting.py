"""A whole drafting against the real database: what is kept, what is refused, what is paid for, and never twice."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from threading import Event

import pytest

from pipelines.adapters.language_model.openai import OpenAIModel
from pipelines.adapters.openai_api.endpoint import Endpoint
from pipelines.adapters.patience import Patience
from pipelines.contracts import Refusal
from pipelines.generation.briefs import Arm, CallToAction, Knowledge, LaterStep
from pipelines.generation.message import Message
from pipelines.generation.run import draft, drafted, open_campaign, retrieve
from pipelines.generation.store import QUERIES, attempts, history, spent
from tests.conftest import NOW
from tests.doubles import openai_replies
from tests.doubles.openai_server import openai_server
from tests.generation.conftest import BRIEF, FALSE, PASSAGES, THROW, TRUE, ScriptedWriter, answered, message
from tests.integration.test_plans import walked


@pytest.fixture
def prepared(customers, snapshot):
    """Opens a campaign in a studio and retrieves for it."""

    def prepare(studio, brief=BRIEF, launch=""):
        opened = open_campaign(studio, customers, brief, by="mo", launch=launch)
        retrieve(studio, customers, opened.campaign_id, snapshot(customers, opened))
        return opened.campaign_id

    return prepare


@pytest.fixture
def rows(database, customers):
    """Rows of this tenant."""

    def fetch(statement):
        with database.transaction(customers) as connection:
            return connection.execute(statement).fetchall()

    return fetch


def test_every_strategy_of_every_unit_becomes_a_variant_with_its_papers(make_studio, prepared, customers, rows):
    studio = make_studio(lambda ask: answered(message(TRUE)))
    campaign = prepared(studio)
    summary = draft(studio, customers, campaign, by="mo")
    assert (summary.drafted, summary.blocked, summary.waiting) == (3, 0, {})
    assert summary.cost_usd == pytest.approx(3 * (1000 * 0.15 + 500 * 0.60) / 1e6)
    variant = summary.variants[0]
    price = next(one for one in variant["sentences"] if "79.00" in one["text"])
    assert (price["verdict"], price["passage_ids"]) == ("supported", ["throw-1"])
    assert variant["source"] == "gpt-4o-mini/test"
    assert variant["confidence_basis"]["by"] == "prior"
    assert len({row["content_hash"] for row in summary.variants}) == 1
    sent = rows("SELECT subject, html, body FROM variants LIMIT 1")[0]
    assert all("79.00 EUR" in sent[part] and "{{unsubscribe.link}}" in sent[part] for part in ("html", "body"))
    logged = rows("SELECT * FROM generations ORDER BY strategy")
    assert [(row["outcome"], row["request_id"], row["tries"]) for row in logged] == [("written", "req_1", 1)] * 3
    assert logged[0]["prompt"].startswith("draft-v1-")
    assert rows("SELECT DISTINCT created_by FROM variants") == [{"created_by": "mo"}]


def test_the_text_of_a_step_is_written_for_the_channel_of_the_step(make_studio, prepared, customers, rows):
    step = LaterStep(after_days=2, strategy="direct", channel="sms")
    arms = (Arm(name="a", strategy="professional", journey=(step,)), Arm(name="nobody"))
    studio = make_studio(lambda ask: answered(message(TRUE)))
    summary = draft(studio, customers, prepared(studio, BRIEF.model_copy(update={"arms": arms})), by="mo")
    channels = {row["strategy"]: row["channel"] for row in summary.variants}
    assert channels == {"professional": "email", "friendly": "email", "direct": "sms"}
    assert all(row["html"] == "" for row in rows("SELECT html FROM variants WHERE channel = 'sms'"))


def test_a_second_run_changes_no_row_and_asks_nobody(make_studio, prepared, customers, rows):
    studio = make_studio(lambda ask: answered(message(TRUE)))
    campaign = prepared(studio)
    draft(studio, customers, campaign, by="mo")
    tables = ("campaigns", "audience_units", "generations", "variants", "variant_sentences")
    before = [rows(f"SELECT xmin::text, * FROM {table} ORDER BY 2, 3, 4, 5") for table in tables]
    assert prepared(studio) == campaign
    summary = draft(studio, customers, campaign, by="mo")
    assert (summary.calls, summary.unchanged, summary.drafted) == (0, 3, 3)
    assert len(studio.writer.asked) == 3
    assert [rows(f"SELECT xmin::text, * FROM {table} ORDER BY 2, 3, 4, 5") for table in tables] == before


def test_an_unsupported_claim_gets_one_repair_round_with_the_verdict(make_studio, prepared, customers, rows):
    studio = make_studio(lambda ask: answered(message(TRUE if ask.complaints else FALSE)))
    summary = draft(studio, customers, prepared(studio), by="mo")
    assert (summary.drafted, summary.blocked, summary.calls) == (3, 0, 6)
    repair = studio.writer.asked[-1]
    assert [complaint.text for complaint in repair.complaints] == [FALSE[0]]
    assert "59.00" in repair.messages[-1]["content"]
    assert [row["round"] for row in rows("SELECT round FROM generations ORDER BY round")] == [1, 1, 1, 2, 2, 2]


def test_what_stays_unsupported_is_blocked_with_the_reason_and_its_text_kept(make_studio, prepared, customers, rows):
    studio = make_studio(lambda ask: answered(message(TRUE, FALSE)))
    campaign = prepared(studio)
    summary = draft(studio, customers, campaign, by="mo")
    assert (summary.drafted, summary.blocked) == (0, 3)
    blocked = summary.variants[0]
    assert blocked["code"].startswith("claim_")
    assert "59.00" in blocked["reason"]
    assert [one["verdict"] for one in blocked["sentences"] if "EUR" in one["text"]] == ["supported", "unsupported"]
    assert draft(studio, customers, campaign, by="mo").calls == 0
    studio.writer.reply = lambda ask: answered(message(TRUE))
    assert draft(studio, customers, campaign, by="mo", again=True).drafted == 3
    assert rows("SELECT max(version) AS v FROM variants") == [{"v": 2}]


def test_what_screening_blocks_or_cites_what_is_withdrawn_is_drafted_again_where_that_is_asked(
    make_studio, prepared, customers, rows
):
    cited = """
        WITH document AS (
            INSERT INTO documents (tenant_id, document_id, version, content_hash, metadata_hash, title, kind, path,
                source, owner, audience, locale, indexed_at)
            VALUES (current_setting('liftline.tenant'), 'throw', 1, '', '', '', 'prose', '', '', '', '{}', 'en', now())
        )
        INSERT INTO passages (tenant_id, passage_id, number, approved_at, approved_by, locale, audience, embedding,
            embedding_model, embedded_hash, document_id, version, title, heading, text, kind, source, indexed_at)
        VALUES (current_setting('liftline.tenant'), 'throw-1', 1, '2026-01-01', 'olga', 'en', '{}', '[1]', '', '',
            'throw', 1, '', '', '', 'prose', '', now())
        RETURNING 1"""
    rows(cited)
    studio = make_studio(lambda ask: answered(message(TRUE)))
    campaign = prepared(studio)
    assert draft(studio, customers, campaign, by="mo").drafted == 3

    def drafted_anew():
        before = rows("SELECT count(*) AS n FROM variants")[0]["n"]
        draft(studio, customers, campaign, by="mo", again=True)
        return rows("SELECT count(*) AS n FROM variants")[0]["n"] - before

    assert drafted_anew() == 0
    rows("UPDATE passages SET retired_at = now() RETURNING 1")
    assert drafted_anew() == 3
    rows("UPDATE passages SET retired_at = NULL RETURNING 1")
    assert drafted_anew() == 0
    rows(
        "WITH policy AS (INSERT INTO policies_in_force VALUES (current_setting('liftline.tenant'), 'content', 'p', "
        "now())) INSERT INTO screenings (tenant_id, content_hash, policy_version, decision, undecided, severities, "
        "blocklist_hits, findings, reason, screen, screen_version, screened_at) SELECT DISTINCT tenant_id, "
        "content_hash, 'p', 'block', false, '{}'::jsonb, '{}'::text[], '[]'::jsonb, 'r', 's', '1', now() "
        "FROM variants RETURNING 1"
    )
    assert drafted_anew() == 3


@pytest.mark.parametrize(
    ("text", "cited", "code"),
    [
        ("The wool throw costs 79.00 EUR.", (), "claim_"),
        ("The wool throw costs 79.00 EUR.", ("returns-1",), "claim_"),
        ("The wool throw costs 79.00 EUR.", ("not-retrieved",), "claim_"),
        ("Hello {{contact.salary}}, how are you?", (), "unknown_slot"),
        ("Hello {% for x in y %}, how are you?", (), "unknown_slot"),
    ],
)
def test_faults_that_no_citation_mends_block(make_studio, prepared, customers, text, cited, code):
    studio = make_studio(lambda ask: answered(message((text, cited))))
    summary = draft(studio, customers, prepared(studio), by="mo")
    assert summary.blocked == 3
    assert all(row["code"].startswith(code) for row in summary.variants)


@pytest.mark.parametrize("change", [{"approved_by": None}, {"withdrawn": True}])
def test_a_passage_that_may_no_longer_be_cited_is_not_offered(make_studio, prepared, customers, change):
    studio = make_studio(lambda ask: answered(message(TRUE)))
    campaign = prepared(studio)
    revoked = (replace(THROW, **change), *PASSAGES[1:])
    summary = draft(make_studio(studio.writer, passages=revoked), customers, campaign, by="mo")
    assert summary.blocked == 3
    assert all("throw-1" not in [p.passage_id for p in ask.passages] for ask in studio.writer.asked)


def test_the_same_inputs_are_answered_from_memory(make_studio, prepared, customers, rows):
    studio = make_studio(lambda ask: answered(message(TRUE)))
    draft(studio, customers, prepared(studio), by="mo")
    again = draft(studio, customers, prepared(studio, launch="second"), by="mo")
    assert (again.drafted, again.calls, again.from_memory, again.cost_usd) == (3, 0, 3, 0)
    assert len(studio.writer.asked) == 3
    assert len(rows("SELECT 1 FROM generations WHERE cached_from IS NOT NULL AND cost_usd = 0")) == 3


def test_the_budget_stops_before_it_is_overrun_and_a_rerun_goes_on(make_studio, prepared, customers, rows):
    studio = make_studio(lambda ask: answered(message(TRUE)))
    poor = BRIEF.model_copy(update={"budget_usd": Decimal("0.0035")})
    campaign = prepared(studio, poor)
    summary = draft(studio, customers, campaign, by="mo")
    assert summary.calls < 3
    assert summary.waiting
    assert all("budget_usd" in why for why in summary.waiting.values())
    spent = rows("SELECT sum(cost_usd) AS usd FROM generations")[0]["usd"] or 0
    assert spent <= poor.budget_usd
    assert len(summary.variants) + len(summary.waiting) == 3
    assert prepared(studio, BRIEF) == campaign
    assert draft(studio, customers, campaign, by="mo").drafted == 3


def test_the_tenants_budget_of_the_month_counts_all_campaigns(make_studio, prepared, customers):
    studio = make_studio(lambda ask: answered(message(TRUE)), monthly="0")
    summary = draft(studio, customers, prepared(studio), by="mo")
    assert (summary.calls, len(summary.waiting)) == (0, 3)
    assert all("LIFTLINE_MONTHLY_BUDGET_USD" in why for why in summary.waiting.values())


def test_a_crash_in_the_middle_loses_nothing_that_was_paid_for(make_studio, prepared, customers, rows):
    def dies(ask):
        if len(studio.writer.asked) == 3:
            raise KeyboardInterrupt
        return answered(message(TRUE))

    studio = make_studio(dies)
    campaign = prepared(studio)
    with pytest.raises(KeyboardInterrupt):
        draft(studio, customers, campaign, by="mo")
    assert [row["outcome"] for row in rows("SELECT outcome FROM generations ORDER BY outcome")].count("written") == 2
    hanging = rows("SELECT reserved_usd, cost_usd FROM generations WHERE outcome = 'asked'")
    assert hanging[0]["reserved_usd"] > 0
    assert hanging[0]["cost_usd"] is None
    studio.writer.reply = lambda ask: answered(message(TRUE))
    summary = draft(studio, customers, campaign, by="mo")
    assert (summary.drafted, summary.calls) == (3, 1)


def test_a_try_that_nobody_heard_of_counts_as_the_most_that_it_can_cost(make_studio, prepared, customers, rows):
    silent = answered(None, outcome="unavailable", input_tokens=0, output_tokens=0, tries=3, unheard=2)
    studio = make_studio(lambda ask: silent)
    summary = draft(studio, customers, prepared(studio), by="mo")
    counted = rows("SELECT bool_and(cost_usd = 2 * reserved_usd) AS both, sum(cost_usd) AS usd FROM generations")[0]
    assert counted["both"]
    assert summary.cost_usd == pytest.approx(float(counted["usd"]))


def test_what_is_asked_before_each_batch_does_not_grow_with_the_campaign(make_studio, prepared, customers, database):
    campaign = prepared(make_studio(lambda ask: answered(message(TRUE))))
    keys = {"unit_kinds": ["segment"] * 2, "unit_ids": ["u7", "none"], "strategies": ["direct", "direct"]}
    with database.transaction(customers) as connection:
        connection.execute(
            "INSERT INTO generations (tenant_id, generation_id, campaign_id, purpose, unit_kind, unit_id, strategy, "
            "round, attempt, inputs_hash, prompt, provider, model, writer_version, passage_ids, seed, temperature, "
            "reserved_usd, asked_at) SELECT %s, 'x' || n || '-' || a, %s, 'variant', 'segment', 'u' || n, 'direct', 1, "
            "a, 'h', 'p', 'openai', 'm', '1', '{}', 1, 0, 0.001, %s "
            "FROM generate_series(1, 1000) AS n CROSS JOIN generate_series(1, 3) AS a",
            (customers, campaign, NOW),
        )
        assert spent(connection, campaign, NOW) == (Decimal(3), Decimal(3))
        connection.execute("UPDATE generations SET cost_usd = 0.0005 WHERE unit_id = 'u7'")
        assert spent(connection, campaign, NOW) == (Decimal("2.9985"), Decimal("2.9985"))
        connection.execute("DELETE FROM generations WHERE unit_id = 'u8'")
        assert spent(connection, campaign, NOW + timedelta(days=40)) == (Decimal("2.9955"), 0)
        asked = {
            "attempts": {"campaign_id": campaign, "round": 1, **keys},
            "spent": {"campaign_id": campaign, "now": NOW},
        }
        for name, values in asked.items():
            explained = f"EXPLAIN (ANALYZE, FORMAT JSON) {QUERIES[name].as_string(connection)}"
            (row,) = connection.execute(explained, values).fetchall()
            nodes = [*walked(row["QUERY PLAN"][0]["Plan"])]
            assert (
                sum(
                    (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
                    for node in nodes
                )
                < 40
            )
        key = ("segment", "u7", "direct")
        assert attempts(connection, campaign, [key, ("segment", "none", "direct")], 1) == {key: 3}


def test_no_try_is_made_that_the_budget_could_not_bear(make_studio, prepared, customers, rows):
    async def nap(_: float) -> None:
        """No time passes."""

    budget, a_try, reserved, priced = Decimal("0.0090"), {}, [], Event()

    def in_the_log():
        return {
            row["id"]: row["usd"] for row in rows("SELECT generation_id AS id, reserved_usd AS usd FROM generations")
        }

    def first_of_all(asked):
        a_try.update(in_the_log())
        priced.set()
        return openai_replies.fault(500)(asked)

    def charges_and_breaks_off(asked):
        # Calls are not equally long: what one try of each costs is told before any is made again.
        assert priced.wait(30)
        reserved.append(in_the_log())
        return openai_replies.half()(asked)

    with openai_server() as server:
        server.next(first_of_all, openai_replies.throttled())
        server.when(lambda _: True, charges_and_breaks_off)
        endpoint = Endpoint("gpt-4o-mini", base_url=server.url, api_key=server.key)
        studio = make_studio(OpenAIModel(Message, endpoint, Patience(sleep=nap)))
        summary = draft(studio, customers, prepared(studio, BRIEF.model_copy(update={"budget_usd": budget})), by="mo")
    assert len(summary.waiting) == 3
    assert all("not asked again: the campaign's budget has" in why for why in summary.waiting.values())
    # Of three calls one could be tried again; each try stood in the log before it was made, in case of a crash.
    # Calls at once are told of here in any order.
    tries = sorted(sum(usd / a_try[one] for one, usd in told.items()) for told in reserved)
    assert [stood >= made + 1 for made, stood in enumerate(tries)] == [True] * 4
    assert tries[-1] == 4
    spent = max(sum(told.values()) for told in reserved)
    assert rows("SELECT sum(cost_usd) AS usd FROM generations") == [{"usd": spent}]
    assert spent <= budget < spent + min(a_try.values())


def test_an_unreachable_model_leaves_the_variant_to_be_drafted_later(make_studio, prepared, customers):
    away = answered(None, outcome="unavailable", detail="The model did not answer; check OPENAI_BASE_URL.", tries=4)
    studio = make_studio(lambda ask: away)
    campaign = prepared(studio)
    summary = draft(studio, customers, campaign, by="mo")
    assert (summary.drafted, summary.blocked, len(summary.waiting)) == (0, 0, 3)
    studio.writer.reply = lambda ask: answered(message(TRUE))
    assert draft(studio, customers, campaign, by="mo").drafted == 3


@pytest.mark.parametrize("outcome", ["refused", "truncated", "filtered", "malformed"])
def test_a_model_that_will_not_write_blocks_by_name(make_studio, prepared, customers, outcome):
    studio = make_studio(lambda ask: answered(None, outcome=outcome, detail=f"The model {outcome}."))
    summary = draft(studio, customers, prepared(studio), by="mo")
    assert [(row["code"], row["reason"]) for row in summary.variants] == [(outcome, f"The model {outcome}.")] * 3


def test_variants_cannot_be_changed_or_taken_back(make_studio, prepared, customers, database):
    import psycopg

    studio = make_studio(lambda ask: answered(message(TRUE)))
    draft(studio, customers, prepared(studio), by="mo")
    for statement in ("UPDATE variants SET status = 'drafted'", "DELETE FROM variant_sentences", "TRUNCATE variants"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), database.transaction(customers) as connection:
            connection.execute(statement)


@pytest.mark.parametrize(
    ("unit", "units"),
    [("segment", {"prospect"}), ("account", {"A-1"}), ("person", {"1", "2", "3"}),
     ("persona", {"workplace", "leadership", "at home"})],
)  # fmt: skip
def test_each_kind_of_unit_finds_its_people(make_studio, prepared, customers, unit, units):
    brief = BRIEF.model_copy(update={"audience": BRIEF.audience.model_copy(update={"unit": unit})})
    studio = make_studio(lambda ask: answered(message(TRUE)))
    summary = draft(studio, customers, prepared(studio, brief), by="mo")
    assert {row["unit_id"] for row in summary.variants} == units
    words = str([ask.messages for ask in studio.writer.asked])
    assert not any(name in words for name in ("ada@", "Ada", "Bob", "Cleo", "Blue Harbour", "A-1"))


def test_what_cannot_be_drafted_says_why(make_studio, prepared, customers, snapshot):
    studio = make_studio(lambda ask: answered(message(TRUE)), found=())
    with pytest.raises(Refusal, match="Fewer than 3 approved passages"):
        prepared(studio)
    with pytest.raises(Refusal, match="no tenant nobody"):
        open_campaign(studio, "nobody", BRIEF, by="mo")
    with pytest.raises(Refusal, match="no campaign nothing"):
        draft(studio, customers, "nothing", by="mo")
    studio = make_studio(lambda ask: answered(message(TRUE)))
    for only, sentence in (
        (("champions", "prospct"), r"names prospct; the segments are: .*prospect"),
        (("champions",), "Nobody is in champions today"),
    ):
        narrow = BRIEF.audience.model_copy(update={"only": only})
        with pytest.raises(Refusal, match=sentence):
            prepared(studio, BRIEF.model_copy(update={"audience": narrow}))


def test_tenants_do_not_see_each_others_copy(make_studio, prepared, customers, database):
    from pipelines.tenants.run import create_tenant

    studio = make_studio(lambda ask: answered(message(TRUE)))
    campaign = prepared(studio)
    draft(studio, customers, campaign, by="mo")
    other = create_tenant(database, f"{customers}-other").tenant_id
    assert drafted(studio, other, campaign) == []
    with pytest.raises(Refusal, match="no campaign"):
        draft(studio, other, campaign, by="mo")


def test_history_is_what_became_of_each_variant_as_far_as_is_known_now(make_studio, prepared, customers, database):
    studio = make_studio(lambda ask: answered(message(TRUE)))
    variants = draft(studio, customers, prepared(studio), by="mo").variants
    moments = [(NOW - timedelta(days=2), 3), (NOW - timedelta(days=1), 8), (NOW + timedelta(days=1), 90)]
    with database.transaction(customers) as connection:
        for moment, engaged in moments:
            connection.execute(
                "INSERT INTO variant_outcomes VALUES (current_setting('liftline.tenant'), %s, 1, %s, 100, %s)",
                (variants[0]["variant_id"], moment, engaged),
            )
        known = history(connection, NOW)
    assert [(row["strategy"], row["reached"], row["engaged"]) for row in known] == [(variants[0]["strategy"], 100, 8)]


def test_a_brief_is_about_a_topic_of_the_policy(make_studio, tenant):
    studio = make_studio(lambda ask: answered(message(TRUE)))
    with pytest.raises(Refusal, match=r"topic: 'product_update' is none .*did you mean product_updates"):
        open_campaign(studio, tenant, BRIEF.model_copy(update={"topic": "product_update"}), by="mo")
    assert open_campaign(studio, tenant, BRIEF.model_copy(update={"topic": "product_updates"}), by="mo").campaign_id


def test_a_brief_that_the_brand_cannot_carry_is_refused_before_a_call_is_paid(make_studio, customers, snapshot):
    writer = ScriptedWriter(lambda ask: answered(message(TRUE)))
    studio = make_studio(writer)
    foreign = {"call_to_action": CallToAction(text="Look", link="https://evil.example/x")}
    french = {"knowledge": Knowledge(locale="fr")}
    for wrong, told in (
        (foreign, r"call_to_action\.link leads to evil\.example.*lindhaven\.example.*allowed_hosts"),
        (french, r"knowledge\.locale is fr.*has words in en, de"),
    ):
        with pytest.raises(Refusal, match=told):
            open_campaign(studio, customers, BRIEF.model_copy(update=wrong), by="mo")
    # Neither a push nor a task says anything in the brand's own words.
    assert open_campaign(studio, customers, BRIEF.model_copy(update={**french, "channel": "push"}), by="mo")
    opened = open_campaign(studio, customers, BRIEF, by="mo")
    retrieve(studio, customers, opened.campaign_id, snapshot(customers, opened))
    brand = studio.brand_of(customers)
    moved = replace(studio, brand_of=lambda tenant: brand.model_copy(update={"allowed_hosts": ("new.example",)}))
    with pytest.raises(Refusal, match=r"leads to www\.lindhaven\.example"):
        draft(moved, customers, opened.campaign_id, by="mo")
    assert writer.asked == []
    assert len(draft(studio, customers, opened.campaign_id, by="mo").variants) == 3
    # What is drafted already needs nothing of the brand.
    assert draft(moved, customers, opened.campaign_id, by="mo").unchanged == 3
