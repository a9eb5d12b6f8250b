"""Screening a campaign: every variant, once, logged with its decision, closed to whatever could not be judged."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from pipelines.contracts import Refusal
from pipelines.safety import store
from pipelines.safety.checkpoint import policy_version
from pipelines.safety.ports import Evidence
from pipelines.safety.run import require_coverage, screen_campaign, screen_variants, screened
from pipelines.safety.screening_runs import Undecided
from pipelines.tenants.run import create_tenant
from tests.safety.checks.mails import WORDS
from tests.safety.keeping.conftest import MarkedScreen

HARM = {"fine": "", "doubtful": "We saw nudes.", "vile": "They are vermin."}


def run(house, campaign="spring"):
    return screen_campaign(house.checkpoint, house.tenant, campaign)


def test_every_variant_is_decided_logged_and_counted(house):
    house.campaign(**HARM)
    house.write("old", "They are vermin.", status="blocked")
    summary = run(house)
    counts = (summary.variants, summary.screened, summary.passed, summary.reviewed, summary.blocked)
    assert counts == (3, 3, 1, 1, 1)
    assert (summary.unscreened, summary.undecided, summary.cleared, summary.screened_now) == (0, 0, 1, 3)
    require_coverage(summary)
    assert len(house.checkpoint.screen.asked) == 1
    by_variant = {row["variant_id"]: row for row in screened(house.checkpoint, house.tenant, "spring")}
    vile = by_variant["spring-vile"]
    assert (vile["decision"], vile["category"], vile["severity"]) == ("block", "Hate", 4)
    assert "Hate has severity 4" in vile["reason"]
    entries = house.ledger("screen")
    assert {entry["object"] for entry in entries} == {f"variant spring-{name} version 1" for name in HARM}
    for entry in entries:
        row = by_variant[entry["object"].split()[1]]
        told = (entry["decision"], entry["reason"], entry["content_hash"], entry["policy_version"])
        assert told == (row["decision"], row["reason"], row["content_hash"], row["policy_version"])
        assert entry["actor"] == "screen offline marks-1"
        assert '"review_at": 2' in entry["thresholds"]
        assert '"Hate": ' in entry["severities"]
        assert (entry["campaign_id"], entry["confidence"], entry["execution_status"]) == ("spring", 0.7, "done")
    assert '"code": "Hate"' in next(entry["guardrails"] for entry in entries if entry["decision"] == "block")
    (waiting,) = house.ask("SELECT * FROM escalations")
    assert (waiting["object"], waiting["code"]) == (by_variant["spring-doubtful"]["content_hash"], "Sexual")
    assert (waiting["priority"], waiting["due_at"] - waiting["opened_at"]) == (2, timedelta(hours=8))


def test_a_second_run_screens_nothing_and_changes_no_row(house):
    house.campaign(**HARM)
    run(house)
    before, asked = house.rows(), len(house.checkpoint.screen.asked)
    summary = run(house)
    assert summary.screened_now == 0
    assert house.rows() == before
    assert len(house.checkpoint.screen.asked) == asked


def test_our_own_checks_decide_as_the_screen_does(house):
    house.campaign()
    house.write("bare", html="<p>Hello {{contact.first_name|there}}</p>", body="Hello")
    house.write("shy", "Just do it!!!", subject="A note for you!!!")
    summary = run(house)
    rows = {row["variant_id"]: row for row in screened(house.checkpoint, house.tenant, "spring")}
    assert rows["spring-bare"]["decision"] == "block"
    assert rows["spring-bare"]["category"] is None
    assert {one["check"] for one in rows["spring-bare"]["findings"]} >= {"unsubscribe", "postal_address"}
    assert rows["spring-shy"]["decision"] in ("review", "block")
    assert summary.passed == 0


@pytest.mark.parametrize("fails", [ConnectionError("away"), TimeoutError("late"), MemoryError()])
def test_a_screen_that_fails_blocks_everything_and_is_asked_again(house, fails):
    house.campaign(**HARM)
    house.checkpoint.screen.fails = fails
    summary = run(house)
    assert (summary.blocked, summary.undecided, summary.unscreened) == (3, 3, 0)
    assert {entry["execution_status"] for entry in house.ledger("screen")} == {"undecided"}
    with pytest.raises(Undecided, match="3 of 3 variants"):
        require_coverage(summary)
    house.checkpoint.screen.fails = None
    assert run(house).undecided == 0
    assert sorted(house.decisions().values()) == ["block", "pass", "review"]
    told = [(entry["decision"], entry["execution_status"]) for entry in house.ledger("screen")]
    assert told[:3] == [("block", "undecided")] * 3
    assert sorted(told[3:]) == [("block", "done"), ("pass", "done"), ("review", "done")]


def test_half_an_answer_and_an_unsure_one_are_undecided(house):
    house.campaign(fine="", unsure="The fogbound coast.")
    house.checkpoint.screen.screen = lambda texts: []
    assert run(house).undecided == 2
    del house.checkpoint.screen.screen
    summary = run(house)
    assert (summary.passed, summary.undecided) == (1, 1)
    (row,) = [row for row in screened(house.checkpoint, house.tenant, "spring") if row["undecided"]]
    assert "could not judge Violence" in row["reason"]
    assert house.ask("SELECT severities FROM screenings WHERE undecided") == [
        {"severities": {"Hate": 0, "SelfHarm": 0, "Sexual": 0, "Violence": None}}
    ]


def test_a_check_that_breaks_blocks_and_counts_as_undecided(house, monkeypatch):
    from pipelines.safety import registry

    def broken(context, rules):
        raise KeyError("gone")

    house.campaign(fine="")
    monkeypatch.setattr(registry, "CHECKS", (("broken", broken),))
    monkeypatch.setattr(registry.examine, "__defaults__", ((("broken", broken),),))
    assert run(house).undecided == 1
    monkeypatch.undo()
    assert run(house).passed == 1


@pytest.mark.parametrize("what", ["policy", "rules", "brand", "screen", "weights"])
def test_anything_that_a_verdict_rests_on_demands_a_new_one(house, what):
    house.campaign(fine="")
    first = run(house)
    point = house.checkpoint
    other = MarkedScreen()
    other.version = "marks-2"
    named = MarkedScreen()
    named.name = "azure"
    changed = house.at(**{
        "policy": {"policy": point.policy.model_copy(update={"blocklist_hit": "review"})},
        "rules": {"rules": replace(point.rules, version="other")},
        "brand": {"brand_of": lambda tenant: replace(point.brand_of(tenant), allowed_hosts=("www.lindhaven.example",))},
        "screen": {"screen": named},
        "weights": {"screen": other},
    }[what])  # fmt: skip
    assert policy_version(changed.checkpoint, house.tenant) != first.policy_version
    second = run(changed)
    assert (second.screened_now, second.screened, len(house.ledger("screen"))) == (1, 1, 2)
    assert [entry["policy_version"] for entry in house.ledger("policy")] == [
        first.policy_version,
        second.policy_version,
    ]
    # The older verdict is kept, and counts no more.
    assert len(house.ask("SELECT 1 FROM screenings")) == 2
    coverage = house.ask("SELECT * FROM screening_coverage('spring')")
    assert coverage[0]["policy_version"] == second.policy_version


def test_what_was_screened_before_an_edit_does_not_cover_it(house):
    house.campaign(fine="", doubtful="We saw nudes.")
    run(house)
    house.write("doubtful", "We saw blankets.", version=2, maker="rita")
    coverage = house.ask("SELECT * FROM screening_coverage('spring')")[0]
    assert (coverage["variants"], coverage["screened"], coverage["unscreened"]) == (2, 1, 1)
    (row,) = screen_variants(house.checkpoint, house.tenant, ["spring-doubtful"])
    assert (row["version"], row["decision"]) == (2, "pass")
    assert [entry["object"] for entry in house.ledger("screen")][-1] == "variant spring-doubtful version 2"
    # Nobody needs to answer for the text that is gone.
    assert [row["settlement"] for row in house.ask("SELECT settlement FROM escalations")] == ["void"]
    assert [entry["decision"] for entry in house.ledger("escalation")] == ["void"]


def test_the_same_text_in_another_campaign_is_screened_once_and_told_in_both(house):
    house.campaign("spring", doubtful="We saw nudes.")
    run(house)
    house.campaign("autumn", doubtful="We saw nudes.")
    asked = len(house.checkpoint.screen.asked)
    assert run(house, "autumn").reviewed == 1
    assert len(house.checkpoint.screen.asked) == asked
    assert [(entry["campaign_id"], entry["execution_status"]) for entry in house.ledger("screen")] == [
        ("spring", "done"), ("autumn", "known"),
    ]  # fmt: skip
    assert {row["campaign_id"] for row in house.ask("SELECT campaign_id FROM escalations")} == {"spring", "autumn"}
    before = house.rows()
    run(house, "autumn")
    assert house.rows() == before


def test_a_decision_that_cannot_be_logged_is_not_taken(house, monkeypatch):
    house.campaign(**HARM)
    monkeypatch.setattr(store, "log_screenings", lambda connection, *_: connection.execute(
        "SELECT append_audit(audit_entry(actor => '', actor_kind => 'system', action => 'screen', decision => 'pass'))"
    ))  # fmt: skip
    with pytest.raises(psycopg.Error, match="names no actor"):
        run(house)
    assert house.decisions() == {}
    assert house.ask("SELECT 1 FROM escalations") == []
    assert house.ask("SELECT * FROM screening_coverage('spring')")[0]["unscreened"] == 3
    monkeypatch.undo()
    assert run(house).screened == 3


def test_a_connection_that_dies_before_the_end_leaves_nothing(house, monkeypatch):
    house.campaign(**HARM)
    kept = store.keep_screened_variants

    def killed(connection, which, judge):
        kept(connection, which, judge)
        with house.checkpoint.database.administer() as other:
            other.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
        return kept(connection, which, judge)

    monkeypatch.setattr(store, "keep_screened_variants", killed)
    with pytest.raises(psycopg.OperationalError):
        run(house)
    monkeypatch.undo()
    assert house.decisions() == {}
    assert house.ledger("screen") == []
    assert run(house).screened == 3


def test_screenings_at_once_decide_each_text_once(house):
    house.campaign(**{f"v{n}": f"Line {n}." for n in range(40)}, **HARM)
    with ThreadPoolExecutor(4) as crowd:
        summaries = list(crowd.map(lambda _: run(house), range(4)))
    assert {summary.screened for summary in summaries} == {43}
    entries = house.ledger("screen")
    assert len(entries) == len({entry["object"] for entry in entries}) == 43
    assert len(house.ledger("policy")) == 1
    assert len(house.ask("SELECT 1 FROM escalations")) == 1


def test_a_variant_written_meanwhile_is_missed_and_the_campaign_may_not_go_on(house):
    house.campaign(fine="")
    house.checkpoint.screen.before = lambda: house.write("late", "One more line.")
    summary = run(house)
    assert (summary.variants, summary.screened, summary.unscreened) == (2, 1, 1)
    with pytest.raises(Refusal, match="1 of 2 variants"):
        require_coverage(summary)


def test_what_is_not_covered_may_not_go_on(house):
    house.campaign(fine="")
    summary = run(house)
    with pytest.raises(Refusal, match="1 of 1 variants of campaign spring were not screened"):
        require_coverage(replace(summary, unscreened=1, screened=0, passed=0))
    house.campaign("empty")
    with pytest.raises(Refusal, match="no drafted variant"):
        require_coverage(run(house, "empty"))
    for tenant, campaign, sentence in ((house.tenant, "winter", "no campaign winter"), ("nobody", "x", "no tenant")):
        with pytest.raises(Refusal, match=sentence):
            screen_campaign(house.checkpoint, tenant, campaign)


PASSAGE = """
WITH document AS (
    INSERT INTO documents (tenant_id, document_id, version, content_hash, metadata_hash, title, kind, path, source,
        owner, audience, locale, indexed_at)
    VALUES (current_setting('liftline.tenant'), 'd', 1, '', '', '', 'prose', '', '', '', '{}', 'en', now())
)
INSERT INTO passages (tenant_id, passage_id, number, retired_at, approved_at, expires_at, approved_by, locale, audience,
    embedding, embedding_model, embedded_hash, document_id, version, title, heading, text, kind, source, indexed_at)
VALUES (current_setting('liftline.tenant'), 'p', 1, %(retired)s, %(approved)s, %(expires)s, %(by)s, 'en', '{}', '[1]',
    '', '', 'd', 1, '', '', '', 'prose', '', now())
"""
TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("changes", "decision"),
    [
        ({}, "pass"),
        ({"expires": TODAY}, "pass"),
        ({"expires": TODAY - timedelta(days=1)}, "block"),
        ({"retired": datetime(2026, 11, 1, tzinfo=UTC)}, "block"),
        ({"by": None}, "block"),
        ({"approved": TODAY + timedelta(days=1)}, "block"),
    ],
)
def test_what_it_cites_must_still_be_citable(house, changes, decision):
    house.campaign()
    told = {"retired": None, "approved": date(2026, 1, 1), "expires": None, "by": "olga"} | changes
    house.ask(PASSAGE, told)
    house.write("citing", cited=["p"])
    run(house)
    (row,) = house.ask("SELECT decision, findings, valid_until FROM screenings")
    assert row["decision"] == decision
    assert ("citation_withdrawn" in {one["code"] for one in row["findings"]}) == (decision == "block")
    expires = told["expires"]
    assert row["valid_until"] == (
        datetime(expires.year, expires.month, expires.day, tzinfo=UTC) + timedelta(days=1) if expires else None
    )
    house.ask(
        "UPDATE passages SET retired_at = NULL, expires_at = NULL, approved_by = 'olga', approved_at = '2026-01-01'"
    )
    summary = run(house)
    assert (summary.passed, summary.undecided) == (1, 0)
    require_coverage(summary)


@pytest.mark.parametrize(
    ("says", "decision", "code"),
    [
        (None, "pass", None),
        (Evidence(False), "pass", None),
        (Evidence(True, ("ungrounded",)), "review", "ungrounded"),
        (Evidence(None, ("azure_timeout",)), "block", "undecided"),
    ],
)
def test_a_screen_that_can_holds_what_is_stated_against_what_it_cites(house, says, decision, code):
    house.campaign()
    house.ask(PASSAGE, {"retired": None, "approved": date(2026, 1, 1), "expires": None, "by": "olga"})
    house.write("citing", cited=["p"])
    house.write("greeting", "Hello.")
    asked = []
    house.checkpoint.screen.ungrounded = lambda claims: asked.extend(claims) or (says and [says] * len(claims))
    run(house)
    assert [(claim.text, claim.sources) for claim in asked] == [(WORDS, ("",))]
    by_screen = {row["decision"]: row["findings"] for row in house.ask("SELECT decision, findings FROM screenings")}
    assert set(by_screen) == {"pass", decision}
    assert [one["code"] for one in by_screen[decision]] == ([code] if code else [])


def test_readers_who_speak_something_else_are_noticed(house):
    house.campaign(fine="")
    for statement in (
        "INSERT INTO segment_members VALUES (current_setting('liftline.tenant'), 's', '1', 'spring-fine', '')",
        "INSERT INTO customers (tenant_id, customer_id, locale, source_seq, source_line, changed_seq) "
        "VALUES (current_setting('liftline.tenant'), '1', 'fr-FR', 1, 1, 1)",
    ):
        house.ask(statement)
    run(house)
    (row,) = house.ask("SELECT decision, findings FROM screenings")
    assert row["decision"] == "review"
    assert [one["code"] for one in row["findings"]] == ["locale_mismatch"]


def test_tenants_are_apart(house):
    house.campaign(fine="")
    run(house)
    other = type(house)(house.checkpoint, create_tenant(house.checkpoint.database, f"{house.tenant}-b").tenant_id)
    with pytest.raises(Refusal, match="no campaign spring"):
        run(other)
    assert screen_variants(other.checkpoint, other.tenant, ["spring-fine"]) == []
    other.campaign(fine="")
    assert run(other).screened_now == 1
