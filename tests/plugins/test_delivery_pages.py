"""The page of a delivery: what became of everybody, and the turns that a person takes."""

import time

import pytest

from pipelines.delivery.ports import Receipt
from tests.delivery.sending.conftest import CAMPAIGN, Launch


@pytest.fixture
def launch(database, tenant):
    made = Launch(database, tenant)
    made.launch()
    return made


def test_it_shows_states_reasons_and_pace_and_who_may_steer(browser, launch):
    reader, meanwhile = browser("analyst"), []

    def answer(message):
        meanwhile.append(reader.get(f"/deliveries/{CAMPAIGN}").text)
        return Receipt(message.message_id, "unknown", None, "timeout", "no answer came")

    launch.channel.answer = answer
    # Whoever never approved it finds it by its address.
    assert "In its audience: 3." in reader.get(f"/deliveries/{CAMPAIGN}").text
    launch.go()
    assert "3 of those in doubt are on the way to the provider now." in meanwhile[0]
    listed = reader.get("/deliveries").text
    assert f"/deliveries/{CAMPAIGN}" in listed
    page = reader.get(f"/deliveries/{CAMPAIGN}").text
    assert "<strong>3</strong> in doubt" in page
    assert "on the way to the provider" not in page
    assert "no answer came" in page
    assert "Pause it" not in page
    for path, body in (("turn", {"turn": "pause", "reason": "r"}), ("send", {}), ("resolve", {"verdict": "sent"})):
        assert reader.post(f"/deliveries/{CAMPAIGN}/{path}", json=body).status_code == 403
    assert reader.get("/deliveries/nothing").status_code == 404


def test_a_person_pauses_resumes_settles_what_is_in_doubt_and_sends(browser, launch, monkeypatch):
    # The scene deals its arms itself.
    monkeypatch.setattr("liftline_console.pages.deliveries.assign", lambda *_, **__: None)
    launch.channel.answer = lambda message: Receipt(message.message_id, "unknown", None, "timeout", "no answer")
    launch.go()
    writer = browser("operator")
    at = f"/deliveries/{CAMPAIGN}"
    before = writer.get(f"{at}/mark").json()["mark"]
    assert writer.post(f"{at}/turn", json={"turn": "pause", "reason": "wait"}).status_code == 204
    assert writer.get(f"{at}/mark").json()["mark"] != before
    assert "It is paused" in writer.get(at).text
    assert writer.post(f"{at}/turn", json={"turn": "resume", "reason": "on"}).status_code == 204
    assert writer.post(f"{at}/resolve", json={"verdict": "sent"}).status_code == 422
    assert "All 3 were sent" in (page := writer.get(at).text)
    assert 'name="seen" value="3"' in page
    told = {"verdict": "sent", "reason": "seen in the log", "seen": "2"}
    changed = writer.post(f"{at}/resolve", json=told)
    assert (changed.status_code, changed.json()["detail"][:33]) == (409, "3 messages are in doubt now, and ")
    assert launch.standing().unknown == 3
    told["seen"] = "3"
    assert writer.post(f"{at}/resolve", json=told).status_code == 204
    assert launch.standing().accepted == 3
    assert writer.post(f"{at}/send").status_code == 202
    for _ in range(100):
        job = writer.get(f"{at}/mark").json()["mark"].rsplit(" ", 1)[-1]
        if job not in ("queued", "running"):
            break
        time.sleep(0.1)
    assert job == "done"
    assert launch.standing().accepted == 3


def test_a_person_lets_a_campaign_grow_and_a_second_press_changes_nothing(browser, database, tenant):
    growing = Launch(database, tenant)
    growing.brief["experiment"], growing.design["ramp"] = {"ramp": True}, [0.5, 1]
    growing.launch(people=4)
    growing.go()
    writer, at = browser("operator"), f"/deliveries/{CAMPAIGN}"
    assert "It has grown to step 1 of 2." in (page := writer.get(at).text)
    assert "Grow to step 2 of 2" in page
    for _ in range(2):
        assert writer.post(f"{at}/widen", json={"step": "2", "reason": "no complaint"}).status_code == 204
    assert "Grow to step" not in writer.get(at).text
    assert growing.go().accepted == 4
    assert browser("analyst").post(f"{at}/widen", json={"step": "2"}).status_code == 403


def test_a_customer_s_page_tells_each_campaign_s_last_verdict_and_entries_under_any_id(
    browser, machine, database, tenant
):
    launch = Launch(database, tenant)
    launch.person("kept", consented=False)
    launch.launch(people=1)
    launch.write("customer_aliases", [{"alias_id": "kept-before", "customer_id": "kept", "source_seq": 1}])
    with database.transaction(tenant) as connection:
        connection.execute(
            "SELECT append_audit(audit_entry(actor => 'ada', actor_kind => 'person', action => 'customers.note', "
            "decision => 'noted', subject_id => 'kept-before'))"
        )
    page = browser("compliance").get("/customers/kept").text
    assert "The law there demands consent for this channel; none is recorded." in page
    assert "customers.note" in page
    assert "/compliance?subject=kept" in page
    assert "/compliance?subject=" not in browser("operator").get("/customers/c000").text
    listed = machine(tenant, "compliance").get("/api/v1/customers/kept/decisions").json()["items"]
    assert [one["subject_id"] for one in listed] == ["kept-before"]
