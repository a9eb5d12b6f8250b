"""Campaigns, messages, templates and decisions over the API, held against the contract's examples key by key."""

import json
import sys
import time
from datetime import UTC, datetime

import pytest

from pipelines.customers.run import Order, import_file
from pipelines.knowledge.run import index_folder
from pipelines.settings import PROJECT
from pipelines.tenants.run import create_tenant
from tests.knowledge.shelf import about_the_throw

sys.path.insert(0, str(PROJECT / "plugins"))

from liftline_console.routes.api.campaigns import ANALYTICS, GENERATED, PAGE  # noqa: E402
from liftline_console.routes.api.templates import SET  # noqa: E402

ACTION = {"text": "See the Wool throws", "link": "https://www.lindhaven.example/products/wool-throw"}
CAMPAIGN = {
    "name": "Q1 SaaS Outreach", "channel": "email",
    "description": "Wool throw warmth, price, size, guarantee and delivery for evenings at home",
    "target_audience": {"country": ["fr", "de"]}, "min_qualification_score": 0, "call_to_action": ACTION,
}  # fmt: skip
CONTRACT = {
    "campaign": {
        "id", "name", "channel", "status", "total_messages", "messages_sent", "total_cost_usd", "created_at",
    },
    "generated": {
        "success", "campaign_id", "messages_generated", "total_cost_usd", "average_latency_ms", "messages",
    },
    "message": {
        "id", "campaign_id", "lead_id", "variants", "selected_variant", "status", "generation_latency_ms",
        "generation_cost_usd",
    },
    "variant": {"tone", "subject", "body"},
    "analytics": {"campaign_id", "name", "status", "channel", "performance", "cost", "ab_testing"},
    "performance": {
        "total_messages", "sent", "delivered", "opened", "clicked", "replied", "open_rate", "click_rate", "reply_rate",
    },
    "cost": {"total_usd", "cost_per_message", "cost_per_reply"},
    "compared": {
        "variant_number", "tone", "sent", "delivered", "opened", "clicked", "replied", "open_rate", "click_rate",
        "reply_rate",
    },
    "templates": {"account_id", "template_variants", "data_used"},
    "template": {"variant_id", "subject", "body_html", "tone", "cta", "confidence"},
    "decision": {
        "timestamp", "decision_id", "customer_id", "agent", "action", "parameters", "guardrail_checks",
        "confidence_score", "human_override", "override_reason", "execution_status", "result_metrics",
    },
}  # fmt: skip
PEOPLE = "customer_id,email,first_name,country,account_id,account_name,signup_date,consent,consent_date\n" + "".join(
    f"{n},p{n}@example.com,Ana{n},{'FR' if n % 2 else 'AT'},acc_{n % 2},Firm {n % 2},2026-01-01,yes,2026-01-05\n"
    for n in range(1, 7)
)


def keeps(name, told):
    """Whether what is told has every key of the contract's example."""
    assert CONTRACT[name] <= told.keys(), CONTRACT[name] - told.keys()
    return told


def same_shape(example, told, place=""):
    """Whether what is told has exactly the keys that the description of the API shows."""
    if isinstance(example, dict) and isinstance(told, dict) and example:
        assert set(example) == set(told), place
        for name, value in example.items():
            same_shape(value, told[name], f"{place}.{name}")
    if isinstance(example, list) and isinstance(told, list) and example and told:
        same_shape(example[0], told[0], f"{place}[]")


@pytest.fixture
def furnished(services, desk, tenant, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE)
    import_file(desk, Order(tenant, path, "customers"))
    index_folder(services.library, tenant, about_the_throw(tmp_path / "knowledge"))
    return tenant


@pytest.fixture
def client(machine, furnished):
    return machine(furnished, "operator")


@pytest.fixture
def campaign(client):
    return client.post("/api/v1/campaigns/create", json=CAMPAIGN).json()["id"]


def path(campaign, *rest):
    return "/".join(["/api/v1/campaigns", campaign, *rest])


def generated(client, campaign, **asked):
    answer = client.post(path(campaign, "generate-messages"), json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ended(client, answer):
    assert answer.status_code == 202, answer.text
    for _ in range(600):
        job = client.get(answer.headers["Location"]).json()
        if job["state"] not in ("queued", "running"):
            assert job["state"] == "done", job
            return job["result"]
        time.sleep(0.05)
    raise AssertionError(job)


def test_a_campaign_is_created_listed_paused_resumed_and_cancelled(client):
    answer = client.post("/api/v1/campaigns/create", json=CAMPAIGN)
    assert answer.status_code == 201, answer.text
    made = keeps("campaign", answer.json())
    assert set(made) == CONTRACT["campaign"]
    assert (made["status"], made["total_messages"], made["total_cost_usd"]) == ("draft", 0, 0.0)
    whole = client.get(answer.headers["Location"]).json()
    assert whole["target_audience"] == CAMPAIGN["target_audience"]
    assert [row["id"] for row in client.get("/api/v1/campaigns?limit=5&status=draft").json()["items"]] == [made["id"]]
    for action, status in (("pause", "paused"), ("resume", "draft"), ("cancel", "cancelled")):
        told = client.post(path(made["id"], action))
        assert told.json()["status"] == status, told.text
    assert client.post(path(made["id"], "resume")).status_code == 409
    assert client.post(path(made["id"], "send")).status_code == 409
    assert client.post(path(made["id"], "generate-messages")).status_code == 409


def test_campaigns_are_read_page_by_page_and_a_repeat_makes_no_second(client):
    for _ in range(3):
        client.post("/api/v1/campaigns/create", json=CAMPAIGN, headers={"Idempotency-Key": "one"})
    for number in range(3):
        client.post("/api/v1/campaigns/create", json={**CAMPAIGN, "name": f"Another {number}"})
    first = client.get("/api/v1/campaigns?limit=3").json()
    rest = client.get("/api/v1/campaigns", params={"limit": 3, "cursor": first["next_cursor"]}).json()
    assert [row["name"] for row in first["items"] + rest["items"]] == [
        "Another 2", "Another 1", "Another 0", "Q1 SaaS Outreach",
    ]  # fmt: skip
    assert rest["next_cursor"] is None


def test_a_few_leads_are_answered_directly_and_all_others_by_a_job_in_the_same_shape(client, campaign):
    told = keeps("generated", generated(client, campaign, lead_ids=[1, 2, 3]))
    assert (told["success"], told["messages_generated"], told["waiting"]) == (True, 3, {})
    assert [one["lead_id"] for one in told["messages"]] == ["1", "2", "3"]
    for one in told["messages"]:
        keeps("message", one)
        assert [keeps("variant", variant)["tone"] for variant in one["variants"]] == [
            "professional", "friendly", "direct",
        ]  # fmt: skip
        assert one["status"] == "pending"
        assert one["variants"][one["selected_variant"]]["status"] in ("ready", "review")
    assert "{{" not in json.dumps([one["variants"] for one in told["messages"]])
    same_shape(GENERATED, told)
    again = generated(client, campaign, lead_ids=[1, 2, 3])
    assert (again["messages_generated"], again["messages"]) == (0, told["messages"])
    # Without lead_ids: whoever passes the filters, here by country in any case.
    answer = client.post(path(campaign, "generate-messages"))
    whole = keeps("generated", ended(client, answer))
    assert [one["lead_id"] for one in whole["messages"]] == ["1", "3", "5"]
    assert whole["messages_generated"] == 1
    assert client.get(path(campaign)).json()["total_messages"] == 4


def test_messages_are_listed_by_status_and_place_and_variants_stand_side_by_side(client, campaign):
    generated(client, campaign, lead_ids=[1, 2, 3])
    page = client.get(path(campaign, "messages"), params={"status": "pending", "limit": 2, "offset": 1}).json()
    same_shape(PAGE, page)
    assert (page["total"], [one["lead_id"] for one in page["messages"]]) == (3, ["2", "3"])
    first = client.get(path(campaign, "messages"), params={"limit": 2}).json()
    last = client.get(path(campaign, "messages"), params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert ([one["lead_id"] for one in last["messages"]], last["next_cursor"]) == (["3"], None)
    assert client.get(path(campaign, "messages"), params={"status": "sent"}).json()["messages"] == []
    told = client.get(f"/api/v1/messages/{page['messages'][0]['id']}/variants").json()
    assert told["variants"] == page["messages"][0]["variants"]
    assert client.get("/api/v1/messages/m-none/variants").status_code == 404


def test_the_operators_own_words_stand_word_by_word_and_are_held_to_the_same_checks(client, campaign):
    words = "Hi {{contact_name|there}}, how are your evenings?"
    told = generated(client, campaign, lead_ids=[1], template=words)
    for variant in told["messages"][0]["variants"]:
        assert "Hi Ana1, how are your evenings?" in variant["body"].replace("\n", " ")
    lie = "Our Wool throw has cured insomnia for 40,000 people."
    blocked = generated(client, campaign, lead_ids=[2], template=lie)["messages"][0]
    assert (blocked["status"], blocked["selected_variant"]) == ("failed", None)
    assert {variant["status"] for variant in blocked["variants"]} == {"blocked"}
    assert blocked["reason"]
    asked = client.post(path(campaign, "send")).json()
    assert (asked["status"], asked["messages_left_out"]) == ("waiting_for_approval", 1)
    assert "Left out: 1 leads" in asked["message"]
    answer = client.post(path(campaign, "generate-messages"), json={"lead_ids": [3], "template": "Hi {{shoe_size}}"})
    assert answer.status_code == 422
    assert "is no slot" in answer.json()["detail"]


def test_the_writer_is_told_more_but_nobodys_address(client, campaign, services, monkeypatch):
    seen = []
    writer = type(services.studio.writer)
    write = writer.write
    monkeypatch.setattr(writer, "write", lambda self, asks, again: (seen.extend(asks), write(self, asks, again))[1])
    context = "They asked Ana (ana@example.com, +33 6 12 34 56 78) about warm evenings."
    generated(client, campaign, lead_ids=[1], custom_context=context)
    goals = {ask.brief.goal for ask in seen}
    assert all("warm evenings" in goal for goal in goals)
    assert not any("ana@example.com" in goal or "12 34 56" in goal for goal in goals), goals


def test_what_cannot_be_generated_is_refused_and_says_why(client, campaign):
    for asked, said in (
        ({"lead_ids": ["nobody"]}, "There is no lead nobody"),
        ({"lead_ids": []}, "lead_ids"),
        ({"lead_ids": [True]}, "lead_ids"),
        ({"template": "x" * 4001}, "template"),
        ({"surprise": 1}, "surprise"),
    ):
        answer = client.post(path(campaign, "generate-messages"), json=asked)
        assert answer.status_code == 422, asked
        assert said in answer.json()["detail"]
        assert client.get(path(campaign)).json()["total_messages"] == 0, asked


def test_nobody_qualifies_is_said_by_the_job(client):
    strict = client.post("/api/v1/campaigns/create", json={**CAMPAIGN, "target_audience": {"industry": "Software"}})
    answer = client.post(path(strict.json()["id"], "generate-messages"))
    while (job := client.get(answer.headers["Location"]).json())["state"] in ("queued", "running"):
        time.sleep(0.05)
    assert job["state"] == "refused"
    assert "No lead qualifies: nobody of industry = Software" in job["sentence"]


def test_a_key_has_150_messages_a_minute_made_and_no_more(client, campaign, services, monkeypatch):
    at = datetime(2026, 11, 20, 12, 0, 40, tzinfo=UTC)
    outreach = services_outreach(client)
    monkeypatch.setattr(type(client.app.state.console.services), "outreach", property(lambda self: pace(outreach, at)))
    generated(client, campaign, lead_ids=[1, 2])
    answer = client.post(path(campaign, "generate-messages"), json={"lead_ids": [1, 3, 4]})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "20")
    assert "3 messages made a minute and 1 are left" in answer.json()["detail"]
    generated(client, campaign, lead_ids=[1, 3])


def services_outreach(client):
    return client.app.state.console.services.outreach


def pace(outreach, at):
    from dataclasses import replace

    return replace(outreach, policy=outreach.policy.model_copy(update={"messages_a_minute": 3}), clock=lambda: at)


def test_a_job_waits_for_the_next_minute_rather_than_going_faster(client, campaign, furnished):
    from dataclasses import replace

    from pipelines.outreach.run import Wanted, messages

    clock, slept = [datetime(2026, 11, 20, 12, 0, 50, tzinfo=UTC)], []

    def sleep(seconds):
        slept.append(seconds)
        clock[0] = datetime(2026, 11, 20, 12, len(slept), 0, tzinfo=UTC)

    outreach = services_outreach(client)
    slow = replace(
        outreach, policy=outreach.policy.model_copy(update={"messages_a_minute": 2}), clock=lambda: clock[0],
        sleep=sleep,
    )  # fmt: skip
    told = messages.generate(slow, furnished, Wanted(campaign, ("1", "2", "3", "4", "5"), None, None, "key x"))
    assert (told["messages_generated"], slept) == (5, [10.0, 60.0])


def test_sending_asks_for_approval_and_never_jumps_it(client, campaign, furnished, grant, services):
    from pipelines.review.run import approve
    from pipelines.webhooks.run import deliveries, subscribe

    assert client.post(path(campaign, "send")).status_code == 422
    message = generated(client, campaign, lead_ids=[1, 3])["messages"][0]["id"]
    report = {"status": "sent", "channel_data": {"email_id": "msg_123456", "provider": "sendgrid"}}
    early = client.put(f"/api/v1/messages/{message}/status", json=report)
    assert early.status_code == 409
    assert "not approved" in early.json()["detail"]
    for rows in client.get(path(campaign, "messages")).json()["messages"]:
        assert {one["status"] for one in rows["variants"]} <= {"ready", "review"}
    release(services, furnished, campaign)
    told_to = subscribe(services.post_office, furnished, "https://hooks.example.com/", ["*"], by="ada")
    asked = client.post(path(campaign, "send"))
    assert asked.status_code == 202, asked.text
    assert (asked.json()["success"], asked.json()["status"]) == (False, "waiting_for_approval")
    assert asked.json()["needs"] == ["marketing", "quality"]
    grant("rita", furnished, "reviewer")
    grant("quentin", furnished, "qa")
    for person in ("rita", "quentin"):
        approve(services.board, furnished, campaign, by=person)
    approved = client.post(path(campaign, "send")).json()
    assert (approved["success"], approved["status"], approved["messages_sent"]) == (True, "sent", 2)
    assert client.get(path(campaign)).json()["messages_sent"] == 2
    assert client.post(path(campaign, "send")).json()["delivery"]["accepted"] == 2
    late = client.post(path(campaign, "generate-messages"), json={"lead_ids": [1, 5]})
    assert (late.status_code, "another campaign" in late.json()["detail"]) == (409, True), late.text
    assert generated(client, campaign, lead_ids=[1, 3])["messages_generated"] == 0
    assert client.post(path(campaign, "send")).json()["status"] == "sent"
    told = client.put(f"/api/v1/messages/{message}/status", json=report)
    assert (told.status_code, told.json()["status"]) == (200, "sent")
    waiting = {"state": "pending", "before": None, "most": 9}
    events = deliveries(services.post_office, furnished, told_to["subscription_id"], **waiting)
    assert [row["type"] for row in events if row["type"] != "message.status_changed"] == [
        "campaign.status_changed", "approval.approved", "approval.open",
    ]  # fmt: skip


def release(services, tenant, campaign):
    """People let through what the screen left to them."""
    with services.database.transaction(tenant) as connection:
        connection.execute(
            "UPDATE screenings SET released_by = 'carla', released_at = now(), release_reason = 'fine' "
            "WHERE decision = 'review'"
        )


def test_analytics_count_people_and_keep_machines_apart(client, campaign, database, furnished):
    leads = [1, 2, 3, 4, 5, 6]
    ids = [one["id"] for one in generated(client, campaign, lead_ids=leads)["messages"]]
    with database.transaction(furnished) as connection:
        connection.execute("UPDATE outreach_messages SET happened = 1, status = 'sent'")
    for message, status, by_machine in (
        (ids[0], "clicked", False), (ids[1], "opened", True), (ids[2], "replied", False), (ids[3], "bounced", False),
        (ids[4], "opened", False), (ids[4], "delivered", False),
    ):  # fmt: skip
        told = client.put(f"/api/v1/messages/{message}/status", json={"status": status, "by_machine": by_machine})
        assert told.status_code == 200, told.text
    told = keeps("analytics", client.get(path(campaign, "analytics")).json())
    same_shape(ANALYTICS, told)
    performance = keeps("performance", told["performance"])
    assert performance == {
        "total_messages": 6, "sent": 6, "delivered": 4, "opened": 2, "clicked": 1, "replied": 1,
        "open_rate": 50.0, "click_rate": 50.0, "reply_rate": 25.0,
    }  # fmt: skip
    assert told["machine"] == {"opened": 1, "clicked": 0}
    keeps("cost", told["cost"])
    compared = [keeps("compared", one) for one in told["ab_testing"]["variants"]]
    assert [one["tone"] for one in compared] == ["professional", "friendly", "direct"]
    assert sum(one["sent"] for one in compared) == 6
    assert told["ab_testing"]["winning_variant"] is None
    states = [one["status"] for one in client.get(path(campaign, "messages")).json()["messages"]]
    assert states == ["clicked", "delivered", "replied", "bounced", "opened", "sent"]
    assert client.put(f"/api/v1/messages/{ids[0]}/status", json={"status": "pending"}).status_code == 409
    with database.transaction(furnished) as connection:
        kept = connection.execute("SELECT count(*) AS n FROM message_events").fetchone()["n"]
    assert kept == 6


def test_another_tenant_sees_and_touches_nothing(client, campaign, machine, database):
    message = generated(client, campaign, lead_ids=[1])["messages"][0]["id"]
    other = machine(create_tenant(database, f"o{time.time_ns() % 10**9}").tenant_id, "operator")
    for method, address in (
        ("GET", path(campaign)), ("GET", path(campaign, "messages")), ("GET", path(campaign, "analytics")),
        ("POST", path(campaign, "pause")), ("POST", path(campaign, "cancel")), ("POST", path(campaign, "send")),
        ("POST", path(campaign, "generate-messages")), ("GET", f"/api/v1/messages/{message}/variants"),
    ):  # fmt: skip
        assert other.request(method, address).status_code == 404, address
    assert other.put(f"/api/v1/messages/{message}/status", json={"status": "sent"}).status_code == 404
    assert other.get("/api/v1/campaigns").json()["items"] == []


def test_templates_are_written_by_a_job_cached_approved_and_rated_by_people(browser, furnished, database, services):
    maker, checker = browser("ai_template_manager"), browser("ai_template_manager")
    wish = {
        "account_id": "acc_1",
        "brief": {
            "goal": "Have them order Wool throws", "query": "Wool throw warmth price size guarantee", "cta": ACTION,
            "tones": ["professional", "friendly", "benefit"],
        },
    }  # fmt: skip
    assert maker.get("/api/v1/templates/accounts/acc_1/variants").status_code == 404
    made = keeps("templates", ended(maker, maker.post("/api/v1/templates/generate", json=wish)))
    assert made["account_id"] == "acc_1"
    assert [keeps("template", one)["tone"] for one in made["template_variants"]] == sorted(wish["brief"]["tones"])
    assert len(json.dumps(made)) < 50_000
    told = maker.get("/api/v1/templates/accounts/acc_1/variants").json()
    same_shape(SET, told)
    assert told["template_variants"] == made["template_variants"]
    variant = told["template_variants"][0]["variant_id"]
    assert maker.post(f"/api/v1/templates/variants/{variant}/approve").status_code == 422
    stale = checker.post(f"/api/v1/templates/variants/{variant}/approve", json={"version": 2})
    assert (stale.status_code, "that was version 2" in stale.json()["detail"]) == (409, True), stale.text
    yes = checker.post(f"/api/v1/templates/variants/{variant}/approve", json={"comment": "reads well", "version": 1})
    assert (yes.status_code, yes.json()["said"]) == (200, "approved"), yes.text
    said = checker.post(f"/api/v1/templates/variants/{variant}/feedback", json={"rating": 4, "flags": ["too_long"]})
    assert said.status_code == 201, said.text
    assert checker.post("/api/v1/templates/variants/v-none/feedback", json={"rating": 4}).status_code == 404
    states = {one["variant_id"]: one for one in maker.get("/api/v1/templates/accounts/acc_1/variants").json()["states"]}
    assert states[variant]["approved_by"] == checker.user
    models = maker.get("/api/v1/templates/models").json()["items"]
    assert [(one["model"], one["mean_rating"]) for one in models] == [("offline-composer", 4.0)]
    with database.transaction(furnished) as connection:
        logged = connection.execute("SELECT action, actor FROM audit_log ORDER BY seq").fetchall()
    actions = [(row["action"], row["actor"]) for row in logged]
    for call in (
        ("template.generate", maker.user), ("template.read", maker.user), ("template.approve", maker.user),
        ("variant.approve", checker.user), ("template.rate", checker.user),
        ("variant.rate", checker.user), ("template.models", maker.user),
    ):  # fmt: skip
        assert call in actions


def test_a_decision_is_told_in_the_contracts_shape(machine, client, campaign, furnished, services):
    from pipelines.safety.guardrails.run import decide_one

    generated(client, campaign, lead_ids=[1])
    decide_one(services.gatehouse, furnished, campaign, "1", by="mark")
    reader = machine(furnished, "compliance")
    newest = reader.get("/api/v1/audit/entries", params={"subject": "1", "limit": 1}).json()["items"][0]["seq"]
    told = keeps("decision", reader.get(f"/api/v1/decisions/dec_{newest}").json())
    assert set(told) == CONTRACT["decision"]
    assert (told["customer_id"], told["agent"], told["action"]) == ("1", "mark", "eligibility.one")
    assert set(told["guardrail_checks"].values()) <= {"pass", "review", "fail"}
    assert told["guardrail_checks"]
    assert told["result_metrics"] == {"opens": 0, "clicks": 0, "conversions": 0}
    for wrong in ("dec_0", "dec_x", "dec_99999", "812"):
        assert reader.get(f"/api/v1/decisions/{wrong}").status_code == 404


def test_a_webhook_is_subscribed_to_delivered_listed_replayed_and_ended(machine, furnished, console):
    from dataclasses import replace

    from pipelines.adapters.webhook.http import HttpCourier
    from pipelines.webhooks.run import deliver
    from tests.doubles.webhook_server import webhook_server

    admin, services = machine(furnished, "admin"), console.state.console.services
    refused = admin.post("/api/v1/webhook-subscriptions", json={"url": "http://127.0.0.1/hook"})
    assert refused.status_code == 422
    assert "https" in refused.json()["detail"]
    strict = services.post_office
    office = replace(strict, courier=HttpCourier(to_private_hosts=True), to_private_hosts=True)
    services.__dict__["post_office"] = office
    try:
        with webhook_server() as receiver:
            made = admin.post("/api/v1/webhook-subscriptions", json={"url": receiver.url, "events": ["*"]})
            assert made.status_code == 201, made.text
            assert made.json()["secret"].startswith("whsec_")
            listed = admin.get("/api/v1/webhook-subscriptions").json()["items"]
            assert [row["url"] for row in listed] == [receiver.url]
            assert "secret" not in listed[0]
            client = machine(furnished, "operator")
            campaign = client.post("/api/v1/campaigns/create", json=CAMPAIGN).json()["id"]
            client.post(path(campaign, "pause"))
            deliver(office, furnished)
            told = [json.loads(body) for _, body in receiver.taken]
            assert sorted(one["type"] for one in told) == ["campaign.created", "campaign.status_changed"]
            address = f"/api/v1/webhook-subscriptions/{made.json()['subscription_id']}"
            first = admin.get(f"{address}/deliveries", params={"limit": 1}).json()
            rest = admin.get(f"{address}/deliveries", params={"limit": 1, "cursor": first["next_cursor"]}).json()
            assert [row["state"] for row in first["items"] + rest["items"]] == ["delivered", "delivered"]
            again = admin.post(f"/api/v1/webhook-deliveries/{first['items'][0]['delivery_id']}/replay")
            assert again.status_code == 202
            deliver(office, furnished)
            assert len(receiver.taken) == 3
            assert admin.delete(address).status_code == 204
            assert admin.delete(address).status_code == 404
    finally:
        services.__dict__["post_office"] = strict


def test_each_channel_of_the_contract_has_its_messages(client):
    for channel in ("linkedin", "sms", "custom"):
        made = client.post("/api/v1/campaigns/create", json={**CAMPAIGN, "channel": channel}).json()
        assert made["channel"] == channel
        told = generated(client, made["id"], lead_ids=[1])
        tones = [one["tone"] for one in told["messages"][0]["variants"]]
        assert tones == ["professional", "friendly", "direct"], channel
        assert client.get(path(made["id"], "analytics")).json()["channel"] == channel


def test_a_channel_of_the_callers_own_asks_for_consent_under_its_own_name(client, database, furnished):
    made = client.post("/api/v1/campaigns/create", json={**CAMPAIGN, "channel": "custom"}).json()
    generated(client, made["id"], lead_ids=[1])
    consent = {"customer_id": "3", "channel": "custom", "purpose": "marketing", "status": "granted"}
    assert client.post("/api/v1/consents", json={"entries": [consent]}).json()["loaded"] == 1
    generated(client, made["id"], lead_ids=[3])
    with database.transaction(furnished) as connection:
        decided = connection.execute("SELECT customer_id, code FROM recipient_decisions WHERE run = 2").fetchall()
    codes = {row["customer_id"]: row["code"] for row in decided}
    assert (codes["1"], codes["3"]) == ("no_consent", "included")


def test_whoever_the_guardrails_leave_out_of_an_approved_campaign_is_told_and_never_reported_sent(
    client, furnished, grant, services
):
    from pipelines.review.run import approve

    campaign = client.post("/api/v1/campaigns/create", json={**CAMPAIGN, "channel": "custom"}).json()["id"]
    consent = {"customer_id": "3", "channel": "custom", "purpose": "marketing", "status": "granted"}
    client.post("/api/v1/consents", json={"entries": [consent]})
    messages = {one["lead_id"]: one["id"] for one in generated(client, campaign, lead_ids=[1, 3])["messages"]}
    release(services, furnished, campaign)
    assert client.post(path(campaign, "send")).json()["messages_left_out"] == 0
    for person, role in (("rita", "reviewer"), ("quentin", "qa")):
        grant(person, furnished, role)
        approve(services.board, furnished, campaign, by=person)
    told = client.post(path(campaign, "send")).json()
    assert (told["status"], told["messages_left_out"]) == ("approved", 1)
    listed = {one["lead_id"]: one for one in client.get(path(campaign, "messages")).json()["messages"]}
    assert [listed[lead]["status"] for lead in ("1", "3")] == ["failed", "pending"]
    assert listed["1"]["reason"].startswith("The guardrails leave this lead out: "), listed["1"]
    expires = "UPDATE passages SET expires_at = expires_at {} interval '100 years'"
    with services.database.transaction(furnished) as connection:
        connection.execute("UPDATE passages SET expires_at = coalesce(expires_at, '2090-01-01')")
        connection.execute(expires.format("-"))
    stale = client.put(f"/api/v1/messages/{messages['3']}/status", json={"status": "sent"})
    assert (stale.status_code, "withdrawn or expired" in stale.json()["detail"]) == (409, True), stale.text
    with services.database.transaction(furnished) as connection:
        connection.execute(expires.format("+"))
    reported = {lead: client.put(f"/api/v1/messages/{messages[lead]}/status", json={"status": "sent"}) for lead in "13"}
    assert (reported["1"].status_code, reported["3"].status_code) == (409, 200)
    assert "guardrails leave lead 1 out" in reported["1"].json()["detail"]
