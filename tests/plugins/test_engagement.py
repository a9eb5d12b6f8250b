"""The webhook, tracked links, reports and the pages over what came back."""

import asyncio
import dataclasses
import json
import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from liftline_console.flood import Turnstile

from pipelines.engagement.run import feed, label
from pipelines.engagement.signature import SIGNATURE, sign
from pipelines.engagement.simulation.keys import private_key, public_text
from pipelines.engagement.simulation.run import simulate
from tests.engagement.sent import send
from tests.engagement.test_hearing import told


@pytest.fixture
def listener(console, tmp_path, monkeypatch):
    """The console's own listener, believing the simulator's key."""
    services = console.state.console.services
    own = dataclasses.replace(
        services.listener, public_key=public_text(private_key(tmp_path / "keys")), keys=tmp_path / "keys",
        unclaimed=tmp_path / "unclaimed", simulations=tmp_path / "simulations",
    )  # fmt: skip
    monkeypatch.setitem(services.__dict__, "listener", own)
    return own


@pytest.fixture
def campaign(database, tenant):
    return send(database, tenant, f"web-{tenant}", 60)


def post(console, listener, events, path="/webhooks/sendgrid", **change):
    body = json.dumps(events).encode() if not isinstance(events, bytes) else events
    headers = {**sign(private_key(listener.keys), body, listener.clock()), **change}
    return TestClient(console).post(path, content=body, headers=headers)


def counted(database, tenant):
    with database.transaction(tenant) as connection:
        return connection.execute("SELECT count(*) AS n FROM provider_events").fetchone()["n"]


def test_a_signed_post_is_stored_before_it_is_answered_and_once(console, listener, database, tenant, campaign):
    events = [told(campaign, 1 + n % 4, "open", n) for n in range(5000)]
    for path in ("/webhooks/sendgrid", "/api/v1/webhooks/sendgrid"):
        assert post(console, listener, events, path).status_code == 204
        assert counted(database, tenant) == 5000


def test_what_is_not_signed_or_no_array_changes_nothing(console, listener, database, tenant, campaign, monkeypatch):
    events = [told(campaign, 1, "open")]
    assert post(console, listener, events, **{SIGNATURE: "no base64!"}).status_code == 403
    assert TestClient(console).post("/webhooks/sendgrid", json=events).status_code == 403
    for body, status in ((b"{}", 422), (b"[", 422), (b"[1]", 204), (b"", 422)):
        assert post(console, listener, body).status_code == status, body
    assert post(console, listener, b"[" + b" " * 16_000_001 + b"]").status_code == 413
    keyless = dataclasses.replace(listener, public_key=None)
    monkeypatch.setitem(console.state.console.services.__dict__, "listener", keyless)
    answer = post(console, listener, events)
    assert (answer.status_code, "SENDGRID_WEBHOOK_PUBLIC_KEY" in answer.json()["detail"]) == (503, True)
    assert counted(database, tenant) == 0


def test_a_flood_is_told_to_come_again(console, listener, campaign):
    from liftline_console.routes import hooks

    held = [hooks.AT_ONCE.acquire(blocking=False) for _ in range(6)]
    try:
        answer = post(console, listener, [told(campaign, 1, "open")])
    finally:
        for _ in filter(None, held):
            hooks.AT_ONCE.release()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_who_sends_slowly_holds_up_nobody_else(console, listener, campaign, monkeypatch):
    from liftline_console.routes import hooks

    end = threading.Event()

    def dripping():
        yield b"["
        end.wait(20)
        yield b"]"

    def slowly():
        return TestClient(console, client=("203.0.113.1", 1)).post("/webhooks/sendgrid", content=dripping())

    with ThreadPoolExecutor(7) as slow:
        posts = [slow.submit(slowly) for _ in range(7)]
        # One more than there are places for one address.
        (first,) = wait(posts, return_when=FIRST_COMPLETED).done
        assert (first.result().status_code, first.result().headers["Retry-After"]) == (503, "5")
        assert post(console, listener, [told(campaign, 1, "open")]).status_code == 204
        end.set()
    assert sorted(one.result().status_code for one in posts) == [403] * 6 + [503]

    async def never_ending():
        await asyncio.sleep(30)

    started = []

    async def keep(message):
        started.append(message.get("status"))

    monkeypatch.setattr(hooks, "READ_SECONDS", 0.1)
    scope = {"type": "http", "method": "POST", "path": "/webhooks/sendgrid", "query_string": b"", "headers": []}
    asyncio.run(console(scope | {"client": ("203.0.113.1", 1)}, never_ending, keep))
    assert started[0] == 408


def test_floods_of_links_receipts_and_forgeries_wait_and_what_is_signed_never_does(
    console, listener, campaign, monkeypatch
):
    from liftline_console.routes import hooks

    console.state.turnstile = Turnstile(clock=lambda: 0.0)
    client = TestClient(console, follow_redirects=False)
    monkeypatch.setattr(hooks, "OF_ONE_MESSAGE", 3)
    said = [client.get(f"/l/{campaign}-m1/body1").status_code for _ in range(4)]
    assert said == [302] * 3 + [429]
    assert client.get(f"/l/{campaign}-m1/body1").headers["Retry-After"] == "60"
    assert client.get(f"/l/{campaign}-m2/body1").status_code == 302
    assert [client.get("/k/nobody?order=1").status_code for _ in range(4)] == [404] * 3 + [429]
    for _ in range(60):
        assert client.post("/webhooks/sendgrid", json=[]).status_code == 403
    forged = client.post("/webhooks/sendgrid", json=[])
    assert (forged.status_code, forged.headers["Retry-After"]) == (429, "60")
    assert post(console, listener, [told(campaign, 1, "open")]).status_code == 204
    monkeypatch.setattr(hooks, "OF_ONE_CLIENT", 5)
    assert client.get(f"/l/{campaign}-m3/body1").status_code == 429
    other = TestClient(console, client=("203.0.113.1", 1), follow_redirects=False)
    assert other.get(f"/l/{campaign}-m3/body1").status_code == 302


def test_the_simulator_speaks_the_webhook_s_protocol(console, listener, database, tenant, campaign):
    def deliver(body, headers):
        assert TestClient(console).post("/webhooks/sendgrid", content=body, headers=headers).status_code == 204

    made = simulate(listener, tenant, campaign, post=deliver)
    assert made["posts"] > 0
    assert counted(database, tenant) == made["stored"] > 60


def test_tracked_links_and_thank_you_pages(console, listener, database, tenant, campaign):
    client = TestClient(console, follow_redirects=False)
    answer = client.get(f"/l/{campaign}-m1/body1", headers={"User-Agent": "Mozilla/5.0 (X11) Firefox/132.0"})
    place, _, receipt = answer.headers["Location"].partition("&liftline=")
    assert (answer.status_code, place) == (302, "https://www.example.com/body1?utm_content=body1")
    assert client.head(f"/l/{campaign}-m2/body1").status_code == 302
    assert client.get(f"/l/{campaign}-m1/elsewhere").status_code == 404
    for _ in range(2):
        assert client.get(f"/k/{receipt}?order=o-1&value=12.5&currency=EUR").status_code == 204
    for forged in ("nobody", f"{campaign}-m1", f"{campaign}-m2.{receipt.rpartition('.')[2]}", "%C3%A4.x"):
        assert client.get(f"/k/{forged}?order=1").status_code == 404
    label(listener, tenant)
    with database.transaction(tenant) as connection:
        rows = connection.execute("SELECT event, verdict, value FROM labelled_events ORDER BY seq").fetchall()
    assert [(row["event"], row["verdict"]) for row in rows] == [
        ("clicked", "human"),
        ("clicked", "bot"),
        ("converted", "human"),
    ]


def test_reports_and_events_over_the_api(machine, listener, tenant, campaign):
    client = machine(tenant, "operator")
    entry = {"customer_id": "c1", "campaign_id": campaign, "occurred_at": "2026-11-20T15:00:00Z", "value": 59.9}
    made = client.post("/api/v1/conversions", json={"entries": [entry, entry, {**entry, "customer_id": "c2"}]})
    assert (made.status_code, made.json()["stored"], made.json()["duplicates"]) == (201, 2, 1)
    assert client.post("/api/v1/replies", json={"entries": [entry]}).json()["stored"] == 1
    assert (
        client.post("/api/v1/replies", json={"entries": [{"occurred_at": "2026-11-20T15:00:00Z"}]}).status_code == 422
    )
    label(listener, tenant)
    listed = client.get("/api/v1/engagement/events", params={"campaign_id": campaign, "limit": 2}).json()
    assert [row["verdict"] for row in listed["items"]] == ["human", "human"]
    rest = client.get(
        "/api/v1/engagement/events", params={"campaign_id": campaign, "cursor": listed["next_cursor"]}
    ).json()
    assert len(rest["items"]) == 1
    # Somebody who was sent nothing bought as well.
    assert client.post("/api/v1/conversions", json={"entries": [{**entry, "customer_id": "c99"}]}).json()["stored"] == 1
    label(listener, tenant)
    assert client.get(f"/api/v1/engagement/campaigns/{campaign}").json()["converted"] == 2


def test_pages_show_people_and_robots_apart(browser, listener, database, tenant):
    # Lately, for reputation looks back a month.
    campaign = send(database, tenant, f"page-{tenant}", 60, at=listener.clock() - timedelta(days=5))
    simulate(listener, tenant, campaign)
    label(listener, tenant)
    feed(listener, tenant)
    client = browser("operator")
    assert "Autumn" in client.get("/engagement").text
    text = client.get(f"/engagement/{campaign}").text
    assert "Robots, shown apart" in text
    assert "A link was followed that no person sees" in text
    story = client.get(f"/engagement/messages/{campaign}-m1").text
    assert "Heard since" in story
    assert 'class="tag "></span>' not in story
    assert client.get("/api/v1/sender-reputation").json()["items"]
    assert "firm1.example.com" in client.get("/engagement/reputation?domain=firm1.example.com").text
    assert client.get("/engagement/messages/nothing").status_code == 404
    of_one = client.get("/customers/c1").text
    assert "Latest messages" in of_one
    assert f'/engagement/messages/{campaign}-m1">Autumn</a>' in of_one
    assert "Latest messages" not in browser("analyst").get("/customers/c1").text
