"""Robots told from people: on scenes written by hand, on the simulator's truth, and alike in file and warehouse."""

import csv
import json
from collections import Counter

import polars as pl
import pytest

from pipelines.contracts import Refusal
from pipelines.engagement.judging import classified
from pipelines.engagement.policy import SIGNS, read_bot_rules
from pipelines.engagement.reading import as_columns
from pipelines.engagement.run import classify_file, label
from pipelines.engagement.simulation.run import _bodies, _drawn, measure, simulate
from pipelines.engagement.simulation.world import World
from pipelines.settings import PROJECT
from tests.engagement.labelled_events import labelled_events
from tests.engagement.sent import send

POLICIES = PROJECT / "data" / "policies"
# Said where they are wrong, not hidden: one quick click, and nothing else to know the scanner by, is only suspected.
HARD = {
    "a scanner that follows one link at once and is known by nothing else": "suspected",
}


@pytest.fixture(scope="module")
def rules():
    return read_bot_rules(POLICIES)


def test_the_scenes(rules, tmp_path):
    events, truth = labelled_events()
    source, target = tmp_path / "events.jsonl", tmp_path / "out.csv"
    source.write_text("\n".join(map(json.dumps, events)))
    told = classify_file(POLICIES, source, target)
    assert told["labelled"] == len(events)
    rows = list(csv.DictReader(target.open()))
    assert list(rows[0]) == ["sg_event_id", "verdict", "score", "reasons", "rule_version"]
    assert {row["rule_version"] for row in rows} == {rules.version}
    wrong = {}
    for row in rows:
        if row["sg_event_id"] in truth:
            scene, who = truth[row["sg_event_id"]]
            if row["verdict"] != who:
                wrong.setdefault(scene, (who, row["verdict"], row["reasons"]))
    assert {scene: said for scene, (_, said, _) in wrong.items()} == HARD, wrong
    known = Counter(who for _, who in truth.values())
    assert min(known["human"], known["bot"]) >= 18


def test_odd_hours_may_go_over_midnight(rules):
    clicks = [{"event": "click", "timestamp": hour * 3600, "sg_event_id": f"{hour}"} for hour in range(24)]
    events = as_columns([json.dumps(one) for one in clicks]).events
    for odd, hours in (([1, 4], {1, 2, 3}), ([22, 4], {22, 23, 0, 1, 2, 3}), ([23, 0], {23}), ([3, 3], set())):
        judged = classified(events, rules.model_copy(update={"odd_hours": odd}))
        found = {int(row["sg_event_id"]) for row in judged.to_dicts() if "odd_hour" in (row["reasons"] or "")}
        assert found == hours


@pytest.fixture
def campaign(database, tenant):
    """Enough people that each kind of robot comes by."""
    return send(database, tenant, f"many-{tenant}", 400)


def test_a_file_and_the_warehouse_say_the_same(listener, tenant, campaign, ask, rules):
    world = World(scanned=0.4, opens=0.7, eager_people=0.2)
    drawn = _drawn(listener, tenant, campaign, world, 3)
    simulate(listener, tenant, campaign, seed=3, world=world)
    label(listener, tenant)
    kept = ask("SELECT event_id, verdict, round(score::numeric, 3)::float8 AS score, reasons FROM event_labels")
    mails = drawn.events.filter(pl.col("event") != "conversion").drop("truth", "customer_id")
    posts = _bodies(mails.rename({"message_id": "liftline_message"}))
    lines = [json.dumps(one) for body in posts for one in json.loads(body)]
    in_file = classified(as_columns(lines).events, rules)
    said = {row["sg_event_id"]: row for row in in_file.to_dicts()}
    judged = [row for row in kept if row["event_id"] in said]
    assert len(judged) > 500
    for row in judged:
        other = said[row["event_id"]]
        assert (row["verdict"], row["reasons"]) == (
            other["verdict"],
            other["reasons"].split() if other["reasons"] else [],
        )
        assert row["score"] == pytest.approx(other["score"], abs=0.001)


def test_the_lift_is_right_with_the_filter_and_wrong_without(listener, tenant, database):
    from tests.engagement.sent import send

    campaign = send(database, tenant, "lift", 6000)
    simulate(listener, tenant, campaign, world=World(lift={"b": 0.5}, opens=0.9, clicks_of_openers=0.3))
    label(listener, tenant)
    told = measure(listener, tenant, campaign)
    assert told["clicks"]["precision"] >= 0.95
    assert told["clicks"]["recall"] >= 0.97
    assert told["opens"]["precision"] >= 0.97
    a, b = told["lift"]
    assert (a["arm"], b["arm"]) == ("a", "b")
    assert abs(b["lift_filtered"] - b["lift_truly"]) < 0.05
    assert b["lift_unfiltered"] < 0.8 * b["lift_truly"]
    bought = {row["arm"]: row["chance"] for row in told["purchases"]}
    assert bought["control"] == bought["a"] == pytest.approx(0.03)
    assert bought["b"] == pytest.approx(0.045)


def test_the_same_seed_is_the_same_world_and_a_campaign_unsent_is_refused(listener, tenant, campaign):
    assert simulate(listener, tenant, campaign)["stored"] > 0
    assert simulate(listener, tenant, campaign)["stored"] == 0
    assert simulate(listener, tenant, campaign, seed=2)["stored"] > 0
    with pytest.raises(Refusal, match="no campaign nothing"):
        simulate(listener, tenant, "nothing")


def test_rules_that_are_not_whole_are_refused(tmp_path, rules):
    text = (POLICIES / "bots.yaml").read_text()
    assert set(rules.signs) == set(SIGNS)
    for change in (("0.98", "1.98"), ("hidden_link:  ", "hidden_line:  "), ("17.0.0.0/8", "17.0.0.0/x")):
        (tmp_path / "bots.yaml").write_text(text.replace(*change))
        with pytest.raises(Refusal):
            read_bot_rules(tmp_path)
    (tmp_path / "bots.yaml").write_text("# another remark\n" + text)
    assert read_bot_rules(tmp_path).version == rules.version
    (tmp_path / "bots.yaml").write_text(text.replace("bot_from: 0.8", "bot_from: 0.81"))
    assert read_bot_rules(tmp_path).version != rules.version
