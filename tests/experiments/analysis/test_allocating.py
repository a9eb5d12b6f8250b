"""An experiment that learns, wave by wave: nothing opens before its time, and every share is kept and accounted for."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipelines.contracts import Refusal
from pipelines.experiments.analysis.run import allocate_next, allocate_running, results
from tests.conftest import NOW
from tests.experiments.analysis.test_reading_out import happen, look, send_to
from tests.experiments.conftest import ME

WEEK = timedelta(days=7, minutes=5)


def begun(scene, allocation):
    """6,000 people, a third of them written to at once."""
    scene.enter(customers=6_000, experiment={"allocation": allocation})
    scene.design()
    scene.assign()
    send_to(scene, waves=1)
    scene.sql(f"INSERT INTO label_rules_in_force VALUES ({ME}, 'r1', %(now)s)", now=NOW)


def at(scene, moment):
    return replace(scene.laboratory, clock=lambda: moment)


def open_next(scene, moment):
    return allocate_next(at(scene, moment), scene.tenant, scene.campaign, by="dag")


def counted(scene, wave):
    rows = scene.sql(
        "SELECT arm, count(*) AS n FROM assignments WHERE cohort = %(wave)s AND arm IS NOT NULL GROUP BY arm", wave=wave
    )
    return {row["arm"]: row["n"] for row in rows}


def test_a_wave_opens_when_the_one_before_had_its_time_and_halves_the_weakest(scene):
    begun(scene, "staged")
    first, control = counted(scene, 1), counted(scene, 2)["control"]
    happen(scene, "clicked", ["friendly"], each=10)
    happen(scene, "clicked", ["professional", "direct"], each=25)
    happen(scene, "clicked", ["professional"], each=15, after=timedelta(hours=7))
    early = open_next(scene, NOW + timedelta(days=5))
    assert (early["opened"], early["wave"]) == (False, 1)
    second = open_next(scene, NOW + WEEK)
    assert (second["wave"], second["code"]) == (2, "weakest_halved")
    assert second["shares"] == pytest.approx({"control": 0.25, "professional": 0.3, "friendly": 0.3, "direct": 0.15})
    given = counted(scene, 2)
    assert counted(scene, 1) == first
    assert given["control"] == control
    assert given["direct"] / given["friendly"] == pytest.approx(0.5, abs=0.1)
    assert open_next(scene, NOW + WEEK)["opened"] is False
    send_to(scene, at=NOW + WEEK, waves=2)
    told = look(scene, as_of=NOW + 2 * WEEK)
    assert [one["severity"] for one in told["health"] if one["check"] == "sample_ratio"] == ["ok"]
    friendly = next(one for one in told["comparisons"] if (one["metric"], one["arm"]) == ("clicked", "friendly"))
    assert friendly["stratified"]["decides"] is True
    learnt = results(scene.laboratory, scene.tenant, scene.campaign)["learnt"]
    assert [one["code"] for one in learnt["waves"]] == ["designed", "weakest_halved"]
    assert {one["arm"] for one in learnt["worth"]} == {"professional", "friendly", "direct"}
    entries = scene.sql("SELECT decision FROM audit_log WHERE action = 'allocate'")
    assert [row["decision"] for row in entries] == ["weakest_halved"]


def test_a_winner_gets_everybody_who_is_left(scene):
    begun(scene, "staged")
    happen(scene, "clicked", ["friendly"], each=2)
    happen(scene, "clicked", ["professional", "direct"], each=25)
    look(scene, as_of=NOW + WEEK)
    assert (
        allocate_running(at(scene, NOW + WEEK), [scene.tenant], by="dag")[scene.tenant]["winter-1"]["code"] == "winner"
    )
    assert set(counted(scene, 2)) == {"control", "friendly"}


def test_a_bandit_draws_the_same_shares_again_and_leaves_everybody_a_floor(scene):
    begun(scene, "bandit")
    happen(scene, "clicked", ["friendly"], each=8)
    happen(scene, "clicked", ["professional", "direct"], each=25)
    told = open_next(scene, NOW + WEEK)
    assert told["code"] == "shifted"
    assert sum(told["shares"].values()) == pytest.approx(1)
    assert min(told["shares"].values()) >= 0.05 * 0.75
    assert max(told["shares"], key=told["shares"].get) == "friendly"


def test_shares_that_are_fixed_stay_so(scene):
    scene.enter(customers=100)
    scene.design()
    with pytest.raises(Refusal, match="shares of experiment winter-1 are fixed"):
        open_next(scene, NOW)
    scene.enter(customers=100, campaign="short", experiment={"allocation": "bandit", "max_days": 14})
    with pytest.raises(Refusal, match="raise max_days to 21"):
        scene.design()
