"""The pages of campaigns, review and the wizard as a browser asks for them: who may, what is refused, what is shown."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.contracts import Refusal
from pipelines.customers.run import Order, import_file
from pipelines.knowledge.run import index_folder
from pipelines.segmentation.run import run as segment
from tests.knowledge.shelf import about_the_throw

DATA = Path(__file__).parents[2] / "data"
BRIEF = {
    "name": "Winter warmth", "goal": "Sell Wool throws before the cold months", "tone": "warm and plain",
    "value_proposition": ["A throw that keeps two people warm on one sofa."], "channel": "email",
    "call_to_action": {"text": "See them", "link": "https://www.lindhaven.example/products/wool-throw"},
    "strategies": ["professional", "friendly", "direct"], "budget_usd": "5",
    "audience": {"unit": "segment", "scheme": "rfm", "only": ["champions", "loyal"]},
    "knowledge": {"query": "Wool throw, warmth, size, price, guarantee", "audience": ["consumer"], "passages": "20"},
}  # fmt: skip


@pytest.fixture
def maker(browser, desk, tenant, services, tmp_path):
    """An operator whose tenant has people, segments and approved content."""
    for kind in ("customers", "orders", "consents"):
        import_file(desk, Order(tenant, DATA / "samples" / f"{kind}.csv", kind, by="mark"))
    policies = services.settings.liftline_policies
    segment(
        services.database,
        tenant=tenant,
        scheme="rfm",
        policies=policies,
        clock=lambda: datetime(2026, 11, 20, tzinfo=UTC),
    )
    index_folder(services.library, tenant, about_the_throw(tmp_path / "knowledge"))
    return browser("operator")


@pytest.fixture
def launched(maker):
    """The campaign, prepared to its approval."""
    campaign_id = maker.post("/wizard/launch", json={"brief": BRIEF}).json()["campaign_id"]
    until = time.monotonic() + 60
    while "open" not in maker.get(f"/campaigns/{campaign_id}/mark").json()["mark"]:
        assert time.monotonic() < until, maker.get(f"/campaigns/{campaign_id}").text
        time.sleep(0.2)
    return campaign_id


def texts(database, tenant):
    """The newest version of each variant."""
    with database.transaction(tenant) as connection:
        query = "SELECT DISTINCT ON (variant_id) * FROM variants ORDER BY variant_id, version DESC"
        return connection.execute(query).fetchall()


def test_mistakes_are_told_with_their_fields_and_nothing_is_kept(maker, services, tenant):
    wrong = {**BRIEF, "goal": "", "strategies": ["friendly"], "offer": {"text": "Less", "ends": "2020-01-01"}}
    for way in ("check", "preview", "keep", "launch"):
        answer = maker.post(f"/wizard/{way}", json={"brief": wrong})
        assert answer.status_code == 422
        assert {one["field"] for one in answer.json()["errors"]} == {"goal", "strategies", "offer.ends"}
    assert "No campaign yet" in maker.get("/campaigns").text
    assert not (services.briefs / tenant).exists()


def test_the_wizard_foresees_the_audience_and_sketches_a_text(maker):
    audience = {"unit": "segment", "scheme": "rfm", "channel": "email", "only": ["champions"]}
    told = maker.post("/wizard/audience", json=audience).json()
    size = {one["unit_id"]: one["size"] for one in told["groups"]}["champions"]
    foreseen = told["foreseen"]
    assert foreseen["audience"] == size == foreseen["included"] + foreseen["review"] + foreseen["excluded"]
    assert sum(one["customers"] for one in foreseen["reasons"]) == foreseen["review"] + foreseen["excluded"]
    assert maker.post("/wizard/audience", json={**audience, "scheme": "rules"}).json() == {"snapshot": None}
    assert maker.post("/wizard/segments", json={"scheme": "rules"}).status_code == 204
    assert maker.post("/wizard/audience", json={**audience, "scheme": "rules", "only": []}).json()["groups"]
    sketched = maker.post("/wizard/preview", json={"brief": BRIEF, "unit": "loyal", "strategy": "direct"}).json()
    assert sketched["unit"] == "loyal"
    assert "Wool throw" in sketched["text"]
    assert any(one["passages"] for one in sketched["sentences"])


def test_a_kept_brief_is_found_again(maker):
    brief_id = maker.post("/wizard/keep", json={"brief": BRIEF}).json()["brief_id"]
    assert "champions" in maker.get(f"/wizard/briefs/{brief_id}").text
    assert "Sell Wool throws" in maker.get(f"/wizard?brief={brief_id}").text
    assert maker.get("/wizard?brief=000000000000000000000000").status_code == 404


def test_the_maker_begins_it_and_others_answer_for_it(launched, maker, browser, database, tenant, monkeypatch):
    with database.transaction(tenant) as connection:
        assert connection.execute("SELECT created_by FROM campaigns").fetchone()["created_by"] == maker.user
    page = maker.get(f"/campaigns/{launched}").text
    assert "The law there demands consent for this channel; none is recorded." in page
    reviewer, qa = browser("reviewer"), browser("qa")
    seen = page_hash(reviewer.get(f"/campaigns/{launched}").text)
    stale = {"decision": "approve", "seen": "0" * 64}
    assert "changed since you looked" in reviewer.post(f"/campaigns/{launched}/answer", json=stale).json()["detail"]
    assert reviewer.post(f"/campaigns/{launched}/answer", json={"decision": "approve", "seen": seen}).status_code == 204
    assert "You said yes for marketing. Another person" in reviewer.get(f"/campaigns/{launched}").text
    assert "Winter warmth" in qa.get("/").text.split("Campaigns</h2>")[0]
    no = {"decision": "reject", "seen": seen}
    assert "needs a comment" in qa.post(f"/campaigns/{launched}/answer", json=no).json()["detail"]
    told = {**no, "comment": "Too early in the year"}
    assert qa.post(f"/campaigns/{launched}/answer", json=told).status_code == 204
    assert "Too early in the year" in maker.get(f"/campaigns/{launched}").text

    def unreadable(*_):
        raise Refusal("The design of experiment e has mistakes: arms: Field required.")

    monkeypatch.setattr("liftline_console.pages.campaigns.find", unreadable)
    page = maker.get(f"/campaigns/{launched}").text
    assert "The design of experiment e has mistakes" in page
    assert "Too early in the year" in page


def test_what_two_people_approved_is_sent_from_its_page(launched, maker, browser):
    for person in (browser("reviewer"), browser("qa")):
        seen = page_hash(person.get(f"/campaigns/{launched}").text)
        answer = {"decision": "approve", "seen": seen}
        assert person.post(f"/campaigns/{launched}/answer", json=answer).status_code == 204
    assert "Nothing was sent yet." in maker.get(f"/deliveries/{launched}").text
    job = maker.post(f"/deliveries/{launched}/send").json()["job_id"]
    until = time.monotonic() + 60
    while (told := maker.get(f"/api/v1/jobs/{job}").json())["state"] in ("queued", "running"):
        assert time.monotonic() < until, told
        time.sleep(0.1)
    assert told["state"] == "done", told
    assert told["result"]["accepted"] + told["result"]["waiting"] > 0, told
    assert "No arm was assigned" not in maker.get(f"/deliveries/{launched}").text


def test_the_same_launch_is_one_run_and_what_ended_early_is_taken_up_again_on_purpose(browser, database, tenant):
    maker = browser("operator")
    first, twice = (maker.post("/wizard/launch", json={"brief": BRIEF}).json() for _ in "ab")
    named = maker.post("/wizard/launch", json={"brief": BRIEF, "launch": "once more"}).json()
    assert (first["began"], twice["began"], named["began"]) == (True, False, True)
    assert twice["run"] == first["run"] != named["run"]
    assert twice["campaign_id"] == first["campaign_id"] != named["campaign_id"]
    at = f"/campaigns/{first['campaign_id']}"
    until = time.monotonic() + 60
    while "Take it up again" not in (page := maker.get(at).text):
        assert time.monotonic() < until, page
        time.sleep(0.1)
    attempt = page.split('name="attempt" value="')[1].split('"')[0]
    for _ in "ab":
        assert maker.post(f"{at}/prepare", json={"attempt": attempt}).status_code == 204
    query = "SELECT asked ->> 'attempt' AS attempt FROM jobs WHERE asked ->> 'campaign_id' = %s ORDER BY 1"
    with database.transaction(tenant) as connection:
        jobs = connection.execute(query, [first["campaign_id"]]).fetchall()
    assert [one["attempt"] for one in jobs] == ["1", "2"]


def test_a_message_is_shown_in_a_frame_that_can_do_nothing(launched, maker, database, tenant):
    row = texts(database, tenant)[0]
    answer = maker.get(f"/review/{launched}/{row['variant_id']}/received")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox;")
    assert "script" not in policy
    assert "{{" not in answer.text
    assert maker.get(f"/review/{launched}/{row['variant_id']}/received?customer=nobody").status_code == 422
    assert maker.get(f"/review/{launched}?customer=nobody").status_code == 404


def test_who_may_not_read_messages_sees_the_texts_without_a_customer_s_words(
    launched, maker, browser, database, tenant
):
    at = f"/review/{launched}/{texts(database, tenant)[0]['variant_id']}"
    somebody = maker.get(at).text.split('<option value="')[1].split('"')[0]
    analyst = browser("analyst")
    assert analyst.get(f"{at}/received?customer={somebody}").status_code == 403
    assert (neutral := analyst.get(f"{at}/received")).status_code == 200
    assert neutral.text != maker.get(f"{at}/received").text
    for page in (f"/review/{launched}", at):
        assert "As read by" in maker.get(page).text
        assert "As read by" not in (shown := analyst.get(page).text)
        assert 'class="plain"' in shown


def test_several_texts_are_decided_on_at_once_or_not_at_all(launched, maker, browser, database, tenant):
    rows = texts(database, tenant)
    ids = [row["variant_id"] for row in rows]
    reviewer = browser("reviewer")
    assert (
        reviewer.post("/review/decisions", json={"variants": [*ids, "v-0"], "decision": "approve"}).status_code == 422
    )
    assert reviewer.post("/review/decisions", json={"variants": ids, "decision": "approve"}).status_code == 204
    rating = {"variants": ids[:1], "rating": 2, "flags": ["wrong_fact"], "comment": "It weighs more."}
    assert maker.post("/review/ratings", json=rating).status_code == 204
    page = reviewer.get(f"/review/{launched}/{ids[0]}").text
    assert f"approved by {reviewer.user}" in page
    assert "A fact is wrong" in page
    assert "It weighs more." in page
    with database.transaction(tenant) as connection:
        said = connection.execute("SELECT count(*) AS n FROM ai_feedback WHERE decision = 'approve'").fetchone()
    assert said["n"] == len(ids)


def test_a_question_of_a_guardrail_is_answered_by_somebody_else_and_the_audience_decided_anew(
    launched, browser, database, tenant, monkeypatch
):
    # By its name, also when many campaigns are newer.
    for part in ("home", "review"):
        monkeypatch.setattr(f"liftline_console.pages.{part}.CAMPAIGNS", 0)
    manager, operator = browser("manager"), browser("operator")
    with database.transaction(tenant) as connection:
        (asked,) = connection.execute("SELECT * FROM escalations WHERE kind = 'vip'").fetchall()
    where = f"/review/questions/{asked['escalation_id']}"
    assert asked["reason"] in (shown := manager.get("/review?kind=vip").text)
    assert f">{BRIEF['name']}</a>" in shown
    assert f">{BRIEF['name']}</a>" in manager.get("/").text
    assert operator.post(where, json={"answer": "yes", "reason": "They like it"}).status_code == 403
    assert manager.post(where, json={"answer": "yes", "reason": "They like it"}).status_code == 204
    assert manager.post(where, json={"answer": "no", "reason": "No"}).status_code == 422
    with database.transaction(tenant) as connection:
        runs = connection.execute("SELECT review FROM eligibility_runs ORDER BY run").fetchall()
    assert runs[0]["review"] > 0
    assert runs[-1]["review"] == 0
    assert "Something was changed" in manager.get(f"/campaigns/{launched}").text


def page_hash(page):
    """What a page says was looked at."""
    return page.split('name="seen" value="')[1][:64]
