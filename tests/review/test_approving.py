"""Approval on the real database: bound to the content, by named people who did not make it, in order and in time."""

import threading
import time
from dataclasses import replace
from datetime import date
from decimal import Decimal

import psycopg
import pytest
from psycopg.types.json import Jsonb

from pipelines.contracts import Refusal
from pipelines.review.run import (
    approve,
    ask_for_approval,
    decide_variants,
    grant,
    reject,
    revoke,
    standing,
    waiting,
)
from pipelines.tenants.run import create_tenant


def ask(stage, by="mo"):
    return ask_for_approval(stage.board, stage.tenant, stage.campaign, by=by)


def yes(stage, by, **more):
    return approve(stage.board, stage.tenant, stage.campaign, by=by, **more)


def no(stage, by, comment="not like this", **more):
    return reject(stage.board, stage.tenant, stage.campaign, by=by, comment=comment, **more)


def now(stage):
    return standing(stage.board, stage.tenant, stage.campaign)


def test_two_people_say_yes_to_exactly_this_and_then_it_may_be_sent(stage):
    asked = ask(stage)
    assert (asked.state, asked.needs, asked.waits_for) == ("open", ("marketing", "quality"), "marketing")
    assert (ask(stage, by="nina").approved_hash, ask(stage, by="nina").asked_by) == (asked.approved_hash, "mo")
    assert not stage.sendable()
    assert yes(stage, "rita", comment="good").waits_for == "quality"
    assert not stage.sendable()
    done = yes(stage, "carla", via="console", seen=asked.approved_hash)
    assert (done.state, done.final) == ("approved", True)
    assert [(one.stage, one.role, one.by, one.via) for one in done.answers] == [
        ("marketing", "reviewer", "rita", "cli"), ("quality", "compliance", "carla", "console"),
    ]  # fmt: skip
    assert stage.sendable()
    assert ask(stage).state == "approved"
    assert stage.audit() == [
        ("approval.ask", "asked", "mo"), ("approval.approve", "approved", "rita"),
        ("approval.approve", "approved", "carla"),
    ]  # fmt: skip
    assert stage.told == [stage.tenant]
    assert [row["settlement"] for row in stage.sql("SELECT * FROM escalations")] == ["approved"]


def test_the_same_answer_twice_is_one_row_and_no_error(stage):
    ask(stage)
    first = yes(stage, "rita")
    assert yes(stage, " Rita ").answers == first.answers
    assert len(stage.audit()) == 2
    yes(stage, "quentin")
    assert yes(stage, "quentin").state == "approved"
    no(stage, "carla", "the price is wrong")
    assert no(stage, "carla", "again").sentence == "Rejected by carla (quality): the price is wrong"
    assert not stage.sendable()


def rebrief(stage, name, value):
    stage.sql("UPDATE campaigns SET brief = brief || %(new)s", new=Jsonb({name: value}))


CHANGES = {
    "a new version": lambda stage: stage.write("v-loyal", "loyal", by="eve"),
    "a new variant": lambda stage: stage.write("v-third", "new"),
    "a version that is blocked": lambda stage: stage.write("v-more", "new", status="blocked"),
    "a rejected variant": lambda stage: decide_variants(
        stage.board, stage.tenant, ["v-more"], "reject", by="rita", comment="dull"
    ),
    "the policy in force": lambda stage: (stage.put_in_force("policy-2"), stage.screen_all()),
    "who may be written to": lambda stage: stage.decide_eligibility(digest="other"),
    "how many": lambda stage: stage.decide_eligibility(included=19),
    "the snapshot": lambda stage: stage.sql("UPDATE audience_units SET snapshot_id = 'snap-2' WHERE unit_id = 'new'"),
    "the offer": lambda stage: rebrief(stage, "offer", {"code": "X"}),
    "what it may cost": lambda stage: rebrief(stage, "budget_usd", "9"),
    "the channel": lambda stage: stage.sql("UPDATE campaigns SET channel = 'sms'"),
    "the brief": lambda stage: stage.sql("UPDATE campaigns SET brief_hash = 'b2'"),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_changes_makes_the_approval_void(stage, what):
    stage.write("v-more", "new")
    before = ask(stage)
    yes(stage, "rita")
    yes(stage, "quentin")
    assert stage.sendable()
    CHANGES[what](stage)
    assert not stage.sendable()
    assert now(stage).state == "void"
    assert ("approval.settle", "void", "liftline") in stage.audit()
    for answer in (yes, no):
        with pytest.raises(Refusal, match="changed since"):
            answer(stage, "mona")
    again = ask(stage)
    assert again.approved_hash != before.approved_hash
    assert (again.state, again.answers) == ("open", ())


def test_what_comes_back_is_asked_anew_and_old_answers_count_no_more(stage):
    first = ask(stage)
    yes(stage, "rita")
    stage.put_in_force("policy-2")
    assert now(stage).state == "void"
    with pytest.raises(Refusal, match="2 of its 2 variants are not screened"):
        ask(stage)
    stage.put_in_force("policy-1")
    again = ask(stage, by="nina")
    assert (again.approved_hash, again.answers, again.asked_by) == (first.approved_hash, (), "nina")
    yes(stage, "rita")
    assert yes(stage, "carla").state == "approved"


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (lambda s: s.write("v-new", "new", screened=None), "1 of its 2 variants are not screened"),
        (lambda s: s.write("v-new", "new", screened="block"), "no cleared and unrejected variant is left for new"),
        (lambda s: s.write("v-new", "new", screened="review"), "is left for new"),
        (lambda s: s.write("v-new", "new", status="blocked"), "is left for new"),
        (
            lambda s: decide_variants(s.board, s.tenant, ["v-new", "v-loyal"], "reject", by="carla", comment="no"),
            "is left for loyal, new",
        ),
        (lambda s: s.sql("UPDATE campaigns SET status = 'cancelled'"), "it is cancelled"),
        (lambda s: s.put_in_force("policy-2"), "2 of its 2 variants"),
    ],
)
def test_what_is_not_whole_cannot_be_asked_about(stage, break_it, words):
    break_it(stage)
    with pytest.raises(Refusal, match=words):
        ask(stage)
    assert now(stage).state == "unasked"
    with pytest.raises(Refusal, match="Nobody has asked"):
        yes(stage, "rita")


def test_nobody_is_asked_about_an_offer_that_ended_and_nobody_approves_it(make_stage, tenant):
    stage = make_stage(tenant)
    stage.enter(offer={"text": "Free delivery", "ends": "2026-11-20"})
    stage.staff()
    later = replace(stage.board, today=lambda: date(2026, 11, 21))
    with pytest.raises(Refusal, match="The offer ended on 2026-11-20. Write a brief with a later day"):
        ask_for_approval(later, tenant, stage.campaign, by="mo")
    ask_for_approval(stage.board, tenant, stage.campaign, by="mo")
    approve(stage.board, tenant, stage.campaign, by="rita")
    with pytest.raises(Refusal, match="cannot be approved any more. The offer ended"):
        approve(later, tenant, stage.campaign, by="quentin")
    reject(later, tenant, stage.campaign, by="quentin", comment="too late")


def test_without_copy_or_a_decision_on_the_audience_nothing_is_asked(make_stage, tenant):
    stage = make_stage(tenant)
    with pytest.raises(Refusal, match="no campaign winter-1"):
        ask(stage)
    stage.enter(units=())
    with pytest.raises(Refusal, match="no drafted variant"):
        ask(stage)
    stage.campaign, stage.decide_eligibility = "winter-2", lambda: None
    stage.enter(units=("a",))
    with pytest.raises(Refusal, match="who of its audience"):
        ask(stage)


@pytest.mark.parametrize(
    ("by", "words"),
    [
        ("mo", "had a hand"),
        (" MO ", "had a hand"),
        ("eve", "had a hand"),
        ("nina", "had a hand"),
        ("nobody", "no role"),
        ("quentin", "waits for the yes of marketing"),
        ("", "name of the person"),
    ],
)
def test_who_may_not_answer_is_refused_and_that_is_logged(stage, by, words):
    stage.write("v-new", "new", by="eve")
    for maker in ("mo", "eve", "nina"):
        grant(stage.board.database, stage.tenant, maker, "reviewer", by="root", at_machine=True)
    ask(stage, by="nina")
    with pytest.raises(Refusal, match=words):
        yes(stage, by)
    assert stage.audit()[-1] == ("approval.approve", "refused", by.strip() or "nobody")
    assert now(stage).answers == ()


def test_one_person_fills_one_stage_whatever_their_roles(stage):
    grant(stage.board.database, stage.tenant, "rita", "qa", by="root", at_machine=True)
    ask(stage)
    assert yes(stage, "rita").waits_for == "quality"
    assert yes(stage, "rita").waits_for == "quality"
    assert not stage.sendable()
    assert yes(stage, "quentin").state == "approved"


def test_a_role_that_was_taken_away_decides_nothing(stage):
    ask(stage)
    revoke(stage.board.database, stage.tenant, "rita", "reviewer", by="root", at_machine=True)
    with pytest.raises(Refusal, match="no role"):
        yes(stage, "rita")


@pytest.mark.parametrize(
    ("offer", "needs", "percent"),
    [
        ("Ten percent: 10 % off", ("marketing", "quality"), 10),
        ("15 % off", ("marketing", "quality", "manager"), 15),
        ("25% off everything", ("marketing", "quality", "manager"), 25),
        ("25.5 percent off", ("marketing", "quality", "director"), Decimal("25.5")),
        ("10 EUR off", ("marketing", "quality", "manager"), None),
        ("Half price until Sunday", ("marketing", "quality", "director"), 50),
        ("Engraving free of charge", ("marketing", "quality"), None),
    ],
)
def test_money_asks_for_more_people(make_stage, tenant, offer, needs, percent):
    stage = make_stage(tenant)
    stage.enter(offer={"text": offer})
    stage.staff()
    assert ask(stage).needs == needs
    assert stage.sql("SELECT discount_percent FROM approval_requests")[0]["discount_percent"] == percent
    yes(stage, "rita")
    yes(stage, "quentin")
    assert stage.sendable() is (len(needs) == 2)
    if len(needs) == 3:
        if needs[-1] == "director":
            with pytest.raises(Refusal, match="waits for the yes of a director"):
                yes(stage, "mona")
        assert yes(stage, "dirk").state == "approved"


def test_a_discount_that_only_the_copy_states_counts_too(stage):
    stage.write("v-new", "new", text="Only today: save 30 % on throws of 100 % wool.")
    assert ask(stage).needs[-1] == "director"


def test_silence_is_no_approval(make_stage, tenant, tmp_path):
    policies = tmp_path / "policies"
    policies.mkdir()
    (policies / "approval.yaml").write_text(
        "answer_within_hours: 0.0002\nmanager_from_percent: 15\ndirector_above_percent: 25\namount_off_needs: manager\n"
    )
    stage = make_stage(tenant, policies)
    stage.enter()
    stage.staff()
    first = ask(stage)
    yes(stage, "rita")
    time.sleep(0.8)
    with pytest.raises(Refusal, match="silence is no approval"):
        yes(stage, "quentin")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="expired"):
        stage.sql(RAW, by="quentin", stage="quality", role="qa", hash=first.approved_hash)
    late = now(stage)
    assert (late.state, late.final) == ("expired", True)
    assert [row["settlement"] for row in stage.sql("SELECT settlement FROM escalations")] == ["expired"]
    again = ask(stage)
    assert (again.state, again.waits_for, again.approved_hash) == ("open", "marketing", first.approved_hash)


def test_a_rejection_says_why_and_stands(stage):
    ask(stage)
    with pytest.raises(Refusal, match="needs a comment"):
        no(stage, "rita", "  ")
    done = no(stage, "quentin", "The subject promises too much.")
    assert (done.state, done.final) == ("rejected", True)
    with pytest.raises(Refusal, match="takes no answer: Rejected by quentin"):
        yes(stage, "rita")
    with pytest.raises(Refusal, match=r"was not changed since. Rejected by quentin"):
        ask(stage)
    stage.write("v-new", "new")
    assert ask(stage).state == "open"


def test_what_somebody_did_not_see_they_cannot_approve(stage):
    seen = ask(stage).approved_hash
    stage.write("v-new", "new")
    ask(stage)
    with pytest.raises(Refusal, match="changed since you looked"):
        yes(stage, "rita", seen=seen)


RAW = (
    "INSERT INTO approvals (tenant_id, campaign_id, approved_hash, round, stage, role, decided_by, decision, comment, "
    "decided_at, via) VALUES (current_setting('liftline.tenant'), 'winter-1', %(hash)s, 9, %(stage)s, %(role)s, "
    "%(by)s, 'approve', '', '2000-01-01', 'api')"
)


@pytest.mark.parametrize(
    ("statement", "values", "words"),
    [
        (RAW, {"by": "mo"}, "had a hand"),
        (RAW, {"by": " Eve"}, "had a hand"),
        (RAW, {"by": "quentin", "stage": "quality", "role": "qa"}, "not the one that waits"),
        (RAW, {"by": "quentin"}, "may not decide"),
        (RAW, {"by": "quentin", "role": "qa"}, "may not decide"),
        (RAW, {"by": "dirk", "stage": "director", "role": "director"}, "may not decide"),
        (RAW, {"by": "rita", "hash": "0" * 64}, "Nobody asked"),
        ("UPDATE approval_requests SET state = 'approved'", {}, "cannot become approved"),
        ("UPDATE approval_requests SET state = 'rejected'", {}, "cannot become rejected"),
        ("UPDATE approval_requests SET state = 'expired'", {}, "cannot become expired"),
        ("UPDATE approval_requests SET needs = '{marketing,quality,manager}'", {}, "asked anew"),
        ("UPDATE approval_requests SET asked_by = 'x'", {}, "asked anew"),
        ("UPDATE approval_requests SET content = '{}'", {}, "permission denied"),
        ("UPDATE approval_requests SET due_at = now() + interval '9 days'", {}, "permission denied"),
        ("DELETE FROM approval_requests", {}, "permission denied"),
        ("UPDATE approvals SET decided_by = 'rita'", {}, "permission denied"),
        ("DELETE FROM approvals", {}, "permission denied"),
        ("TRUNCATE approvals", {}, "permission denied"),
        ("UPDATE ai_feedback SET rating = 5", {}, "permission denied"),
        ("UPDATE access_grants SET role = 'admin'", {}, "permission denied"),
        ("ALTER TABLE approvals DISABLE TRIGGER ALL", {}, "must be owner"),
    ],
)
def test_the_database_keeps_every_rule_by_itself(stage, statement, values, words):
    stage.write("v-new", "new", by="eve")
    asked = ask(stage)
    told = {"hash": asked.approved_hash, "stage": "marketing", "role": "reviewer"} | values
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match=words):
        stage.sql(statement, **(told if "%(" in statement else {}))


def test_in_the_database_a_moment_and_a_round_cannot_be_claimed(stage):
    asked = ask(stage)
    stage.sql(RAW, by="rita", stage="marketing", role="reviewer", hash=asked.approved_hash)
    (row,) = stage.sql("SELECT round, decided_at > now() - interval '1 minute' AS fresh FROM approvals")
    assert row == {"round": 1, "fresh": True}
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="one person fills one stage|may not decide"):
        stage.sql(RAW, by="Rita", stage="quality", role="reviewer", hash=asked.approved_hash)


@pytest.mark.parametrize("needs", ["{marketing}", "{quality,manager}", "{marketing,quality,friend}"])
def test_the_database_always_wants_two_stages(stage, needs):
    with pytest.raises((psycopg.errors.CheckViolation, psycopg.errors.InsufficientPrivilege)):
        stage.sql(ASK_RAW, needs=needs, percent=None)


@pytest.mark.parametrize(("percent", "needs"), [(15, "{marketing,quality}"), (26, "{marketing,quality,manager}")])
def test_the_database_wants_who_the_money_asks_for(stage, percent, needs):
    with pytest.raises(psycopg.errors.CheckViolation):
        stage.sql(ASK_RAW, needs=needs, percent=percent)


ASK_RAW = (
    "INSERT INTO approval_requests (tenant_id, campaign_id, approved_hash, content, needs, discount_percent, "
    "policy_version, asked_by, answer_within, asked_at, due_at) SELECT current_setting('liftline.tenant'), 'winter-1', "
    "approval_hash('winter-1'), approval_content('winter-1'), %(needs)s, %(percent)s, 'p', 'mo', '1 hour', now(), now()"
)


def test_coverage_is_a_constraint(stage):
    asked = ask(stage)
    content = stage.write("v-new", "new", screened="block")
    insert = (
        "INSERT INTO approval_variants (tenant_id, campaign_id, approved_hash, variant_id, version, content_hash, "
        "policy_version) VALUES (current_setting('liftline.tenant'), 'winter-1', %(hash)s, 'v-more', 1, %(content)s, "
        "'policy-1')"
    )
    stage.write("v-more", "new", text="other", screened=None)
    for one in (content, "0" * 64):
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            stage.sql(insert, hash=asked.approved_hash, content=one)


def at_once(*jobs):
    """Runs them together; what each returned or raised."""
    ended, gate = [None] * len(jobs), threading.Barrier(len(jobs))

    def work(at, job):
        gate.wait()
        try:
            ended[at] = job()
        except Refusal as refusal:
            ended[at] = refusal

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


def test_two_who_answer_at_once_fill_one_stage(stage):
    ask(stage)
    ended = at_once(lambda: yes(stage, "rita"), lambda: yes(stage, "mona"), lambda: yes(stage, "rita"))
    found = now(stage)
    assert (found.state, found.waits_for, len(found.answers)) == ("open", "quality", 1)
    winner = found.answers[0].by
    assert sum(isinstance(one, Refusal) for one in ended) == (1 if winner == "rita" else 2)


def test_two_who_ask_at_once_ask_once(stage):
    first, second = at_once(lambda: ask(stage), lambda: ask(stage, by="nina"))
    assert (first.approved_hash, first.asked_at) == (second.approved_hash, second.asked_at)
    assert [action for action, _, _ in stage.audit()] == ["approval.ask"]


def test_an_edit_while_somebody_approves_is_never_sent_unseen(stage):
    for turn in range(6):
        ask(stage)
        yes(stage, "rita")
        at_once(lambda: yes(stage, "quentin"), lambda turn=turn: stage.write("v-new", "new", text=f"edit {turn}"))
        assert not stage.sendable()
        assert now(stage).state == "void"


def test_tenants_are_apart(stage, make_stage, tenant):
    other = make_stage(create_tenant(stage.board.database, f"{tenant}-b").tenant_id)
    other.enter()
    ask(stage)
    ask(other)
    with pytest.raises(Refusal, match="no role"):
        yes(other, "rita")
    yes(stage, "rita")
    yes(stage, "quentin")
    assert (stage.sendable(), other.sendable()) == (True, False)
    assert [row["state"] for row in waiting(other.board, other.tenant)] == ["open"]
    assert [row["state"] for row in waiting(stage.board, stage.tenant)] == ["approved"]


def test_the_queue_says_what_each_campaign_would_be_swept_to(stage):
    assert [(row["state"], row["waits_for"]) for row in waiting(stage.board, stage.tenant)] == [("unasked", None)]
    ask(stage)
    yes(stage, "rita")
    assert [(row["state"], row["waits_for"]) for row in waiting(stage.board, stage.tenant)] == [("open", "quality")]
    stage.write("v-new", "new")
    assert [(row["state"], row["waits_for"]) for row in waiting(stage.board, stage.tenant)] == [("void", None)]
