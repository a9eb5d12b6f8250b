"""What comes back is kept once, whatever its order, and changes what it should and nothing else."""

import itertools
import json
import random
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import polars as pl
import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines.contracts import Refusal
from pipelines.engagement.run import feed, feed_all, hear_post, ingest_file, label, label_all, report
from pipelines.engagement.simulation.run import _bodies, _drawn, simulate
from pipelines.engagement.simulation.world import World
from pipelines.engagement.store import QUERIES, newest
from pipelines.tenants.run import create_tenant
from tests.conftest import NOW
from tests.engagement.sent import SENT_AT, send

STATE = {
    "sends": "SELECT message_id, state, reason_code FROM sends ORDER BY message_id",
    "labels": "SELECT event_id, rule_version, verdict, score, reasons FROM event_labels ORDER BY 1, 2",
    "events": "SELECT event_id, event, label FROM events ORDER BY 1",
    "suppressions": "SELECT address_hash, channel, reason, occurred_at FROM suppressions ORDER BY 1, 2, 3",
    "outcomes": "SELECT DISTINCT ON (variant_id) variant_id, reached, engaged FROM variant_outcomes "
    "ORDER BY variant_id, as_of DESC",
}
_numbers = itertools.count(1)
AT = int(SENT_AT.timestamp())


def state(database, tenant):
    with database.transaction(tenant) as connection:
        return {
            name: [tuple(row.values()) for row in connection.execute(statement).fetchall()]
            for name, statement in STATE.items()
        }


def told(campaign, number, event, after=60, **more):
    """An event of the message of a customer of the campaign."""
    return {
        "email": f"person{number}@firm{number % 40}.example.com", "timestamp": AT + after, "event": event,
        "sg_event_id": f"{campaign}-{number}-{event}-{after}-{more.get('url', '')}",
        "liftline_message": f"{campaign}-m{number}", "sg_message_id": f"{campaign}req.filter1", **more,
    }  # fmt: skip


def post(listener, *events):
    return hear_post(listener, json.dumps(events).encode())


def settle(listener, tenant):
    label(listener, tenant)
    return feed(listener, tenant)


def test_duplicates_shuffled_and_replayed_for_a_day_end_in_the_same_state(listener, database, tenant, tmp_path):
    """The same events in order and once; and 46 times over in any order with labels and feeds in between."""
    campaigns = [send(database, create_tenant(database, f"{tenant}-{n}").tenant_id, "camp", 40) for n in (1, 2)]
    tenants = [f"{tenant}-{n}" for n in (1, 2)]
    drawn = _drawn(
        listener, tenants[0], campaigns[0], World(scanned=0.5, opens=0.8, hard_bounces=0.1, soft_bounces=0.1), 7
    )
    mails = drawn.events.filter(pl.col("event") != "conversion").drop("truth", "customer_id")
    posts = _bodies(mails.rename({"message_id": "liftline_message"}))
    events = [one for body in posts for one in json.loads(body)]

    in_file = tmp_path / "once.jsonl"
    in_file.write_text("\n".join(json.dumps(one) for one in sorted(events, key=lambda one: one["timestamp"])))
    assert ingest_file(listener, tenants[0], in_file).stored == len(events)
    settle(listener, tenants[0])

    chance = random.Random(46)
    replayed = events * 46
    chance.shuffle(replayed)
    stored = 0
    for begin in range(0, len(replayed), 1500):
        path = tmp_path / "part.jsonl"
        path.write_text("\n".join(json.dumps(one) for one in replayed[begin : begin + 1500]))
        later = replace(listener, clock=lambda begin=begin: NOW.replace(hour=12, minute=(begin // 1500) % 60))
        stored += ingest_file(later, tenants[1], path).stored
        settle(later, tenants[1])
    assert stored == len(events)
    for each in tenants:
        settle(replace(listener, clock=lambda: NOW + timedelta(days=30)), each)
    first, second = (state(database, each) for each in tenants)
    for name in ("labels", "sends", "events", "outcomes"):
        assert first[name] == second[name] != [], name
    assert len(first["suppressions"]) == len(second["suppressions"]) > 0
    assert {verdict for _, _, verdict, _, _ in first["labels"]} >= {"human", "proxy", "bot"}


EVENTS = st.lists(
    st.tuples(
        st.sampled_from([1, 2, 3]),
        st.sampled_from(["processed", "delivered", "bounce", "open", "click", "spamreport", "unsubscribe", "dropped"]),
        st.integers(0, 40),
        st.sampled_from(["https://www.example.com/a", "https://www.example.com/hidden1?utm_content=hidden1"]),
    ),
    min_size=1, max_size=12,
)  # fmt: skip


@settings(
    max_examples=12,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(events=EVENTS, order=st.randoms(use_true_random=False), cuts=st.lists(st.integers(1, 5), max_size=6))
def test_any_order_and_any_cut_of_any_events_is_the_same(listener, database, tenant, events, order, cuts):
    number = next(_numbers)
    told_as = []
    for which in ("x", "y"):
        each = create_tenant(database, f"{tenant}-{which}{number}").tenant_id
        campaign = send(database, each, f"order{number}{which}", 5)
        told_as.append((each, campaign))
    for (each, campaign), shuffled in zip(told_as, (False, True), strict=True):
        listed = [
            told(campaign, who, event, after, ip="198.51.100.7", **({"url": url} if event == "click" else {}))
            for who, event, after, url in events
        ]
        if shuffled:
            listed += listed[: len(listed) // 2]
            order.shuffle(listed)
        for cut in [*cuts, len(listed)] if shuffled else [len(listed)]:
            part, listed = listed[:cut], listed[cut:]
            if part:
                post(listener, *part)
                settle(listener, each)
    one, two = (state(database, each) for each, _ in told_as)
    named = lambda rows, c: [tuple(str(cell).replace(c, "C") for cell in row) for row in rows]  # noqa: E731
    for name in ("sends", "labels", "events"):
        assert named(one[name], told_as[0][1]) == named(two[name], told_as[1][1]), name


@pytest.mark.parametrize(
    ("before", "events", "after"),
    [
        ("accepted", ["delivered"], "delivered"),
        ("unknown", ["delivered"], "delivered"),
        ("unknown", ["processed"], "accepted"),
        ("unknown", ["dropped"], "rejected"),
        ("accepted", ["bounce", "delivered"], "bounced"),
        ("delivered", ["spamreport"], "complained"),
        ("complained", ["delivered"], "complained"),
        ("accepted", ["click"], "delivered"),
        ("cancelled", ["delivered"], "cancelled"),
        ("claimed", ["delivered"], "claimed"),
        ("resolved_not_sent", ["delivered"], "delivered"),
        ("resolved_not_sent", ["dropped"], "rejected"),
    ],
)
def test_a_message_only_moves_up(listener, database, tenant, campaign, ask, before, events, after):
    state, code = ("rejected", before) if before.startswith("resolved") else (before, None)
    with database.transaction(tenant) as connection:
        connection.execute("UPDATE sends SET state = %s, reason_code = %s WHERE customer_id = 'c1'", (state, code))
    post(listener, *(told(campaign, 1, event) for event in events))
    settle(listener, tenant)
    assert ask("SELECT state FROM sends WHERE customer_id = 'c1'") == [{"state": after}]


def test_what_is_heard_before_the_answer_of_the_provider_counts_after_it(listener, database, tenant, campaign, ask):
    def turned(state):
        with database.transaction(tenant) as connection:
            told = (state, listener.clock())
            connection.execute("UPDATE sends SET state = %s, settled_at = %s WHERE customer_id = 'c1'", told)

    turned("claimed")
    post(listener, told(campaign, 1, "delivered"))
    settle(listener, tenant)
    turned("accepted")
    settle(listener, tenant)
    assert ask("SELECT state FROM sends WHERE customer_id = 'c1'") == [{"state": "delivered"}]


def test_a_bounce_that_names_no_message_finds_it(listener, database, tenant, campaign, ask):
    by_request, by_address = told(campaign, 1, "bounce"), told(campaign, 2, "bounce")
    foreign = told(campaign, 3, "bounce", sg_message_id="another.filter1")
    for one in (by_request, by_address, foreign):
        del one["liftline_message"]
    del by_address["sg_message_id"]
    by_address["email"] = f"only.{tenant}@example.com"
    with database.transaction(tenant) as connection:
        connection.execute("UPDATE customers SET email = %s WHERE customer_id = 'c2'", (by_address["email"],))
    heard = post(listener, by_request, by_address, foreign)
    assert (heard.stored, heard.refused) == (2, 1)
    settle(listener, tenant)
    assert [row["customer_id"] for row in ask("SELECT customer_id FROM sends WHERE state = 'bounced' ORDER BY 1")] == [
        "c1",
        "c2",
    ]
    (aside,) = listener.unclaimed.glob("*.jsonl")
    assert "no tenant" not in aside.read_text()
    assert "person3" not in aside.read_text()
    post(listener, foreign)
    assert list(listener.unclaimed.glob("*.jsonl")) != []


def test_each_tenant_is_told_its_own(listener, database, tenant, campaign, ask):
    other = create_tenant(database, f"{tenant}-o").tenant_id
    theirs = send(database, other, f"{campaign}other", 5)
    assert post(listener, told(campaign, 1, "delivered"), told(theirs, 1, "delivered")).stored == 2
    assert [row["campaign_id"] for row in ask("SELECT campaign_id FROM provider_events")] == [campaign]


def test_only_people_are_fed_and_a_late_hit_takes_back(listener, tenant, campaign, ask):
    click = told(campaign, 1, "click", 600, url="https://www.example.com/action1", ip="203.0.113.9")
    post(listener, told(campaign, 1, "delivered", 10), click)
    settle(listener, tenant)
    fed = "SELECT label FROM events WHERE event = 'clicked'"
    assert ask(fed) == [{"label": "human"}]
    post(listener, told(campaign, 1, "click", 601, url="https://www.example.com/hidden1?utm_content=hidden1"))
    settle(listener, tenant)
    assert ask(fed) == [{"label": "bot"}]


def test_learning_counts_ripe_messages_and_interest_alone(listener, tenant, campaign, ask):
    outcomes = "SELECT right(variant_id, 1) AS arm, reached::int, engaged::int FROM variant_outcomes ORDER BY 1"
    ask(
        "INSERT INTO message_links SELECT tenant_id, campaign_id, 'bye', variant_id, version, 'unsubscribe', url "
        "FROM message_links WHERE link_id = 'action1' AND campaign_id = %s RETURNING 1 AS x",
        campaign,
    )
    click = {"url": "https://www.example.com/action1?utm_content=action1", "ip": "203.0.113.9"}
    leaving = {"url": "https://www.example.com/bye?utm_content=bye", "ip": "203.0.113.8"}
    post(
        listener, *(told(campaign, who, "delivered", 10) for who in (1, 2, 3, 6, 8)),
        *(told(campaign, who, "open", 580) for who in (1, 3, 6)), told(campaign, 1, "click", 600, **click),
        told(campaign, 3, "click", 600, **leaving), told(campaign, 6, "click", 8 * 86_400, **click),
    )  # fmt: skip
    settle(listener, tenant)
    assert ask(outcomes) == []
    # Nothing new is heard, but a week has passed.
    settle(replace(listener, clock=lambda: NOW + timedelta(days=9)), tenant)
    assert ask(outcomes) == [{"arm": "a", "reached": 4, "engaged": 1}, {"arm": "b", "reached": 1, "engaged": 0}]
    assert {row["verdict"] for row in ask("SELECT verdict FROM labelled_events WHERE event = 'clicked'")} == {"human"}


def test_suppressions_follow_hard_bounces_complaints_leaving_and_three_soft_ones(listener, database, tenant, ask):
    campaigns = [send(database, tenant, f"soft{n}", 5) for n in range(3)]
    bot = {"ip": "198.51.100.7", "useragent": "Barracuda Sentinel (EE)"}
    post(
        listener, told(campaigns[0], 1, "bounce", type="bounce"), told(campaigns[0], 2, "spamreport"),
        told(campaigns[0], 3, "unsubscribe", **bot),
    )  # fmt: skip
    for number, campaign in enumerate(campaigns):
        post(listener, told(campaign, 4, "bounce", number, type="blocked"))
        settle(listener, tenant)
        assert len(ask("SELECT 1 AS x FROM suppressions WHERE source LIKE 'three%%'")) == (number == 2)
    reasons = ask("SELECT reason FROM suppressions ORDER BY reason")
    assert [row["reason"] for row in reasons] == ["complaint", "hard_bounce", "hard_bounce", "unsubscribe"]


def test_who_opts_out_is_heard_whatever_is_wrong_with_a_policy_file(listener, database, tenant, ask):
    def broken():
        raise Refusal("The file has a mistake.")

    campaign = send(database, tenant, "broken", 5)
    other = create_tenant(database, f"{tenant}-first").tenant_id
    for first, spoilt in (
        (1, replace(listener, read_rules=broken)),
        (3, replace(listener, read_answers_within=broken)),
    ):
        post(spoilt, told(campaign, first, "spamreport"), told(campaign, first + 1, "unsubscribe"))
        for step in (label_all, feed_all):
            with suppress(Refusal):
                step(spoilt, [other, tenant])
        assert len(ask("SELECT 1 AS x FROM suppressions")) == first + 1


def test_conversions_are_told_once_also_of_a_control_arm(listener, tenant, campaign, ask):
    entries = [
        {"kind": "conversion", "customer_id": "c5", "campaign_id": campaign, "occurred_at": NOW, "value": 59.9},
        {"kind": "conversion", "message_id": f"{campaign}-m1", "occurred_at": NOW, "value": 10},
        {"kind": "reply", "email": "person2@firm2.example.com", "occurred_at": NOW},
    ]  # fmt: skip
    assert report(listener, tenant, entries, by="ada").stored == 3
    assert report(listener, tenant, entries, by="ada").duplicates == 3
    settle(listener, tenant)
    rows = ask("SELECT customer_id, campaign_id, event, value FROM provider_events ORDER BY customer_id")
    assert [(row["customer_id"], row["event"]) for row in rows] == [
        ("c1", "converted"),
        ("c2", "replied"),
        ("c5", "converted"),
    ]
    assert {row["campaign_id"] for row in rows} == {campaign}
    assert len(ask("SELECT 1 AS x FROM events WHERE event = 'purchased' AND value > 0")) == 2


def test_history_is_labelled_anew_and_old_labels_stay(listener, tenant, campaign, ask):
    simulate(listener, tenant, campaign)
    settle(listener, tenant)
    before = ask("SELECT count(*) AS n FROM event_labels")[0]["n"]
    other = {**listener.rules.model_dump(), "bot_from": 0.99}
    stricter = replace(listener, read_rules=lambda: type(listener.rules).model_validate(other))
    assert stricter.rules.version != listener.rules.version
    label(stricter, tenant)
    feed(stricter, tenant)
    counted = ask("SELECT rule_version, count(*) AS n FROM event_labels GROUP BY 1")
    assert {row["n"] for row in counted} == {before}
    assert {row["rule_version"] for row in counted} == {listener.rules.version, stricter.rules.version}
    in_force = ask("SELECT DISTINCT rule_version FROM labelled_events WHERE verdict IS NOT NULL")
    assert [row["rule_version"] for row in in_force] == [stricter.rules.version]


def test_a_file_of_nobody_s_tenant_is_refused(listener, tmp_path):
    path = tmp_path / "e.jsonl"
    path.write_text("{}")
    with pytest.raises(Refusal, match="no tenant nobody"):
        ingest_file(listener, "nobody", path)


def test_who_labels_holds_up_no_post_and_overtakes_none(listener, database, tenant, campaign):
    settle(listener, tenant)
    with database.transaction(tenant) as labelling:
        labelling.execute(QUERIES["one_reader"])
        before = newest(labelling)
        assert post(listener, told(campaign, 1, "open")).stored == 1
        # Stored and not yet committed: whoever asks how far events have come waits for it.
        with database.transaction(tenant) as storing:
            storing.execute(QUERIES["one_after_the_other"])
            labelling.execute("SET LOCAL lock_timeout = '100ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                newest(labelling)
        assert newest(labelling) > before
